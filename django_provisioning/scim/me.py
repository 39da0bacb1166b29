"""``/Me``: the resource of the person who asks (RFC 7644 §3.11), where the project says how a person is known."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string
from rest_framework.request import Request

from ..conf import settings
from ..lifecycle.context import Actor, Context
from ..models import ConnectionToken, Identity
from ..protocol.errors import NotFound, NotImplementedHere
from .authentication import BearerTokenAuthentication
from .call import Answer, Call
from .handlers import handler_for
from .location import base_url
from .views import ScimView


class MeView(ScimView):
    """Reads the caller's own User resource; a bearer token of a connection is nobody, so it gets 501."""

    def get_authenticators(self) -> Any:
        """Try the project's classes first; ours refuses what none of them knows."""
        own = [import_string(path)() for path in settings.ME_AUTHENTICATION_CLASSES]
        return [*own, BearerTokenAuthentication()]

    def get(self, request: Request) -> Answer:
        """Give the resource of the caller's newest live identity."""
        if isinstance(request.auth, ConnectionToken):
            raise NotImplementedHere("/Me is for people; this bearer token belongs to a connection.")
        identity = (
            Identity.objects.filter(user=request.user.pk, live=True)
            .select_related("connection")
            .order_by("-scim_managed", "-id")
            .first()
        )
        if identity is None:
            raise NotFound("No directory manages your account.")
        search = self.query()
        context = Context.of(
            Actor("user", str(request.user.pk)), identity.connection, correlation_id=self.request_id
        )
        call = Call(
            context,
            ConnectionToken(),
            base_url(request),
            attributes=search.attributes,
            excluded=search.excluded,
        )
        return handler_for("/Users").read(call, identity.scim_id)

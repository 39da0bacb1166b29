"""Django REST framework: a mixin that lets an authentication class refuse whoever has left.

::

    class Authentication(GuardedAuthenticationMixin, SomeAuthentication):
        def issued_at(self, request, user, auth):
            return auth.created

It stands before the class that knows the credential. Refused is who is inactive and, where ``issued_at`` knows the age
of the credential, what was issued before the account's last leave.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from ..lifecycle import session_use, unfinished


class GuardedAuthenticationMixin:
    """Judges what the next class in line has authenticated."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Give (user, auth) as the class does, unless the user has left.

        Raises:
            AuthenticationFailed: the account is inactive, or the credential is older than its last leave.
        """
        found: tuple[Any, Any] | None = super().authenticate(request)  # type: ignore[misc]
        if found is not None:
            user, auth = found
            person = self.person_of(user)
            self.require_access(person, self.issued_at(request, user, auth))
            session_use.note_credential(person, timezone.now())
        return found

    def person_of(self, user: Any) -> Any:
        """Give the user whose primary key is that of the row, where the class gives something else."""
        return user

    def issued_at(self, request: Request, user: Any, auth: Any) -> datetime | None:
        """Give when the credential was issued; None where it does not say, then only the account is judged."""
        return None

    def require_access(self, user: Any, issued_at: datetime | None = None) -> None:
        """Refuse who is inactive or holds a credential from before the last leave [0 queries; 1 with ``issued_at``].

        A user that is no row (a stateless token's) is looked up by its primary key, which costs the query too.

        Raises:
            AuthenticationFailed: see ``authenticate``.
        """
        model = get_user_model()
        is_row = isinstance(user, model)
        if is_row and not user.is_active:
            unfinished.finish(user)
            raise AuthenticationFailed(_("The account is inactive."), code="user_inactive")
        if is_row and issued_at is None:
            return
        stamp = "provisioning_account__access_valid_after"
        row = model._default_manager.filter(pk=user.pk).values_list("is_active", stamp).first()
        if row is None or not row[0]:
            raise AuthenticationFailed(_("The account is inactive."), code="user_inactive")
        if issued_at is not None and row[1] is not None and issued_at < row[1]:
            raise AuthenticationFailed(_("The credential was revoked."), code="credential_revoked")

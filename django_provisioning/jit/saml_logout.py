"""Single logout that a SAML identity provider starts, through the browser or server to server (SOAP).

``django_provisioning.jit.saml_urls``, included before djangosaml2's URLs, puts these views in place of the library's:
it ends the session of the browser that comes by and no other, asks for no signature, and does nothing where no
browser comes.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from djangosaml2.utils import get_location
from djangosaml2.views import LogoutView as LibraryLogoutView
from djangosaml2.views import SPConfigMixin, _get_subject_id
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP, SAMLError
from saml2.client import Saml2Client
from saml2.s_utils import UnsupportedBinding, success_status_factory

from ..exceptions import TransientDatabaseError
from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..models import Connection, SessionIndex
from .named_sessions import CannotFindSession, end_named_sessions
from .saml_requests import Sent, named_in, parameters_of, repacked_response, verified_request
from .signed_tokens import CannotVerify, TokenRefused, used_once

logger = logging.getLogger("django_provisioning.jit")


class LogoutView(LibraryLogoutView):  # type: ignore[misc]
    """Front channel: the request travels through a browser, whose own session may be one of many."""

    def do_logout_service(
        self, request: HttpRequest, data: Any, binding: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """End the sessions that an IdP names in all browsers, and send this one back to it with the answer."""
        try:
            if binding == BINDING_HTTP_REDIRECT:
                sent = Sent.by_redirect(request.META.get("QUERY_STRING", ""))
            else:
                sent = Sent(data.dict(), binding)
            if "SAMLResponse" in sent.parameters or "SAMLRequest" not in sent.parameters:
                return self._finish_own_logout(request, sent)
            state, client = self.get_state_client(request)
            visitor = request.user.pk if request.user.is_authenticated else None
            message, users = _end_sessions(request, client, sent)
        except (TokenRefused, CannotFindSession, TransientDatabaseError) as error:
            logger.warning("SAML logout request refused: %s", error)
            return _plain("The logout request was refused.", 400)
        if visitor in {user.pk for user in users} and _is_over(request):
            subject_id = _get_subject_id(getattr(request, "saml_session", {}))
            if subject_id is not None:
                client.local_logout(subject_id)
                state.sync()
            auth.logout(request)
        return _front_channel_answer(client, message, binding, sent.parameters.get("RelayState", ""))

    def _finish_own_logout(self, request: HttpRequest, sent: Sent) -> HttpResponse:
        """Let the library take the answer to a log-out that this site began, once its size is known."""
        data = dict(sent.parameters)
        if "SAMLResponse" in data:
            data["SAMLResponse"] = repacked_response(sent)
        response: HttpResponse = super().do_logout_service(request, data, sent.binding)
        return response


@method_decorator(csrf_exempt, name="dispatch")
class SoapLogoutView(SPConfigMixin, View):  # type: ignore[misc]
    """Back channel: the IdP posts a SOAP envelope, and no browser is there at all (Bindings §3.2)."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the named sessions and answer a LogoutResponse; a request that proves nothing gets 403 (§3.2.3.3)."""
        client = Saml2Client(self.get_sp_config(request))
        try:
            text = request.body.decode()
            message, _users = _end_sessions(request, client, Sent({"SAMLRequest": text}, BINDING_SOAP))
        except (CannotVerify, TransientDatabaseError) as error:
            logger.warning("SAML logout request failed: %s", error)
            return _plain("Try again.", 503)
        except (TokenRefused, CannotFindSession, UnicodeDecodeError) as error:
            logger.warning("SAML logout request refused: %s", error)
            return _plain("The logout request was refused.", 403)
        response = client.create_logout_response(
            message, bindings=[BINDING_SOAP], status=success_status_factory(), sign=_can_sign(client)
        )
        answer = client.apply_binding(BINDING_SOAP, str(response), response=True, sign=False)
        return _plain(answer["data"], 200, content_type="text/xml")


def _end_sessions(request: HttpRequest, client: Any, sent: Sent) -> tuple[Any, list[Any]]:
    """Verify a request, end what it names, and give its message and the users whom it concerned.

    Raises:
        TokenRefused, CannotVerify, CannotFindSession, TransientDatabaseError: nothing was ended.
    """
    message = verified_request(client, sent)
    issuer = message.issuer.text.strip()
    connection = Connection.objects.filter(saml_entity_id=issuer).first()
    if connection is None:
        raise TokenRefused("No connection trusts the issuer.")
    context = Context.of(Actor.login("saml", issuer), connection, ip=client_address(request))
    named = named_in(message)
    with used_once(parameters_of(message)):
        return message, end_named_sessions(context, named, reason="single_logout")


def _is_over(request: HttpRequest) -> bool:
    """Whether the session of this browser was one of those that ended: then its cookie has to go."""
    key = request.session.session_key
    return not SessionIndex.objects.filter(session_key=(key or "")[:64]).exists()


def _front_channel_answer(client: Any, message: Any, binding: str, relay_state: str) -> HttpResponse:
    """Carry the LogoutResponse by the browser, on the way the request came if the IdP offers it."""
    ways = [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST]
    for way in ways if binding == BINDING_HTTP_REDIRECT else reversed(ways):
        try:
            destination = client.response_args(message, [way])["destination"]
        except (UnsupportedBinding, SAMLError):
            continue
        is_signed = _can_sign(client)
        response = client.create_logout_response(
            message,
            bindings=[way],
            status=success_status_factory(),
            sign=is_signed and way == BINDING_HTTP_POST,
        )
        answer = client.apply_binding(
            way,
            str(response),
            destination,
            relay_state,
            response=True,
            sign=is_signed and way == BINDING_HTTP_REDIRECT,
        )
        if way == BINDING_HTTP_POST:
            return HttpResponse(answer["data"])
        return HttpResponseRedirect(get_location(answer))
    return _plain("You are logged out.", 200)


def _can_sign(client: Any) -> bool:
    """Whether this site has a key; many set none up, and their IdPs ask for no signature."""
    return bool(client.config.key_file)


def _plain(text: str, status: int, content_type: str = "text/plain; charset=utf-8") -> HttpResponse:
    response = HttpResponse(text, status=status, content_type=content_type)
    response["Cache-Control"] = "no-store"
    return response

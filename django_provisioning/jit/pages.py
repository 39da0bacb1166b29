"""The page of a refused login: a short reason for the person, a reference for the administrator, nothing else.

It never says which accounts exist. Override the template ``django_provisioning/refused.html`` to change it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..mapping.claims import LoginClaims
from .login import Refused, refusal_of, refuse

_TEMPLATE = "django_provisioning/refused.html"
# What a person may know of the reason. All others read the general sentence.
_SENTENCES = {
    "deprovisioned": _("Your account is not active in this application."),
    "seat_limit": _("There is no free seat in this application at the moment."),
    "idp_unreachable": _("Your organisation's login service did not answer."),
}
_GENERAL = _("You cannot be signed in to this application.")


def refused_page(request: HttpRequest, refused: Refused | None, *, status: int = 403) -> HttpResponse:
    """Render the page; without a refusal (a broken or repeated login) it has no reference."""
    context = {
        "sentence": _SENTENCES.get(refused.reason, _GENERAL) if refused else _GENERAL,
        "reference": refused.reference if refused else "",
        "contact": settings.SUPPORT_CONTACT,
    }
    response = render(request, _TEMPLATE, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def saml_refused(request: HttpRequest, exception: Any = None, status: int = 403, **_: Any) -> HttpResponse:
    """Serve as ``SAML_ACS_FAILURE_RESPONSE_FUNCTION`` of djangosaml2.

    What the library itself refused (a bad signature, a clock that is off) gets an event as well.
    """
    refused = refusal_of(request)
    if refused is None:
        detail = f"{type(exception).__name__} while the assertion was verified."
        refused = refuse(LoginClaims("saml", "", ""), "assertion_refused", detail, request)
    return refused_page(request, refused, status=status)

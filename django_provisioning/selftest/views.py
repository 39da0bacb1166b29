"""The protected page: says to the people of a self-test who they are, and to everybody else that there is no page.

It asks every door of the project: the session as the middleware left it, REST framework's default authentication
classes, and those of the installed token packages where the defaults name no class of theirs. One that opens is
enough, because an attacker would choose it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings

from ..lifecycle import probe_accounts
from . import probes

# Asks the identity provider over the network, which knows nothing of the self-test's people.
_ELSEWHERE = "mozilla_django_oidc.contrib.drf"


@never_cache
@require_safe
def whoami(request: HttpRequest) -> JsonResponse:
    """Give the primary key of a person of a self-test; 404 for everybody else, logged in or not."""
    for user in _users(request):
        if probe_accounts.is_probe(user):
            return JsonResponse({"user": str(user.pk)})
    raise Http404


def _users(request: HttpRequest) -> Iterator[Any]:
    """Yield whom each door takes the request for."""
    if request.user.is_authenticated:
        yield request.user
    for authenticator in _classes():
        try:
            accepted = authenticator().authenticate(Request(request))
        except APIException:
            continue
        if accepted is not None:
            yield accepted[0]


def _classes() -> list[Any]:
    defaults: Sequence[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    configured = [one for one in defaults if not _asks_elsewhere(one)]
    further = (one for probe in probes.installed() for one in probe.authentication_classes())
    # A project that configured its own subclass of a package's class uses that, and not the package's.
    return configured + [one for one in further if not any(issubclass(own, one) for own in configured)]


def _asks_elsewhere(class_: type) -> bool:
    return any(base.__module__ == _ELSEWHERE for base in class_.__mro__)

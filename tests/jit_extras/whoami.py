"""The page after a login: who am I."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse


def whoami(request: HttpRequest) -> JsonResponse:
    """Give the login name of the session, null where there is none."""
    user = request.user
    return JsonResponse({"user": user.get_username() if user.is_authenticated else None})

"""The pages of the example project: where things are, the ways to log in, and who the visitor is."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from example_project.ways_in import ways_in


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Link to the admin, the SCIM service and the login."""
    return render(request, "index.html", {"scim_url": request.build_absolute_uri("/scim/v2")})


class LoginView(auth_views.LoginView):
    """Django's login page with a button for each identity provider."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the buttons."""
        ways = list(ways_in(self.request, self.get_redirect_url()))
        return super().get_context_data(ways_in=ways, **kwargs)


@never_cache
@require_safe
def whoami(request: HttpRequest) -> JsonResponse:
    """Say who the session belongs to: 200 with the account, 401 when it belongs to nobody (any more)."""
    if not request.user.is_authenticated:
        return JsonResponse({"authenticated": False}, status=401)
    return JsonResponse(describe(request.user))


def describe(user: Any) -> dict[str, Any]:
    """Give what ``/whoami/`` shows of a logged-in user, group names sorted."""
    email_field = getattr(type(user), "EMAIL_FIELD", "email")
    return {
        "authenticated": True,
        "pk": user.pk,
        "username": user.get_username(),
        "email": getattr(user, email_field, ""),
        "is_active": user.is_active,
        "is_staff": getattr(user, "is_staff", False),
        "is_superuser": getattr(user, "is_superuser", False),
        "groups": sorted(user.groups.values_list("name", flat=True)),
    }

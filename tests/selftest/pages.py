"""Pages of the project: a protected one, one for everybody, and two with faults."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse

from django_provisioning.models import Leave
from tests.selftest.probes_for_tests import OWN_KEY


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """Serve who is logged in."""
    return HttpResponse("desk")


def news(request: HttpRequest) -> HttpResponse:
    """Serve everybody."""
    return HttpResponse("news")


def own_key(request: HttpRequest) -> HttpResponse:
    """Serve whoever has the key, and look at no account."""
    return HttpResponse(status=200 if request.headers.get("X-Own-Key") == OWN_KEY else 401)


def failing(request: HttpRequest) -> HttpResponse:
    """Serve who is logged in, and fail for everybody else."""
    if request.user.is_authenticated:
        return HttpResponse("in")
    return HttpResponse(status=500)


def closed_after_a_leave(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse whoever has ever left, as a project with a block list of its own would."""

    def middleware(request: HttpRequest) -> HttpResponse:
        """Look at the leaves, not at the account."""
        return HttpResponse(status=403) if Leave.objects.exists() else get_response(request)

    return middleware


def says_its_host(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer every request with where it came to."""

    def middleware(request: HttpRequest) -> HttpResponse:
        """Ignore the view."""
        query = request.META["QUERY_STRING"]
        return JsonResponse({"host": request.get_host(), "secure": request.is_secure(), "query": query})

    return middleware

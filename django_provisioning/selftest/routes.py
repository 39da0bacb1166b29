"""Where the project serves a view: the path is looked up in its URLs, whatever it named it."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings as django_settings
from django.urls import (
    NoReverseMatch,
    Resolver404,
    URLPattern,
    URLResolver,
    get_resolver,
    get_script_prefix,
    resolve,
    reverse,
)  # fmt: skip

from ..conf import settings

WHOAMI = "provisioning-selftest:whoami"
# Where the pages of the self-test are added when the project does not serve them.
OWN_PREFIX = "provisioning-selftest/"


def path_of_view(view_class: type) -> str | None:
    """Give the path at which the project serves a class-based view, or a subclass of it; None if nowhere."""
    for route, pattern in _patterns(get_resolver(django_settings.ROOT_URLCONF)):
        served = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        if isinstance(served, type) and issubclass(served, view_class) and "<" not in route:
            path = "/" + route.lstrip("/")
            if _leads_to(path, pattern.callback):
                return get_script_prefix() + path[1:]
    return None


def whoami_path() -> str | None:
    """Give the path of the protected page; None where the project has not included ``selftest.urls``."""
    try:
        return reverse(WHOAMI, urlconf=django_settings.ROOT_URLCONF)
    except NoReverseMatch:
        return None


def scim_prefix() -> str | None:
    """Give the path of the SCIM service without a trailing slash; None where the project does not serve it."""
    try:
        return reverse("django_provisioning:root", urlconf=django_settings.ROOT_URLCONF).rstrip("/")
    except NoReverseMatch:
        return None


def site_url() -> str | None:
    """Give scheme and host of the site, if the project says it."""
    url: str | None = settings.SITE_URL
    return url


def _leads_to(path: str, view: object) -> bool:
    """Whether the path that was put together from the patterns is the view's; a regular expression may say more."""
    try:
        return resolve(path, django_settings.ROOT_URLCONF).func is view
    except Resolver404:
        return False


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        # Anchors of regular expressions are no part of a path.
        route = prefix + str(one.pattern).lstrip("^").rstrip("$").removesuffix("/?")
        if isinstance(one, URLResolver):
            yield from _patterns(one, route)
        else:
            yield route, one

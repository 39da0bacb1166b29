"""What a project that comes from django-scim2 can forget: none of it needs the package to be installed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from ..conf import GROUP_MODEL_NAME, NAME, settings
from ..models import Event
from .problems import Problems

_THEIRS = {"django_scim.urls": "django-scim2", "django_scim2_server.urls": "django-scim2-server"}
_OURS = ("django_provisioning.urls", "django_provisioning.scim2_bridge.urls")
_TOKENS = "the bearer tokens of provisioning_create_token"
_TENANTS = "a connection for each tenant: a token sees only what its connection owns"
_COMPUTED = "nothing: discovery is computed from what is served"

# What the project said by each key of SCIM_SERVICE_PROVIDER, and what says it here.
_EQUIVALENTS: Mapping[str, str] = {
    "USER_ADAPTER": f"{NAME}['USER_MAPPING'] and ['EXTENSIONS'], or the bridge in ['HANDLERS']",
    "GROUP_ADAPTER": f"{NAME}['EXTENSIONS'], or the bridge in ['HANDLERS']",
    "USER_FILTER_PARSER": "nothing: every declared attribute can be filtered on",
    "GROUP_FILTER_PARSER": "nothing: every declared attribute can be filtered on",
    "USER_MODEL_GETTER": "AUTH_USER_MODEL",
    "GROUP_MODEL": GROUP_MODEL_NAME,
    "SERVICE_PROVIDER_CONFIG_MODEL": _COMPUTED,
    "SCHEMAS_GETTER": f"{NAME}['EXTENSIONS']",
    "BASE_LOCATION_GETTER": f"{NAME}['SITE_URL']",
    "SCHEME": f"{NAME}['SITE_URL']",
    "NETLOC": f"{NAME}['SITE_URL']",
    "GET_EXTRA_MODEL_FILTER_KWARGS_GETTER": _TENANTS,
    "GET_EXTRA_MODEL_EXCLUDE_KWARGS_GETTER": _TENANTS,
    "GET_QUERYSET_POST_PROCESSOR_GETTER": _TENANTS,
    "GET_OBJECT_POST_PROCESSOR_GETTER": f"a handler of the project in {NAME}['HANDLERS']",
    "GET_IS_AUTHENTICATED_PREDICATE": _TOKENS,
    "AUTH_CHECK_MIDDLEWARE": _TOKENS,
    "WWW_AUTHENTICATE_HEADER": _TOKENS,
    "AUTHENTICATION_SCHEMES": _COMPUTED,
    "DOCUMENTATION_URI": _COMPUTED,
    "EXPOSE_SCIM_EXCEPTIONS": "nothing: an error names a reference, and the log has the rest",
}
# The bridge and the project's adapters behind it read these.
_OF_THE_BRIDGE = frozenset(
    {
        "BASE_LOCATION_GETTER",
        "NETLOC",
        "SCHEME",
        "USER_ADAPTER",
        "GROUP_ADAPTER",
        "USER_FILTER_PARSER",
        "GROUP_FILTER_PARSER",
        "USER_MODEL_GETTER",
        "GROUP_MODEL",
    }
)


def one_package_answers_on_a_prefix() -> Problems:
    """E020: django-scim2 (or django-scim2-server) and this package are not mounted on the same prefix."""
    mounted: dict[str, set[str]] = defaultdict(set)
    for prefix, module in _all_mounted():
        mounted[prefix].add(module)
    for prefix, modules in sorted(mounted.items()):
        others = [name for module, name in _THEIRS.items() if module in modules]
        if others and modules & set(_OURS):
            yield (
                f"{' and '.join(others)} and this package are both mounted on {prefix!r}: the first one answers.",
                "Keep one of the two lines; django_provisioning.scim2_bridge.urls has the old names as well.",
            )


def _all_mounted() -> Iterator[tuple[str, str]]:
    """Give the prefix and the module of every URLconf that the project includes."""
    if getattr(django_settings, "ROOT_URLCONF", None):
        yield from _mounted(get_resolver().url_patterns, "")


def _mounted(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            here = prefix + str(pattern.pattern)
            name = getattr(pattern.urlconf_module, "__name__", "")
            yield here, name
            if name not in _OURS:
                yield from _mounted(pattern.url_patterns, here)


def kept_ids_are_imported() -> Problems:
    """W020: the ids that django-scim2 or django-scim2-server gave are imported."""
    if Event.objects.filter(type="account.imported").exists():
        return
    user: Any = get_user_model()
    if _is_mixed_in(user) and user._base_manager.filter(scim_external_id__isnull=False).exists():
        yield (
            f"{user._meta.label} has ids of django-scim2 and none is imported: those of the directory will be 404.",
            "Run manage.py provisioning_import_django_scim2 --connection SLUG --dry-run.",
        )
    if apps.is_installed("django_scim2_server"):
        model: Any = apps.get_app_config("django_scim2_server").get_model("SCIMUser")
        if model._base_manager.exists():
            yield (
                "The ids of django-scim2-server are not imported: those of the directory will be 404.",
                "Run manage.py provisioning_import_django_scim2_server --connection SLUG --dry-run.",
            )


def _is_mixed_in(model: Any) -> bool:
    """Tell the mixin by its columns: the class may be gone while its columns are still there."""
    try:
        return all(model._meta.get_field(name).concrete for name in ("scim_id", "scim_external_id"))
    except FieldDoesNotExist:
        return False


def old_settings_are_said_in_ours() -> Problems:
    """W021: no key of SCIM_SERVICE_PROVIDER is left that no request reads any more."""
    configured = getattr(django_settings, "SCIM_SERVICE_PROVIDER", None)
    if not isinstance(configured, Mapping) or _is_served():
        return
    bridged = any("scim2_bridge" in str(path) for path in settings.HANDLERS.values())
    for key in configured:
        if bridged and key in _OF_THE_BRIDGE:
            continue
        equivalent = _EQUIVALENTS.get(key, "nothing: django-scim2 does not know the key either")
        yield (
            f"SCIM_SERVICE_PROVIDER[{key!r}] is read by no request any more.",
            f"Take it out when you will neither go back nor import again; here it is {equivalent}.",
        )


def old_middleware_lets_tokens_in() -> Problems:
    """W022: django-scim2's middleware, which wants a logged-in user, does not stand before our views."""
    if _is_served() or not any(module in _OURS for _prefix, module in _all_mounted()):
        return
    for path in django_settings.MIDDLEWARE:
        if _is_their_middleware(path):
            yield (
                f"{path} is in MIDDLEWARE: it answers 401 to every SCIM request that has no session.",
                "Take it out with the old line of the URLconf; our views ask for the connection's token themselves.",
            )


def _is_their_middleware(path: str) -> bool:
    try:
        found = import_string(path)
    except ImportError:
        return False
    bases = found.__mro__ if isinstance(found, type) else ()
    return any((base.__module__, base.__name__) == _MIDDLEWARE for base in bases)


_MIDDLEWARE = ("django_scim.middleware", "SCIMAuthCheckMiddleware")


def _is_served() -> bool:
    """Whether django-scim2 still answers somewhere, so that its settings are in use."""
    return any(module == "django_scim.urls" for _prefix, module in _all_mounted())

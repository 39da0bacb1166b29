"""How long somebody who left the IdP keeps access in the worst case: two numbers per connection, from its policies.

*Access ends* is when nothing opens any more; *account closed* is when the account itself is inactive. A blocked login
is neither. Pure functions over facts; ``Site.read`` takes those of the project from its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..conf import settings
from ..models import Connection, Identity

# How long a directory takes to push a change at the most, where its documentation says so; the others are unknown.
IDP_CYCLES: Mapping[str, timedelta] = {
    "entra": timedelta(minutes=40),
    "okta": timedelta(),
}
# ``provisioning_run`` is warned of (W007) when it was not seen for so long.
SWEEP = timedelta(days=1)
_SECONDS_OF = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Bound:
    """``within`` a time, ``never``, or ``unknown``; ``because`` is a stable word for the thing that decides."""

    kind: Literal["within", "never", "unknown"]
    because: str
    within: timedelta | None = None

    def __str__(self) -> str:
        if self.within is not None:
            return _("within %(time)s") % {"time": duration_text(self.within)}
        return _("never") if self.kind == "never" else _("not known")

    def and_then(self, time: timedelta, because: str) -> Bound:
        """Give the bound of something that begins when this one ends."""
        return Bound("within", because, self.within + time) if self.within is not None else self


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The two numbers."""

    access_ends: Bound
    account_closed: Bound


@dataclass(frozen=True, slots=True)
class Site:
    """What the project's settings decide: our own time, and how long each kind of API token lives; None: for ever."""

    app: timedelta
    token_lives: Mapping[str, timedelta | None]

    @classmethod
    def read(cls) -> Site:
        """Read the settings of the installed packages."""
        lives = {app: life() for app, life in _TOKEN_LIVES.items() if apps.is_installed(app)}
        return cls(timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS), lives)


def worst_case(connection: Connection, site: Site, *, has_token: bool, has_passwords: bool) -> WorstCase:
    """Give the two numbers; no query.

    ``has_token``: a live bearer token lets the directory push. ``has_passwords``: some people of the connection have a
    local password, see ``password_holders``.
    """
    if connection.enabled and has_token:
        cycle = IDP_CYCLES.get(connection.idp)
        bound = Bound("unknown", "idp_cycle") if cycle is None else Bound("within", "scim", cycle + site.app)
        return WorstCase(bound, bound)
    access = _access_without_directory(connection, site, has_passwords=has_passwords)
    return WorstCase(access, _closing(connection, access))


def password_holders() -> Exists:
    """Give what tells, as an annotation of connections, whether any of its people has a local password."""
    people = Identity.objects.filter(connection=OuterRef("pk"), live=True, active=True, user__is_active=True)
    return Exists(
        people.exclude(user__password="").exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    )


def _access_without_directory(connection: Connection, site: Site, *, has_passwords: bool) -> Bound:
    if has_passwords:
        return Bound("never", "password")
    bounds = [_session_bound(connection, site)]
    if not connection.revocation_issuer:  # That one ends tokens too.
        bounds += [
            Bound("never", app) if life is None else Bound("within", app, life)
            for app, life in site.token_lives.items()
        ]
    endless = [bound for bound in bounds if bound.within is None]
    return endless[0] if endless else max(bounds, key=lambda bound: bound.within or timedelta())


def _session_bound(connection: Connection, site: Site) -> Bound:
    if connection.enabled and (connection.signing_keys_url or connection.revocation_issuer):
        return Bound("within", "logout_from_the_idp", site.app)
    if connection.session_max_age_seconds:
        return Bound("within", "session_max_age", timedelta(seconds=connection.session_max_age_seconds))
    return Bound("never", "session")  # Without a limit a session lives as long as it is used.


def _closing(connection: Connection, access: Bound) -> Bound:
    """Give when the policy closes the account: its days begin when nobody can use it any more."""
    if connection.stale_after_days is None or connection.stale_action != Connection.StaleAction.SUSPEND:
        return Bound("never", "stale_policy")
    return access.and_then(timedelta(days=connection.stale_after_days) + SWEEP, "stale_policy")


def _of_knox() -> timedelta | None:
    configured: dict[str, Any] = getattr(django_settings, "REST_KNOX", {})
    if configured.get("AUTO_REFRESH"):
        longest: timedelta | None = configured.get("AUTO_REFRESH_MAX_TTL")
        return longest
    life: timedelta | None = configured.get("TOKEN_TTL", timedelta(hours=10))
    return life


def _of_simplejwt() -> timedelta | None:
    configured: dict[str, Any] = getattr(django_settings, "SIMPLE_JWT", {})
    life: timedelta = configured.get("REFRESH_TOKEN_LIFETIME", timedelta(days=1))
    access: timedelta = configured.get("ACCESS_TOKEN_LIFETIME", timedelta(minutes=5))
    return None if configured.get("ROTATE_REFRESH_TOKENS") else life + access


def _of_oauth_toolkit() -> timedelta | None:
    configured: dict[str, Any] = getattr(django_settings, "OAUTH2_PROVIDER", {})
    life = configured.get("REFRESH_TOKEN_EXPIRE_SECONDS")
    if life is None or configured.get("ROTATE_REFRESH_TOKEN", True):
        return None  # Each use of a refresh token gives a new one.
    refresh = life if isinstance(life, timedelta) else timedelta(seconds=life)
    return refresh + timedelta(seconds=configured.get("ACCESS_TOKEN_EXPIRE_SECONDS", 36_000))


_TOKEN_LIVES: Mapping[str, Callable[[], timedelta | None]] = {
    "rest_framework.authtoken": lambda: None,
    "knox": _of_knox,
    "rest_framework_simplejwt.token_blacklist": _of_simplejwt,
    "oauth2_provider": _of_oauth_toolkit,
}


def duration_text(time: timedelta) -> str:
    """Give a time in its largest whole unit, rounded up: a promise must not be shorter than the truth."""
    seconds = max(int(time.total_seconds()), 1)
    name, size = next((one for one in _SECONDS_OF if seconds >= 2 * one[1]), _SECONDS_OF[-1])
    number = -(-seconds // size)
    texts = {
        "day": ngettext("%(number)d day", "%(number)d days", number),
        "hour": ngettext("%(number)d hour", "%(number)d hours", number),
        "minute": ngettext("%(number)d minute", "%(number)d minutes", number),
    }
    return texts[name] % {"number": number}

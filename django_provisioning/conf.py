"""Settings: the dict ``DJANGO_PROVISIONING``, read at call time, every key with its default and meaning.

``settings.MAX_PAGE_SIZE`` gives the project's value or the default; an unknown key is a check error
(``django_provisioning.E001``), never silently ignored. The group model is a setting of its own,
``DJANGO_PROVISIONING_GROUP_MODEL``, because migrations depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "DJANGO_PROVISIONING"
GROUP_MODEL_NAME = "DJANGO_PROVISIONING_GROUP_MODEL"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its default, the types a value may have, and what it means (printed in the reference)."""

    default: Any
    types: tuple[type, ...]
    meaning: str


_OPTIONAL_TEXT = (str, type(None))

SETTINGS: Mapping[str, Setting] = {
    "USER_MAPPING": Setting(
        None, (dict, type(None)),
        "Attribute path to user field, e.g. {'title': 'job_title'}; merged over the mapping found by itself. "
        "A value of None takes a field out of the mapping.",
    ),
    "CLAIMS": Setting(
        {},
        (dict,),
        "Attribute path to names of login claims, first hit wins, e.g. {'userName': ['employee_id']}; merged over "
        "the usual ones.",
    ),
    "GROUP_CLAIMS": Setting([], (list, tuple), "Names of login claims that hold group names; empty: the usual ones."),
    "ADMISSION_POLICY": Setting(
        None,
        _OPTIONAL_TEXT,
        "Dotted path of a callable (claims, connection) that may refuse a login by raising Refuse(reason).",
    ),
    "SAML_SUBJECT_ATTRIBUTE": Setting(
        None, _OPTIONAL_TEXT, "SAML attribute that identifies a person where the NameID is transient."
    ),
    "SUPPORT_CONTACT": Setting(
        None, _OPTIONAL_TEXT, "Whom to ask, shown on the page of a refused login (address or sentence)."
    ),
    "GROUP_NAME_FIELD": Setting("name", (str,), "Field of the group model that holds its name."),
    "EXTENSIONS": Setting({}, (dict,), "Resource type name to dotted paths of Schema objects of the project."),
    "HANDLERS": Setting(
        {},
        (dict,),
        "Resource type name ('User', 'Group') to the dotted path of the ResourceHandler class that serves it in place "
        "of the built-in one, e.g. those of the django-scim2 bridge.",
    ),
    "RESOURCE_TYPES": Setting([], (list, tuple), "Dotted paths of further ResourceHandler classes."),
    "SITE_URL": Setting(
        None, _OPTIONAL_TEXT,
        "Scheme and host for meta.location and $ref, and for the address that a revocation request has to name, "
        "e.g. 'https://app.example.com'. Without it the request's host is used, which ALLOWED_HOSTS has checked.",
    ),
    "DISCOVERY_REQUIRES_TOKEN": Setting(
        True, (bool,), "Whether /ServiceProviderConfig, /Schemas and /ResourceTypes need the bearer token."
    ),
    "ME_AUTHENTICATION_CLASSES": Setting(
        [], (list, tuple), "DRF authentication classes that may identify a user on /Me (none: /Me is 501)."
    ),
    "REQUIRE_HTTPS": Setting(False, (bool,), "Refuse SCIM requests over plain HTTP with 403."),
    "TRUSTED_PROXIES": Setting(
        0, (int,), "Number of proxies in front whose X-Forwarded-For entries are believed for CIDR checks."
    ),
    "THROTTLE": Setting(
        "6000/min", _OPTIONAL_TEXT, "Requests per connection ('N/s', 'N/min', 'N/hour'), None for no limit."
    ),
    "AUTHENTICATION_FAILURES": Setting(
        "300/min", _OPTIONAL_TEXT, "Failed bearer tokens per client address before 429, None for no limit."
    ),
    "DEFAULT_PAGE_SIZE": Setting(100, (int,), "Resources in a list page when the client names no count."),
    "MAX_PAGE_SIZE": Setting(500, (int,), "Largest list page; a larger count is capped."),
    "CURSOR_TIMEOUT_SECONDS": Setting(3600, (int,), "How long a cursor of RFC 9865 stays valid."),
    "MAX_BODY_BYTES": Setting(1_048_576, (int,), "Largest request body; a larger one is 413."),
    "MAX_JSON_DEPTH": Setting(64, (int,), "Deepest nesting of a JSON body."),
    "MAX_FILTER_LENGTH": Setting(4_096, (int,), "Longest filter in a query string."),
    "MAX_SEARCH_FILTER_LENGTH": Setting(16_384, (int,), "Longest filter in a .search body."),
    "MAX_FILTER_DEPTH": Setting(32, (int,), "Deepest nesting of a filter."),
    "MAX_FILTER_TERMS": Setting(64, (int,), "Most comparisons in a filter."),
    "MAX_PATCH_OPERATIONS": Setting(1_000, (int,), "Most operations in a PATCH."),
    "MAX_BULK_OPERATIONS": Setting(100, (int,), "Most operations in a Bulk job."),
    "MAX_MEMBERS_PER_REQUEST": Setting(10_000, (int,), "Most group members named in one request."),
    "MAX_GROUP_MEMBERS_RETURNED": Setting(
        100, (int,), "Members up to which PATCH of a group answers 200 with the resource instead of 204."
    ),
    "TOKEN_PREFIX": Setting("djprov", (str,), "First part of new bearer tokens, for secret scanners."),
    "TOKEN_LIFETIME_DAYS": Setting(395, (int,), "Days until a new token expires when none are named."),
    "TOKEN_OVERLAP_HOURS": Setting(24, (int,), "Hours an old token lives on after rotation."),
    "LEAVE_CLEARS_PRIVILEGES": Setting(
        True, (bool,), "Whether a leave takes the staff and superuser flags away; who returns gets them anew or not."
    ),
    "OFFBOARDING_SLA_SECONDS": Setting(
        300, (int,), "Seconds within which all access of a leaver has to be ended; a later end is a breach in reports."
    ),
    "ADMIN_BASE_CLASS": Setting(
        None, _OPTIONAL_TEXT,
        "Dotted path of the ModelAdmin that the pages are made of. Without it that of django-unfold where 'unfold' is "
        "installed, else Django's.",
    ),
    "REQUEST_LOG": Setting(
        "all", (str,),
        "Which SCIM requests are kept for people to look at: 'all', 'changes' (not the reads that went well) or 'off'.",
    ),
    "REQUEST_LOG_DAYS": Setting(30, (int,), "Days after which provisioning_run forgets a SCIM request."),
    "REQUEST_LOG_BODIES": Setting(
        False, (bool,),
        "Keep the bodies of SCIM requests and answers as well, with every value masked that may be somebody's; a check "
        "warns while it is on.",
    ),
    "REQUEST_LOG_BODY_BYTES": Setting(16_384, (int,), "Longest text that is kept of a body; the rest is cut off."),
    "REVOKERS": Setting([], (list, tuple), "Dotted paths of further Revoker classes."),
    "REVOKERS_OFF": Setting(
        [], (list, tuple), "Kinds of access that a leave does not end, e.g. ['otp_devices']; a check warns of each."
    ),
    "SELFTEST_PROBES": Setting(
        [], (list, tuple), "Dotted paths of further Probe classes: credentials of the project's own for the self-test."
    ),
    "EVIDENCE_KEY": Setting(
        None, _OPTIONAL_TEXT,
        "Signs evidence: a secret text of at least 32 characters, or an Ed25519 private key in PEM. Without it the key "
        "is derived from SECRET_KEY.",
    ),
    "EVIDENCE_KEY_FALLBACKS": Setting(
        [], (list, tuple), "Keys that signed evidence before and still verify it; of an Ed25519 key the public half."
    ),
}  # fmt: skip


class _Settings:
    """Attribute access to the keys above."""

    def __getattr__(self, key: str) -> Any:
        if key not in SETTINGS:
            raise AttributeError(f"{NAME} has no setting {key!r}.")
        return getattr(django_settings, NAME, {}).get(key, SETTINGS[key].default)


settings = _Settings()


def group_model_label() -> str:
    """Give the label of the group model, ``auth.Group`` unless the project names its own."""
    return str(getattr(django_settings, GROUP_MODEL_NAME, "auth.Group"))

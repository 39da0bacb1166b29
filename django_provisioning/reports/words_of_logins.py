"""Sentences about logins: who gets in, what a login changes, how sessions end. See ``policies_in_words``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..mapping.owners import takes_logins
from ..models import Connection
from .access_ends import duration_text
from .sentences import Facts, Sentence, Words

# What only logins read; without an issuer none of it has an effect.
_OF_LOGINS = (
    "jit", "required_claims", "allowed_email_domains", "seat_limit", "attribute_sync", "default_groups", "group_sync",
    "privilege_rules", "session_max_age_seconds", "signing_keys_url", "revocation_issuer",
)  # fmt: skip
_ISSUERS = ("saml_entity_id", "oidc_issuer", "oidc_client_id")
_LINKING = Connection.Linking


def _issuers(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.saml_entity_id:
        text = _("Logins of the SAML identity provider %(entity)s belong to this connection.")
        yield Sentence(_ISSUERS, text % {"entity": connection.saml_entity_id})
    if connection.oidc_issuer:
        text = _("Logins with tokens of %(issuer)s for the client %(client)s belong to this connection.")
        names = {"issuer": connection.oidc_issuer, "client": connection.oidc_client_id}
        yield Sentence(_ISSUERS, text % names)
    if not takes_logins(connection):
        yield Sentence(
            (*_ISSUERS, *_OF_LOGINS),
            _(
                "Nobody logs in through this connection, because it names no issuer: policies of logins have no effect."
            ),
            is_gap=connection.jit != Connection.Jit.OFF,
        )


def _jit(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    match connection.jit:
        case Connection.Jit.CREATE:
            yield Sentence(("jit",), _("The first login of somebody unknown makes an account."))
            if facts.has_token:
                text = _("If the directory pushes the same person later, it takes that account over.")
                yield Sentence(("jit",), text)
        case Connection.Jit.LINK_ONLY:
            yield from _link_only(connection, facts)
        case _:
            text = _("A login makes no account: it lets in only people whom this connection knows already.")
            yield Sentence(("jit",), text)


def _link_only(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    start = ("jit", "linking")
    if connection.linking == _LINKING.NEVER:
        text = _(
            "Nobody new comes in by login: a login may only link an existing account, and linking is never."
        )
        yield Sentence(start, text, is_gap=True)
    elif connection.linking == _LINKING.VERIFIED_EMAIL and not facts.domains:
        text = _(
            "Nobody new comes in by login: a login may only link an existing account, and no domain is verified."
        )
        yield Sentence(start, text, is_gap=True)
    else:
        text = _(
            "A login of somebody unknown takes over an existing account where linking allows it, or is refused."
        )
        yield Sentence(start, text)


def _nobody_new(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    no_login_makes = connection.jit == Connection.Jit.OFF or not takes_logins(connection)
    if no_login_makes and not facts.has_token:
        text = _("Nobody new can come in: no login makes accounts, and no directory pushes here.")
        yield Sentence(("jit",), text, is_gap=True)


def _admission(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    policies = ("required_claims", "allowed_email_domains")
    if not connection.required_claims and not connection.allowed_email_domains:
        text = _(
            "No claim and no e-mail domain is required: every person of the identity provider may log in."
        )
        yield Sentence(policies, text)
    for claim, values in connection.required_claims.items():
        text = _("A login needs the claim %(claim)s, with any value.")
        if values:
            text = _("A login needs the claim %(claim)s with one of: %(values)s.")
        yield Sentence(policies, text % {"claim": claim, "values": ", ".join(map(str, values))})
    if connection.allowed_email_domains:
        text = _("A login needs an e-mail address in one of: %(domains)s.")
        yield Sentence(policies, text % {"domains": ", ".join(connection.allowed_email_domains)})


def _seats(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    limit = connection.seat_limit
    if limit is None:
        yield Sentence(("seat_limit",), _("The number of accounts is not limited."))
        return
    text = ngettext(
        "While %(number)d active person is there, a login makes or links no further account; a push still does.",
        "While %(number)d active people are there, a login makes or links no further account; a push still does.",
        limit,
    )
    yield Sentence(("seat_limit",), text % {"number": limit})


def _attributes(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    text = _("Where SCIM manages an account, SCIM wins: a login changes none of its attributes and groups.")
    yield Sentence(("attribute_sync",), text)
    texts: Mapping[str, str] = {
        "always": _("Where logins manage an account, each login overwrites its attributes with the claims."),
        "empty_only": _(
            "Where logins manage an account, a login fills only what is empty; what stands here stays."
        ),
        "never": _("Where logins manage an account, a login changes no attribute once the account is there."),
    }
    yield Sentence(("attribute_sync",), texts[connection.attribute_sync.get("default", "always")])


def _groups(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    texts: Mapping[str, str] = {
        Connection.GroupSync.OFF: _("Group claims of a login change nothing."),
        Connection.GroupSync.ADDITIVE: _(
            "A login puts the person into the groups of this connection that the claims name, and takes nobody out."
        ),
        Connection.GroupSync.AUTHORITATIVE: _(
            "After a login the person is in exactly the groups of this connection that the claims name. "
            "A login that says nothing of groups changes none."
        ),
    }
    yield Sentence(("group_sync",), texts[connection.group_sync])


def _default_groups(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    names = {"groups": ", ".join(connection.default_groups)}
    if not connection.default_groups:
        yield Sentence(("default_groups",), _("A login puts a new account into no further group."))
    elif connection.jit == Connection.Jit.CREATE:
        text = _("An account that a login makes is put once into: %(groups)s.")
        yield Sentence(("default_groups",), text % names)
    else:
        text = _("The groups of new accounts (%(groups)s) have no effect: no login makes an account.")
        yield Sentence(("default_groups",), text % names, is_gap=True)


def _privileges(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    policies = ("privilege_rules", "manages_privileged")
    if not connection.privilege_rules:
        yield Sentence(policies, _("No group claim makes anybody staff or superuser."))
        return
    if not connection.manages_privileged:
        text = _("The groups that grant staff or superuser have no effect: this connection manages neither.")
        yield Sentence(policies, text, is_gap=True)
        return
    for group, grant in connection.privilege_rules.items():
        text = _("Staff status is given and taken away with the group claim %(group)s.")
        if grant == "superuser":
            text = _("Superuser status is given and taken away with the group claim %(group)s.")
        yield Sentence(policies, text % {"group": group}, is_gap=grant == "superuser")


def _sessions(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    policies, limit = ("session_max_age_seconds",), connection.session_max_age_seconds
    if not limit:
        text = _(
            "This connection sets no limit to sessions: only the provider’s and SESSION_COOKIE_AGE hold."
        )
        yield Sentence(policies, text)
        return
    text = _(
        "A session ends %(time)s after the login, busy or not, or earlier where the identity provider says so."
    )
    yield Sentence(policies, text % {"time": duration_text(timedelta(seconds=limit))})


def _log_out(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    policies = ("signing_keys_url", "revocation_issuer")
    issuer = connection.revocation_issuer or connection.oidc_issuer
    names = {"url": connection.signing_keys_url, "issuer": issuer}
    match bool(connection.signing_keys_url), bool(issuer):
        case True, True:
            text = _(
                "%(issuer)s can end sessions and API tokens by signed requests; its keys are read from %(url)s."
            )
            yield Sentence(policies, text % names)
        case True, False:
            text = _("The address of the provider’s keys has no effect: no issuer of such requests is named.")
            yield Sentence(policies, text, is_gap=True)
        case False, _is_named if connection.revocation_issuer:
            text = _(
                "Requests of %(issuer)s to end access are refused, because no address of its keys is set."
            )
            yield Sentence(policies, text % names, is_gap=True)
        case _:
            text = _(
                "The identity provider can end sessions here only where the project’s settings have its keys."
            )
            yield Sentence(policies, text)


def _if_logins(words: Words) -> Words:
    """Say nothing where no login can come."""

    def speak(connection: Connection, facts: Facts) -> Iterator[Sentence]:
        if takes_logins(connection):
            yield from words(connection, facts)

    return speak


LOGINS: Mapping[str, Sequence[Words]] = {
    "joining": (_issuers, *map(_if_logins, (_jit, _admission, _seats)), _nobody_new),
    "moving": tuple(map(_if_logins, (_attributes, _groups, _default_groups, _privileges))),
    "leaving": tuple(map(_if_logins, (_sessions, _log_out))),
}

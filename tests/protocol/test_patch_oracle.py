"""PATCH compared with scim2-models, wherever both accept a request."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scim2_models import (
    Context,
    EnterpriseUser,
    PatchOp,
    SCIMException,
    ScimPolicy,
    User,
)

from django_provisioning.protocol.canonical import frozen
from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.errors import ScimError
from django_provisioning.protocol.messages import PATCH_OP_URN
from django_provisioning.protocol.patch import apply, parse_patch
from tests.protocol.strategies import IDS

_FULL_USER = User[EnterpriseUser]
# The tolerances that IDPS.md rules, in the words of scim2-models. Strings are folded as ASCII only: the two
# disagree about nothing else, and test_matching compares the folding of Unicode.
_POLICY = ScimPolicy(
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
)
# "a" and "A" are enough to tell whether case counts.
_WORDS = ["a", "A", "ab", "B"]
# scim2-models writes domains and known types in lower case; we keep what was sent.
TYPES = ["work", "home", "other"]
EMAILS = ["ada@example.com", "ADA@example.com", "bob@example.com", "bob@example.org"]


def _email(**members: Any) -> Any:
    choices = {
        "value": st.sampled_from(EMAILS),
        "type": st.sampled_from(TYPES),
        "primary": st.booleans(),
        "display": st.sampled_from(_WORDS),
    }
    return st.fixed_dictionaries({}, optional={**choices, **members}).filter(bool)


def _choices() -> Any:
    """Filters about e-mails, in which a value of each type is compared."""
    terms = st.one_of(
        st.sampled_from(TYPES).map(lambda value: f'type eq "{value}"'),
        st.sampled_from(EMAILS).map(lambda value: f'value eq "{value}"'),
        st.sampled_from(["primary eq true", "primary eq false", "display pr", 'value co "example.com"']),
        st.sampled_from(TYPES).map(lambda value: f'type ne "{value}"'),
    )
    return st.one_of(terms, st.tuples(terms, st.sampled_from([" and ", " or "]), terms).map("".join))


def _writes() -> Any:
    """Adds and replaces: each path with values of its type."""
    ops = st.sampled_from(["add", "replace"])
    name = st.fixed_dictionaries(
        {}, optional={"givenName": st.sampled_from(_WORDS), "familyName": st.sampled_from([*_WORDS, None])}
    )
    manager = st.fixed_dictionaries({"value": st.sampled_from(IDS)})
    # Equal values within one array are one for us (RFC 7643 §2.4) and two for scim2-models.
    emails = st.lists(_email(), max_size=3, unique_by=lambda email: repr(sorted(email.items())).lower())
    chosen = _choices().map(lambda choice: f"emails[{choice}]")
    targets: list[tuple[Any, Any]] = [
        (st.just("title"), st.sampled_from([*_WORDS, None])),
        (st.just("TITLE"), st.sampled_from(_WORDS)),
        (st.just("active"), st.booleans()),
        (st.just("userName"), st.sampled_from(_WORDS)),
        (st.just("name"), name.filter(bool)),
        (st.just("name.givenName"), st.sampled_from([*_WORDS, None])),
        (st.just("emails"), emails),
        (st.just("emails.display"), st.sampled_from(_WORDS)),
        (chosen, _email().filter(bool)),
        (chosen.map(lambda path: f"{path}.value"), st.sampled_from(EMAILS)),
        (chosen.map(lambda path: f"{path}.primary"), st.booleans()),
        (st.just(f"{ENTERPRISE_URN}:department"), st.sampled_from([*_WORDS, None])),
        (st.just(f"{ENTERPRISE_URN}:manager"), manager),
        (st.just(f"{ENTERPRISE_URN}:manager.value"), st.sampled_from(IDS)),
        (st.just(ENTERPRISE_URN), st.fixed_dictionaries({"department": st.sampled_from(_WORDS)})),
        (
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "title": st.sampled_from(_WORDS),
                    "name": name,
                    "emails": emails,
                    "name.givenName": st.sampled_from(_WORDS),
                    f"{ENTERPRISE_URN}:department": st.sampled_from(_WORDS),
                    ENTERPRISE_URN: st.fixed_dictionaries({"costCenter": st.sampled_from(_WORDS)}),
                },
            ),
        ),
    ]

    def operation(target: tuple[Any, Any]) -> Any:
        path, value = target
        return st.fixed_dictionaries({"op": ops, "path": path, "value": value}).map(
            lambda sent: {key: item for key, item in sent.items() if key != "path" or item is not None}
        )

    return st.sampled_from(targets).flatmap(operation)


def _removals() -> Any:
    paths = st.one_of(
        st.sampled_from(
            ["title", "name", "name.givenName", "emails", "emails.type", "active", "userName", "meta", "photos",
             f"{ENTERPRISE_URN}:department", f"{ENTERPRISE_URN}:manager", "roles"]
        ),
        _choices().map(lambda choice: f"emails[{choice}]"),
        _choices().map(lambda choice: f"emails[{choice}].display"),
    )  # fmt: skip
    # What a removal compares beyond value and type is our own reading: see patch_apply._without().
    named = st.lists(
        st.fixed_dictionaries({"value": st.sampled_from(EMAILS)}, optional={"type": st.sampled_from(TYPES)}),
        min_size=1,
        max_size=2,
    )
    return st.one_of(
        st.fixed_dictionaries({"op": st.just("remove"), "path": paths}),
        st.fixed_dictionaries({"op": st.just("remove"), "path": st.just("emails"), "value": named}),
    )


def _users() -> Any:
    """Small canonical users: what the operations are about, in texts that both fold alike."""
    emails = st.lists(_email(primary=st.just(False)), min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {"schemas": st.just([USER_URN, ENTERPRISE_URN]), "userName": st.sampled_from(_WORDS)},
        optional={
            "title": st.sampled_from(_WORDS),
            "active": st.booleans(),
            "name": st.fixed_dictionaries({"givenName": st.sampled_from(_WORDS)}),
            "emails": emails | emails.map(lambda found: [*found[:-1], {**found[-1], "primary": True}]),
            ENTERPRISE_URN: st.fixed_dictionaries(
                {"department": st.sampled_from(_WORDS)},
                optional={"manager": st.fixed_dictionaries({"value": st.sampled_from(IDS)})},
            ),
        },
    )


def _ours(document: dict[str, Any], payload: dict[str, Any]) -> tuple[dict[str, Any], bool] | None:
    try:
        result = apply(document, parse_patch(payload, USER), USER)
    except ScimError:
        return None
    return result.document, bool(result.changed)


def _theirs(document: dict[str, Any], payload: dict[str, Any]) -> tuple[dict[str, Any], bool] | None:
    user = _FULL_USER.model_validate(document)
    try:
        request = PatchOp[_FULL_USER].model_validate(
            payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=_POLICY
        )
        changed = request.patch(user, scim_policy=_POLICY)
    except (SCIMException, ValueError):
        return None
    return user.model_dump(), changed


def _comparable(document: dict[str, Any]) -> Any:
    """Leave out what is no difference: order of elements, schemas, objects without a value."""
    cleaned = _cleaned({name: value for name, value in document.items() if name != "schemas"})
    return {
        name: sorted(map(repr, map(_sorted, value))) if isinstance(value, list) else frozen(value)
        for name, value in (cleaned or {}).items()
    }


def _sorted(value: Any) -> Any:
    return sorted(value.items()) if isinstance(value, dict) else value


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        members = {name: _cleaned(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not None} or None
    if isinstance(value, list):
        return [item for element in value if (item := _cleaned(element)) is not None] or None
    return value


def _may_mean_an_untyped_one(document: dict[str, Any], operations: list[dict[str, Any]]) -> bool:
    paths = [str(sent.get("path")) for sent in operations]
    if not any("[" in path for path in paths):
        return False
    said = json.dumps([document.get("emails"), [sent.get("value") for sent in operations]])
    return "primary" in said + str(paths)


@settings(max_examples=400)
@given(_users(), st.lists(st.one_of(_writes(), _writes(), _removals()), min_size=1, max_size=3))
def test_patch_gives_what_scim2_models_gives(
    document: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    """Where both accept the request, both make the same document of it."""
    # Without e-mails, ours makes one and theirs changes nothing; the RFC says neither.
    assume(
        all(
            sent.get("path") != "emails.display"
            for sent in operations[0 if "emails" not in document else 1 :]
        )
    )
    # The sole primary address without a type is the one that a filter for a type means; theirs makes a second.
    assume(not _may_mean_an_untyped_one(document, operations))
    payload = {"schemas": [PATCH_OP_URN], "Operations": operations}

    ours, theirs = _ours(document, payload), _theirs(document, payload)

    assume(ours is not None and theirs is not None)
    assert ours is not None
    assert theirs is not None
    assert _comparable(ours[0]) == _comparable(theirs[0])


@settings(max_examples=200)
@given(_users(), _writes())
def test_patch_replace_is_idempotent(document: dict[str, Any], operation: dict[str, Any]) -> None:
    """A replace that is repeated changes nothing (IdPs repeat after a timeout)."""
    payload = {"Operations": [{**operation, "op": "replace"}]}
    once = _ours(document, payload)

    assume(once is not None)
    assert once is not None
    twice = _ours(once[0], payload)

    # A filter may stop matching by what was written: then the repetition is about something else.
    assume("[" not in str(operation.get("path")))
    assert twice == (once[0], False)

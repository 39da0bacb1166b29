"""What a login or a push would do: the real code in a rehearsal, its trace read into one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..exceptions import ProvisioningError
from ..jit.login import Refused, sign_in
from ..lifecycle import explain
from ..lifecycle.context import Actor, Context
from ..lifecycle.explain import Rehearsal
from ..mapping.claims import LoginClaims
from ..models import Connection, ConnectionToken, Event
from ..protocol.errors import ScimError, Unauthorized
from ..scim.authentication import require_live
from ..scim.call import Answer, Call
from ..scim.exceptions import as_scim_error
from ..scim.handlers import ResourceHandler, handler_for
from ..scim.scopes import require_write_scope
from .pushes import Push

_BASE_URL = "https://scim.invalid"
_POLICIES: Mapping[str, tuple[str, ...]] = {
    "login": (
        "jit", "linking", "attribute_sync", "required_claims", "allowed_email_domains", "default_groups", "group_sync",
        "privilege_rules", "seat_limit", "manages_privileged",
    ),
    "push": (
        "linking", "delete_mode", "visibility", "group_prefix", "required_group", "strict", "manages_privileged",
        "mass_leave_percent", "mass_leave_halts",
    ),
}  # fmt: skip
# The verb of an event, for doors that give no Outcome. The first event of a run says what it was about.
_VERBS: Mapping[str, str] = {
    "account.deleted": "deleted",
    "account.erased": "erased",
    "group.created": "created",
    "group.updated": "updated",
    "group.members_changed": "updated",
    "group.deleted": "deleted",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended: the verb, or "refused" with a reason; ``status`` is the HTTP status of a push."""

    verb: str
    reason: str = ""
    detail: str = ""
    status: int | None = None


def explain_login(connection: Connection, claims: LoginClaims) -> dict[str, Any]:
    """Say what a login with these claims would do."""

    def work() -> Verdict:
        try:
            return Verdict(sign_in(claims).outcome.kind)
        except Refused as refused:
            return Verdict("refused", refused.reason, refused.detail)

    rehearsal = explain.rehearse(work)
    seen = next((event.connection_slug for event in rehearsal.events), connection.slug)
    answer = {"door": f"login ({claims.protocol})", "issuer": claims.issuer, "subject": claims.subject}
    if seen and seen != connection.slug:
        answer["warning"] = f"Logins of this issuer belong to {seen}, not to {connection.slug}."
    return _answer(connection, "login", answer, rehearsal.result, rehearsal)


def explain_push(connection: Connection, push: Push) -> dict[str, Any]:
    """Say what a request of the directory would do and be answered."""

    def work() -> Verdict:
        try:
            answer = _send(connection, push)
        except (ProvisioningError, ScimError) as error:
            scim_error = as_scim_error(error, "rehearsal")
            reason = (
                error.reason if isinstance(error, ProvisioningError) else scim_error.scim_type or "refused"
            )
            return Verdict("refused", reason, scim_error.detail, scim_error.status)
        return Verdict("unchanged", status=answer.status)

    rehearsal = explain.rehearse(work)
    verdict = rehearsal.result
    if verdict.verb != "refused":
        verdict = replace(verdict, verb=_verb(rehearsal))
    return _answer(
        connection, "push", {"door": "push", "request": f"{push.method} {push.path}"}, verdict, rehearsal
    )


def _send(connection: Connection, push: Push) -> Answer:
    """Do what the view does between authentication and the answer."""
    handler = handler_for(push.endpoint)
    context = Context.of(Actor.command("provisioning_explain"), connection)
    token = _token(connection, handler)
    require_live(token, context.now)
    require_write_scope(token, handler.scope)
    call = Call(replace(context, actor=Actor.scim(token)), token, _BASE_URL, if_match=push.if_match)
    match push.method:
        case "POST":
            return handler.create(call, push.body)
        case "PUT":
            return handler.replace(call, push.scim_id, push.body)
        case "PATCH":
            return handler.patch(call, push.scim_id, push.body)
        case _:
            return handler.delete(call, push.scim_id)


def _token(connection: Connection, handler: ResourceHandler) -> ConnectionToken:
    """Choose the token that the directory most likely uses: with the scope, not revoked, the newest."""
    found = list(connection.tokens.order_by("-created_at", "-pk"))
    if not found:
        raise Unauthorized("The connection has no token. Make one with provisioning_create_token.")
    chosen = max(found, key=lambda token: (token.revoked_at is None, handler.scope in token.scopes))
    chosen.connection = connection
    explain.note(
        "token",
        "The request is taken as sent with this token, from an allowed network.",
        key_id=chosen.key_id,
    )
    return chosen


def _verb(rehearsal: Rehearsal[Any]) -> str:
    outcomes = [step.finding for step in rehearsal.steps if step.about == "outcome"]
    if outcomes:
        return outcomes[-1]
    return next((_VERBS[event.type] for event in rehearsal.events if event.type in _VERBS), "unchanged")


def _answer(
    connection: Connection, door: str, head: Mapping[str, Any], verdict: Verdict, rehearsal: Rehearsal[Any]
) -> dict[str, Any]:
    steps = [step for step in rehearsal.steps if step.about not in ("outcome", "attribute")]
    return {
        "connection": connection.slug,
        **head,
        "verb": verdict.verb,
        "status": verdict.status,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "policy": {name: getattr(connection, name) for name in _POLICIES[door]},
        "steps": [
            {"step": number, "about": step.about, "finding": step.finding, "facts": dict(step.facts)}
            for number, step in enumerate(steps, start=1)
        ],
        "attributes": _attributes(rehearsal, door),
        "groups": [row for event in rehearsal.events for row in _groups(event)],
        "events": [_event(event) for event in rehearsal.events],
    }


def _attributes(rehearsal: Rehearsal[Any], door: str) -> list[dict[str, Any]]:
    """Give a row for each attribute: what the sync rules decided, else what the events say was written."""
    decided = [dict(step.facts) for step in rehearsal.steps if step.about == "attribute"]
    if decided:
        return decided
    rule = "pushed" if door == "push" else "new account"
    return [
        {"attribute": name, "old": change.get("old"), "new": change.get("new"), "rule": rule}
        for event in rehearsal.events
        if event.subject_type == "user" and event.type != "account.groups_changed"
        for name, change in event.changes.items()
    ]


def _groups(event: Event) -> list[dict[str, Any]]:
    changed = event.changes.get("groups", {}) if event.type == "account.groups_changed" else {}
    added = [{"group": name, "change": "added"} for name in changed.get("new") or ()]
    removed = [*(changed.get("old") or ()), *event.effects.get("groups_removed", ())]
    unknown = event.effects.get("unknown", ()) if event.type == "account.groups_changed" else ()
    return [
        *added,
        *({"group": name, "change": "removed"} for name in removed),
        *({"group": name, "change": "not owned by the connection: ignored"} for name in unknown),
    ]


def _event(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "outcome": str(event.outcome),
        "reason": event.reason,
        "subject": event.subject_label,
        "changes": event.changes,
        "effects": event.effects,
    }

"""Import: whom an earlier SCIM server kept comes under a connection with the id that the IdP has stored.

Users, groups and memberships are there already and stay as they are: an import adds identities, accounts and events.
A batch is one transaction, so a run that was stopped goes on where it ended, and a second run finds nothing to do.
What cannot be taken over as it is (an id in use, a name that two people have) is left out and said, never decided.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from ..exceptions import ValueRefused
from ..mapping.fields import key_text
from ..mapping.reach import is_privileged
from ..mapping.users import UserChanges
from ..models import Account, Event, Identity
from ..protocol.comparison import fold
from ..protocol.schema import ResourceType
from . import attribute_values, audit, explain, transactions
from .context import Context


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the earlier server knew them: the Django user, the id ("" for none) and what the document said."""

    user: Any
    scim_id: str
    changes: UserChanges
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at: a stable word, whom it is about, and the facts as a sentence."""

    kind: str
    subject: str
    detail: str


@dataclass(slots=True)
class Tally:
    """What a batch did: numbers by what happened, and what somebody should look at."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def find(self, kind: str, subject: object, detail: str) -> None:
        """Count and keep a finding."""
        self.counts[kind] += 1
        self.findings.append(Finding(kind, str(subject), detail))


@dataclass(frozen=True, slots=True)
class Owners:
    """Which keys of a connection are taken, and by whose row (a user's or a group's primary key)."""

    ids: dict[str, Any]
    names: dict[str, Any]
    external_ids: dict[str, Any]

    def free_external_id(
        self, tally: Tally, key: Any, label: str, wanted: str | None, shared: bool
    ) -> str | None:
        """Give the externalId, None where more than one has it: nobody gets it rather than the wrong one."""
        if wanted is None:
            return None
        if shared or self.external_ids.get(wanted, key) != key:
            tally.find("duplicate_external_id", label, f"externalId {wanted!r} belongs to more than one.")
            return None
        return wanted

    def refusal(self, key: Any, scim_id: str, name: str) -> str:
        """Say why the row cannot be taken over, "" when it can."""
        if self.ids.get(scim_id, key) != key:
            return f"The id {scim_id!r} belongs to somebody else in this connection."
        if self.names.get(fold(name), key) != key:
            return f"The name {name!r} belongs to somebody else in this connection."
        return ""

    def take(self, key: Any, scim_id: str, name: str, external_id: str | None) -> None:
        """Remember what this batch gave away."""
        self.ids[scim_id] = key
        self.names[fold(name)] = key
        if external_id is not None:
            self.external_ids[external_id] = key


def import_people(
    context: Context, people: Sequence[Person], resource_type: ResourceType, *, shared: Collection[str] = ()
) -> Tally:
    """Take over a batch of people in one transaction [at most 19 queries and those of bulk inserts].

    ``resource_type`` says which attributes can be searched for, ``shared`` are the externalIds that more than one row
    of the earlier server has. The tally counts every person
    once under imported, adopted, refreshed, unchanged, left, other_id or skipped.
    """
    return in_one_transaction(lambda: _Batch(context, people, resource_type, frozenset(shared)).run())


def keys_of(rows: Iterable[Any]) -> dict[str, Any]:
    """Give the owner of each key, from rows of (key, owner)."""
    return dict(rows)


def in_one_transaction(work: Callable[[], Tally]) -> Tally:
    """Run a batch; a login that took a key between the look and the insert makes it look once more."""
    try:
        return transactions.run(work)
    except IntegrityError:
        return transactions.run(work)


def stored_id(scim_id: str) -> str:
    """Give an id of the earlier server as it is, or a new one where it had none.

    Raises:
        ValueRefused: it is longer than a key, or holds control characters.
    """
    return key_text(scim_id, "id") if scim_id else str(uuid.uuid4())


def issued(scim_id: str) -> str:
    """Say that an id is new; that of a rehearsal is rolled back and will never be."""
    which = "a new one will be issued" if explain.is_rehearsal() else f"the new one is {scim_id}"
    return f"The earlier server had no id; {which}."


class _Batch:
    """One batch on its way: rows are decided one by one in memory and written together."""

    def __init__(
        self, context: Context, people: Sequence[Person], resource_type: ResourceType, shared: frozenset[str]
    ) -> None:
        self.context = context
        self.people = people
        self.resource_type = resource_type
        self.shared = shared
        self.tally = Tally()
        self.new: list[Identity] = []
        self.changed: list[Identity] = []
        self.events: list[Event] = []

    def run(self) -> Tally:
        """Decide and write."""
        self._load()
        for person in self.people:
            self._place(person)
        self._write()
        return self.tally

    def _load(self) -> None:
        connection = self.context.required_connection
        everyone = Identity.objects.filter(connection=connection)
        live = everyone.filter(live=True)
        users = [person.user.pk for person in self.people]
        mine = transactions.lock(everyone.filter(user__in=users).order_by("pk"), "self")
        self.tombstones = set()
        self.known: dict[Any, Identity] = {}
        for identity in mine:
            if identity.live:
                self.known[identity.user_id] = identity
            else:
                self.tombstones.add(identity.user_id)
        changes = [person.changes for person in self.people]
        ids = [person.scim_id for person in self.people if person.scim_id]
        names = [fold(change.user_name) for change in changes]
        external_ids = [change.external_id for change in changes if change.external_id]
        self.owners = Owners(
            keys_of(everyone.filter(scim_id__in=ids).values_list("scim_id", "user_id")),
            keys_of(live.filter(user_name_key__in=names).values_list("user_name_key", "user_id")),
            keys_of(live.filter(external_id__in=external_ids).values_list("external_id", "user_id")),
        )

    def _place(self, person: Person) -> None:
        user = person.user
        known = self.known.get(user.pk)
        if known is None and user.pk in self.tombstones:
            self.tally.counts["left"] += 1
            return
        if known is not None and known.scim_managed:
            self._again(person, known)
            return
        try:
            scim_id = stored_id(person.scim_id)
        except ValueRefused as error:
            self.tally.find("skipped", user, error.detail)
            return
        refusal = self.owners.refusal(user.pk, scim_id, person.changes.user_name)
        if refusal:
            self.tally.find("skipped", user, refusal)
            return
        self._take_over(person, known, scim_id)

    def _take_over(self, person: Person, known: Identity | None, scim_id: str) -> None:
        """Make the identity, or let SCIM manage the one that a login made."""
        columns = self._columns(person)
        self.owners.take(person.user.pk, scim_id, columns["user_name"], columns["external_id"])
        if known is None:
            known = Identity(connection=self.context.required_connection, user=person.user)
            known.created_at = person.created_at or self.context.now
            self.new.append(known)
            self.tally.counts["imported"] += 1
        else:
            self.changed.append(known)
            self.tally.counts["adopted"] += 1
        _assign(known, **columns, scim_id=scim_id, scim_managed=True, updated_at=self.context.now)
        if person.scim_id:
            self.tally.counts["kept"] += 1
        else:
            self.tally.find("reissued", person.user, issued(scim_id))
        self.tally.counts["protected"] += is_privileged(person.user)
        self._note(person, scim_id, audit.difference({}, person.changes.facts()))

    def _again(self, person: Person, known: Identity) -> None:
        """Meet somebody who is known: bring an import up to date that no directory has written to since."""
        if person.scim_id and person.scim_id != known.scim_id:
            detail = f"Known under {known.scim_id!r}; the earlier server says {person.scim_id!r}."
            self.tally.find("other_id", person.user, detail)
            return
        before = {name: getattr(known, name) for name in _COLUMNS}
        columns = self._columns(person) if person.scim_id and known.last_synced_at is None else before
        if (
            columns == before
            or self.owners.names.get(columns["user_name_key"], known.user_id) != known.user_id
        ):
            self.tally.counts["unchanged"] += 1
            return
        _assign(known, **columns, revision=known.revision + 1, updated_at=self.context.now)
        self.changed.append(known)
        self.tally.counts["refreshed"] += 1
        self._note(person, known.scim_id, audit.difference(before["attributes"], columns["attributes"]))

    def _columns(self, person: Person) -> dict[str, Any]:
        changes = person.changes
        return {
            "user_name": changes.user_name,
            "user_name_key": fold(changes.user_name),
            "external_id": self.owners.free_external_id(
                self.tally, person.user.pk, str(person.user), changes.external_id,
                changes.external_id in self.shared,
            ),
            "active": changes.active,
            "attributes": changes.attributes,
        }  # fmt: skip

    def _note(self, person: Person, scim_id: str, changes: Mapping[str, Any]) -> None:
        subject = audit.Subject.user(person.user, scim_id)
        effects = {"reissued": not person.scim_id}
        self.events.append(
            audit.described(self.context, "account.imported", subject, changes=changes, effects=effects)
        )

    def _write(self) -> None:
        Identity.objects.bulk_create(self.new)
        if self.changed:
            attribute_values.forget(self.changed)
            columns = [*_COLUMNS, "scim_id", "scim_managed", "revision", "updated_at"]
            Identity.objects.bulk_update(self.changed, columns, batch_size=_UPDATE_BATCH)
        written = [*self.new, *self.changed]
        attribute_values.store_new(written, self.resource_type)
        _account_for(self.context, written, {person.user.pk: person.user for person in self.people})
        self._follow_old_server([identity for identity in written if not identity.active])
        audit.record_many(self.events)

    def _follow_old_server(self, inactive: Sequence[Identity]) -> None:
        """Let the directory bring back whom it made inactive at the earlier server while this app was installed.

        That server's save looked like the project's own code, which suspends as an administrator does. [at most 3
        queries] Whoever came by a login, or was written to by a directory here, stays suspended.
        """
        suspended = _suspended_by_a_save([identity.user_id for identity in inactive])
        if not suspended:
            return
        accounts = Account.objects.filter(user__in=suspended, state=Account.State.SUSPENDED)
        accounts.update(state=Account.State.DEPROVISIONED, suspension=Account.Suspension.NONE)
        self.tally.counts["suspension_lifted"] += len(suspended)
        subjects = {str(key) for key in suspended}
        for event in self.events:
            if event.subject_id in subjects:
                event.effects["suspension_lifted"] = True


_COLUMNS = ("user_name", "user_name_key", "external_id", "active", "attributes")
_UPDATE_BATCH = 200


def _assign(identity: Identity, **columns: Any) -> None:
    for name, value in columns.items():
        setattr(identity, name, value)


def _account_for(context: Context, identities: Iterable[Identity], users: Mapping[Any, Any]) -> None:
    """Give each user an account of origin ``import``; one that is there keeps its origin and learns who manages it."""
    owners = {identity.user_id for identity in identities}
    present = set(Account.objects.filter(user__in=owners).values_list("user_id", flat=True))
    made = [_account(context, users[key]) for key in users if key in owners and key not in present]
    Account.objects.bulk_create(made)
    if present:
        live = Identity.objects.filter(user__in=present, live=True)
        with_login = set(live.filter(subject__isnull=False).values_list("user_id", flat=True))
        by_value: dict[str, list[Any]] = defaultdict(list)
        for key in present:
            by_value[Account.ManagedBy.SCIM_SSO if key in with_login else Account.ManagedBy.SCIM].append(key)
        for value, keys in by_value.items():
            Account.objects.filter(user__in=keys).update(managed_by=value)


def _suspended_by_a_save(users: Sequence[Any]) -> list[Any]:
    """Give those whom nothing suspended but a save of the user row, and who were only ever imported [2 queries]."""
    accounts = Account.objects.filter(
        user__in=users,
        state=Account.State.SUSPENDED,
        suspension=Account.Suspension.ADMINISTRATOR,
        origin__in=(Account.Origin.IMPORT, Account.Origin.UNKNOWN),
    )
    written_here = Identity.objects.filter(user__in=users, last_synced_at__isnull=False).values("user")
    accounts = accounts.exclude(user__in=written_here)
    found = list(accounts.values_list("user_id", flat=True)) if users else []
    if not found:
        return []
    events = Event.objects.filter(
        type="account.suspended", subject_type="user", subject_id__in=[str(key) for key in found]
    )
    last = dict(events.order_by("pk").values_list("subject_id", "reason"))
    return [key for key in found if last.get(str(key)) in _BY_A_SAVE]


_BY_A_SAVE = ("project_code", "out_of_band")


def _account(context: Context, user: Any) -> Account:
    return Account(
        user=user,
        origin=Account.Origin.IMPORT,
        state=Account.State.ACTIVE if user.is_active else Account.State.DEPROVISIONED,
        managed_by=Account.ManagedBy.SCIM,
        created_at=context.now,
    )

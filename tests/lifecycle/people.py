"""People, groups and local accounts for tests, made through the lifecycle as a directory's request would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from django_provisioning.lifecycle import groups, identities, memberships, transactions
from django_provisioning.lifecycle.join import join
from django_provisioning.lifecycle.move import move
from django_provisioning.lifecycle.outcome import Outcome
from django_provisioning.mapping import groups as group_mapping
from django_provisioning.mapping import users as user_mapping
from django_provisioning.mapping.fields import user_map
from django_provisioning.mapping.resource_types import group_type, user_type
from django_provisioning.models import Account, Connection, Event, GroupLink, Identity
from django_provisioning.models.membership import group_model, membership_table
from django_provisioning.protocol.comparison import fold
from django_provisioning.protocol.core_schemas import GROUP_URN, USER_URN
from django_provisioning.protocol.validation import read_resource
from tests.factories import make_context


def user_changes(user_name: str, **attributes: Any) -> user_mapping.UserChanges:
    """Give what a pushed document asks for; ``attributes`` are SCIM names."""
    document = {"schemas": [USER_URN], "userName": user_name, **attributes}
    return user_mapping.changes_of(read_resource(document, user_type()).document)


def group_changes(display_name: str, **attributes: Any) -> group_mapping.GroupChanges:
    """Give what a pushed group document asks for."""
    document = {"schemas": [GROUP_URN], "displayName": display_name, **attributes}
    return group_mapping.changes_of(read_resource(document, group_type()).document)


def push(connection: Connection, user_name: str, **attributes: Any) -> Outcome:
    """POST a person, in a transaction of its own."""
    changes = user_changes(user_name, **attributes)
    return transactions.run(lambda: join(make_context(connection), changes))


def push_move(identity: Identity, user_name: str, **attributes: Any) -> Outcome:
    """PUT a person, in a transaction of its own."""
    changes = user_changes(user_name, **attributes)
    return on_locked(identity, lambda context, locked: move(context, locked, changes))


def on_locked(identity: Identity, verb: Callable[..., Any]) -> Any:
    """Run a verb on the locked identity as a handler does."""
    context = make_context(identity.connection)
    return transactions.run(lambda: verb(context, identities.locked(context, identity.scim_id)))


def push_group(connection: Connection, display_name: str, *members: Identity, **attributes: Any) -> GroupLink:
    """POST a group, then its members."""
    changes = group_changes(display_name, **attributes)
    context = make_context(connection)

    def work() -> GroupLink:
        link = groups.create(context, changes)
        if members:
            delta = memberships.add(link, [member.scim_id for member in members])
            groups.update(context, link, changes, delta)
        return link

    return transactions.run(work)


def local_user(name: str, *, password: str | None = None, email: str = "", **fields: Any) -> Any:
    """Make a Django user that no connection knows; the e-mail is its name where the model has no other."""
    model = get_user_model()
    mapping = user_map()
    values: dict[str, Any] = {mapping.login_field: login_of(name), **fields}
    if "emails" in mapping.fields:
        values[mapping.fields["emails"]] = email
    user = model(**values)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save()
    return user


def login_of(name: str) -> str:
    """Give the login name that a plain name means in this user model."""
    return f"{name}@example.com" if user_map().login_field == "email" and "@" not in name else name


def jit_identity(connection: Connection, user_name: str, **values: Any) -> Identity:
    """Give an identity as a first SSO login leaves it: linked by subject, not managed by SCIM."""
    now = timezone.now()
    user = values.pop("user", None) or local_user(user_name)
    Account.objects.get_or_create(
        user=user,
        defaults={"origin": Account.Origin.JIT_OIDC, "state": Account.State.ACTIVE, "created_at": now,
                  "managed_by": Account.ManagedBy.SSO},
    )  # fmt: skip
    return Identity.objects.create(
        connection=connection, user=user, scim_id=f"jit-{user.pk}-{connection.pk}", user_name=user_name,
        user_name_key=fold(user_name), subject=f"subject of {user_name}", created_at=now, updated_at=now, **values,
    )  # fmt: skip


def fresh(instance: Any) -> Any:
    """Read the row of an instance again, with nothing cached."""
    return type(instance)._base_manager.get(pk=instance.pk)


def account_of(user: Any) -> Account:
    """Read the account of a user again."""
    return Account.objects.get(user=user)


def group_names(user: Any) -> list[str]:
    """Read the Django names of a user's groups."""
    table = membership_table()
    rows = table.rows.filter(**{table.user: user.pk})
    return sorted(rows.values_list(f"{table.group}__name", flat=True))


def make_group(name: str, *users: Any) -> Any:
    """Make a Django group by hand, with users put into it by hand."""
    group = group_model()._base_manager.create(name=name)
    for user in users:
        add_by_hand(user, group)
    return group


def add_by_hand(user: Any, group: Any) -> None:
    """Put a user into a Django group as an administrator would."""
    table = membership_table()
    table.rows.create(**{table.user_id: user.pk, table.group_id: group.pk})


def events(*types: str) -> list[Event]:
    """Give the events of these types (all without one), oldest first."""
    found = Event.objects.order_by("id")
    return list(found.filter(type__in=types) if types else found.exclude(type__startswith="connection."))


def event_types() -> list[str]:
    """Give the types of all events that are not about connections, oldest first."""
    return [event.type for event in events()]

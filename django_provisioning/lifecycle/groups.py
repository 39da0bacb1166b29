"""Groups that a connection owns: made, renamed, deleted, and their members changed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from ..conf import settings
from ..exceptions import LinkRefused, NotUnique, UnknownResource
from ..mapping.groups import GroupChanges
from ..mapping.resource_types import group_type
from ..models import Event, GroupLink
from ..models.membership import group_model
from ..protocol.comparison import fold
from . import attribute_values, audit, group_rule
from .context import Context
from .memberships import Delta, current_members, remove
from .naming import group_name_limit, group_names
from .transactions import lock, savepoint, update_fields

_MEMBERS_IN_EVENT = 50


def locked(context: Context, scim_id: str) -> GroupLink:
    """Lock and give a group of the connection [1 query].

    Raises:
        UnknownResource: the connection has no such group.
    """
    link = lock(GroupLink.objects.of(context.required_connection), "self").filter(scim_id=scim_id).first()
    if link is None:
        raise UnknownResource("The resource is not known to this connection.")
    link.connection = context.required_connection
    return link  # type: ignore[no-any-return]


def create(context: Context, changes: GroupChanges, *, ignored: Sequence[str] = ()) -> GroupLink:
    """Make a Django group and its link.

    Raises:
        NotUnique: the connection has a group of this name or externalId.
        LinkRefused: a Django group that no connection owns has the name; it is never taken over silently.
    """
    connection = context.required_connection
    same_name = GroupLink.objects.of(connection).filter(display_name_key=fold(changes.display_name))
    if same_name.exists():
        raise NotUnique(f"displayName {changes.display_name[:100]!r} is in use in this connection.")
    group = _make_group(context, changes.display_name)
    link = GroupLink(
        connection=connection,
        group=group,
        scim_id=str(uuid.uuid4()),
        external_id=changes.external_id,
        display_name=changes.display_name,
        display_name_key=fold(changes.display_name),
        attributes=changes.attributes,
        created_at=context.now,
        updated_at=context.now,
    )
    try:
        with savepoint():
            link.save(force_insert=True)
    except IntegrityError as error:
        raise NotUnique("displayName or externalId is in use by another group of this connection.") from error
    attribute_values.store(link, {}, changes.attributes, group_type())
    described = audit.difference({}, _facts(changes))
    audit.record(context, "group.created", audit.Subject.group(link), changes=described,
                 effects={"ignored": list(ignored)})  # fmt: skip
    return link


def own(context: Context, group: Any, *, display_name: str = "") -> GroupLink:
    """Give the connection a Django group that is there already; its members and its name stay as they are.

    ``display_name`` is what the IdP calls it: the Django name without the connection's prefix if not given. From now on
    the connection decides which of its own people are members, by pushes and by group claims. A group that the
    connection owns already is given back as it is.

    Raises:
        LinkRefused: another connection owns the group.
        NotUnique: the connection has a group of this name.
    """
    connection = context.required_connection
    present = lock(GroupLink.objects.filter(group=group), "self").first()
    if present is not None:
        if present.connection_id == connection.pk:
            return present  # type: ignore[no-any-return]
        raise LinkRefused("Another connection owns this group. A Django group has one owner.")
    django_name = str(getattr(group, settings.GROUP_NAME_FIELD))
    name = display_name or django_name.removeprefix(connection.group_prefix)
    link = GroupLink(
        connection=connection,
        group=group,
        scim_id=str(uuid.uuid4()),
        display_name=name,
        display_name_key=fold(name),
        made_group=False,
        created_at=context.now,
        updated_at=context.now,
    )
    try:
        with savepoint():
            link.save(force_insert=True)
    except IntegrityError as error:
        raise NotUnique(f"displayName {name[:100]!r} is in use, or the group was taken meanwhile.") from error
    changes = audit.difference({}, {"displayName": name, "group": django_name})
    audit.record(context, "group.linked", audit.Subject.group(link), changes=changes)
    return link


def update(
    context: Context, link: GroupLink, changes: GroupChanges, delta: Delta, *, ignored: Sequence[str] = ()
) -> Event | None:
    """Bring a locked group to the desired values; ``delta`` is what already happened to its members.

    Nothing changed: the group is left as it is, and None comes back; members whom this connection does not have
    are recorded all the same, because the directory believes them in. [2 queries, more on a rename]

    Raises:
        NotUnique: the new displayName or externalId is taken in this connection.
    """
    differences = audit.difference(_facts_of(link), _facts(changes))
    if not differences and not delta:
        return _record_unknown(context, link, delta, ignored) if delta.unknown else None
    is_required = group_rule.guards(link)
    if changes.display_name != link.display_name:
        _rename_group(context, link, changes.display_name)
        if is_required:
            group_rule.rename(context, changes.display_name)
    before = link.attributes
    columns: dict[str, Any] = {}
    if differences:
        columns = {
            "display_name": changes.display_name,
            "display_name_key": fold(changes.display_name),
            "external_id": changes.external_id,
            "attributes": changes.attributes,
        }
    try:
        with savepoint():
            update_fields(link, **columns, revision=link.revision + 1, updated_at=context.now)
    except IntegrityError as error:
        raise NotUnique("displayName or externalId is in use by another group of this connection.") from error
    if differences:
        attribute_values.store(link, before, changes.attributes, group_type())
    event = _record(context, link, differences, delta, ignored)
    if is_required:
        group_rule.follow(context, link, delta)
    return event


def delete(context: Context, link: GroupLink) -> Event:
    """Delete a locked group: its members lose it, and the Django group goes if the push made it."""
    members = current_members(link)
    remove(link, list(members.values()))
    subject = audit.Subject.group(link)
    event = audit.record(context, "group.deleted", subject, effects={"members_removed": len(members)})
    if group_rule.guards(link):
        group_rule.follow(context, link, Delta(removed=list(members.values())))
    group, made_group = link.group, link.made_group
    link.delete()
    if made_group:
        group.delete()
    return event


def _facts(changes: GroupChanges) -> dict[str, Any]:
    return {**changes.attributes, "displayName": changes.display_name, "externalId": changes.external_id}


def _facts_of(link: GroupLink) -> dict[str, Any]:
    return {**link.attributes, "displayName": link.display_name, "externalId": link.external_id}


def _record(
    context: Context, link: GroupLink, differences: dict[str, Any], delta: Delta, ignored: Sequence[str]
) -> Event:
    effects = {
        "members_added": len(delta.added),
        "members_removed": len(delta.removed),
        "members_labelled": len(delta.labelled),
        "unknown_members": delta.unknown[:_MEMBERS_IN_EVENT],
        "ignored": list(ignored),
    }
    changes = dict(differences)
    if delta.added or delta.removed:
        added, removed = delta.added[:_MEMBERS_IN_EVENT], delta.removed[:_MEMBERS_IN_EVENT]
        changes["members"] = {"old": removed or None, "new": added or None}
    type_ = "group.updated" if differences else "group.members_changed"
    return audit.record(context, type_, audit.Subject.group(link), changes=changes, effects=effects)


def _record_unknown(context: Context, link: GroupLink, delta: Delta, ignored: Sequence[str]) -> Event:
    effects = {"unknown_members": delta.unknown[:_MEMBERS_IN_EVENT], "ignored": list(ignored)}
    return audit.record(
        context,
        "group.members_unknown",
        audit.Subject.group(link),
        effects=effects,
        outcome=Event.Outcome.WARNING,
    )


def _make_group(context: Context, display_name: str) -> Any:
    model = group_model()
    field = settings.GROUP_NAME_FIELD
    group = model(**{field: _free_name(context, display_name)})
    group.save(force_insert=True)
    return group


def _rename_group(context: Context, link: GroupLink, display_name: str) -> None:
    """Let the Django group follow; a group that was linked, not made, keeps its name."""
    if link.made_group:
        name = _free_name(context, display_name, own=link.group_id)
        update_fields(link.group, **{settings.GROUP_NAME_FIELD: name})


def _free_name(context: Context, display_name: str, own: Any = None) -> str:
    """Give the Django name of a group [1 query when the plain name is free].

    A name that another connection's group has gets a suffix; one of a local group is refused.
    """
    connection = context.required_connection
    field = settings.GROUP_NAME_FIELD
    for name in group_names(display_name, connection, group_name_limit(field)):
        holder = group_model()._base_manager.filter(**{field: name}).exclude(pk=own)
        found = holder.values_list("pk", "provisioning_link__connection").first()
        if found is None:
            return name
        if found[1] is None:
            raise LinkRefused(
                f"A local group is named {name[:100]!r} and no connection owns it. Rename one of the two, give the "
                "connection a group prefix, or let an administrator link them."
            )
    raise AssertionError("No free group name in a hundred attempts.")

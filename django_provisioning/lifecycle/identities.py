"""Inserting and rewriting identity rows, with the searchable attributes beside them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError

from ..exceptions import NotUnique, UnknownResource
from ..mapping.claims import LoginClaims
from ..mapping.fields import user_map
from ..mapping.resource_types import user_type
from ..mapping.users import UserChanges
from ..models import Identity
from ..protocol.comparison import fold
from . import attribute_values
from .context import Context
from .transactions import lock, savepoint, update_fields


def locked(context: Context, scim_id: str) -> Identity:
    """Lock and give an identity that the connection may see, with its user and account [1 query].

    Raises:
        UnknownResource: the connection has no such resource.
    """
    queryset = Identity.objects.of(context.required_connection).select_related("user__provisioning_account")
    identity = lock(queryset, "self", "user").filter(scim_id=scim_id).first()
    if identity is None:
        raise UnknownResource("The resource is not known to this connection.")
    identity.connection = context.required_connection
    return identity  # type: ignore[no-any-return]


def create_user(login_name: str, changes: UserChanges) -> Any:
    """Insert the Django user: no usable password, never privileged [1 query]."""
    mapping = user_map()
    user: Any = mapping.model(
        **{**changes.fields, mapping.login_field: login_name, "is_active": changes.active}
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def create(context: Context, user: Any, changes: UserChanges, **more: Any) -> Identity:
    """Insert the identity that SCIM manages, the columns in ``more``, and searchable attributes [2 queries]."""
    more.setdefault("scim_id", str(uuid.uuid4()))
    identity = Identity(
        connection=context.required_connection,
        user=user,
        external_id=changes.external_id,
        user_name=changes.user_name,
        user_name_key=fold(changes.user_name),
        active=changes.active,
        scim_managed=True,
        attributes=changes.attributes,
        created_at=context.now,
        updated_at=context.now,
        last_synced_at=context.now,
        **more,
    )
    identity.save(force_insert=True)
    attribute_values.store(identity, {}, changes.attributes, user_type())
    return identity


def create_at_login(context: Context, user: Any, changes: UserChanges, claims: LoginClaims) -> Identity:
    """Insert the identity of a first login, its subject bound; SCIM does not manage it yet [2 queries]."""
    identity = Identity(
        connection=context.required_connection,
        user=user,
        scim_id=str(uuid.uuid4()),
        user_name=changes.user_name,
        user_name_key=fold(changes.user_name),
        subject=claims.subject,
        subject_issuer=claims.issuer,
        subject_format=claims.subject_format,
        attributes=changes.attributes,
        created_at=context.now,
        updated_at=context.now,
    )
    identity.save(force_insert=True)
    attribute_values.store(identity, {}, changes.attributes, user_type())
    return identity


def rewrite(context: Context, identity: Identity, changes: UserChanges, **more: Any) -> None:
    """Write what the directory pushed, and the columns in ``more`` [1-3 queries].

    Raises:
        NotUnique: userName or externalId is taken in this connection.
    """
    before = identity.attributes
    try:
        with savepoint():
            update_fields(
                identity,
                external_id=changes.external_id,
                user_name=changes.user_name,
                user_name_key=fold(changes.user_name),
                attributes=changes.attributes,
                revision=identity.revision + 1,
                updated_at=context.now,
                last_synced_at=context.now if identity.scim_managed else identity.last_synced_at,
                **more,
            )
    except IntegrityError as error:
        raise NotUnique("userName or externalId is in use by another resource of this connection.") from error
    attribute_values.store(identity, before, changes.attributes, user_type())


def facts(identity: Identity) -> dict[str, Any]:
    """Give the SCIM attributes that the identity stands for now, flat, as ``UserChanges.facts`` does."""
    own = {"userName": identity.user_name, "externalId": identity.external_id, "active": is_active(identity)}
    return {**own, **identity.attributes}


def is_active(identity: Identity) -> bool:
    """Whether the IdP sees the person as active: the connection says so and the Django user is."""
    return bool(identity.active and identity.user.is_active)

"""Ends what django-oauth-toolkit issued in a person's name: grants, refresh, access and ID tokens.

Its own access check never looks at ``is_active``, and its refresh grant issues new tokens to inactive users: only the
rows' end does. An application that the person registered goes on, with tokens of its own that belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from .base import RowRevoker
from .deletion import delete_rows


class OAuthRevoker(RowRevoker):
    """Deletes the rows, what issues before what is issued; swapped models are followed [9 queries]."""

    kind = "oauth_tokens"
    app = "oauth2_provider"

    def tables(self) -> Sequence[type[Model]]:
        """Give the models, in the order in which the library itself locks them."""
        from oauth2_provider import models  # noqa: PLC0415 - an optional library

        return [
            models.get_grant_model(),
            models.get_device_grant_model(),
            models.get_refresh_token_model(),
            models.get_access_token_model(),
            models.get_id_token_model(),
        ]

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give what is neither expired nor revoked."""
        if any(field.name == "expires" for field in model._meta.fields):
            return model._base_manager.filter(expires__gt=timezone.now())
        return model._base_manager.filter(revoked=None)

    def named(self, model: type[Model], user: Any, keys: Iterable[str]) -> Iterator[QuerySet[Any]]:
        """Yield the rows that origins name; an ID token has none and goes with its access token."""
        _grant, _device, _refresh, access, id_token = self.tables()
        for rows in super().named(model, user, keys):
            others = _id_tokens(rows) if model is access else []
            yield rows
            if others:
                delete_rows(id_token._base_manager.filter(pk__in=others))

    def makes(self, row: Any, *, created: bool) -> bool:
        """Whether a token was made; a device's grant is the person's from the moment of the approval."""
        _grant, device, _refresh, _access, id_token = self.tables()
        return not isinstance(row, id_token) and (created or isinstance(row, device))

    def parents(self, row: Any) -> Iterable[Model]:
        """Give the refresh or access token that the row names, else the newest grants for the same application.

        The exchange of a grant knows no session, and the row it makes does not name the grant.
        """
        kind = type(row)
        grant, device, refresh, access, _id_token = self.tables()
        if kind is refresh and row.access_token is not None:
            yield row.access_token
        if kind is access:
            if row.source_refresh_token is not None:
                yield row.source_refresh_token
            if row.application is not None:
                mine = {"user": row.user_id, "expires__gt": timezone.now()}
                yield from grant._base_manager.filter(application=row.application_id, **mine).order_by("-pk")[
                    :1
                ]
                client = row.application.client_id
                yield from device._base_manager.filter(client_id=client, **mine).order_by("-pk")[:1]


def _id_tokens(rows: QuerySet[Any]) -> list[Any]:
    """Give the keys of the ID tokens that were issued with these access tokens."""
    return list(rows.exclude(id_token=None).values_list("id_token", flat=True))

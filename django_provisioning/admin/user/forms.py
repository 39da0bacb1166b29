"""What the project's own form of a user may not change: it is taken out, and an answer that has it is refused.

A browser sends what the form had when it was opened; a field may have got its owner meanwhile, and a script may send
anything. A silent drop would tell the sender that it was saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.html import escape
from django.utils.translation import gettext as _

from ...lifecycle import memberships, ownership, user_rows
from ...lifecycle.ownership import Owner
from ...models import Account, Identity
from ...models.membership import group_model

if TYPE_CHECKING:
    FormBase = forms.ModelForm[Any]
else:
    FormBase = forms.ModelForm

_LOADED = "live_identities"


def with_identities() -> Prefetch[Any]:
    """Give what loads the live identities, with their connections, of all users of a queryset in one query."""
    live = Identity.objects.filter(live=True).select_related("connection").order_by("connection__slug")
    return Prefetch("provisioning_identities", live, _LOADED)


def identities_of(user: Any) -> list[Identity]:
    """Give the live identities of a user, with their connections [1 query where they are not loaded]."""
    loaded: list[Identity] | None = getattr(user, _LOADED, None)
    if loaded is None:
        loaded = list(Identity.objects.filter(user=user, live=True).select_related("connection"))
        setattr(user, _LOADED, loaded)
    return loaded


def owned_by(user: Any) -> dict[str, Owner]:
    """Give the owned fields of a user by name."""
    return ownership.owned_fields(user, identities_of(user))


def reason_of(owner: Owner) -> str:
    """Say why a field is read-only, and what helps."""
    if owner.way == "login":
        text = _(
            "Owned by connection %(connection)s: each login sets it. Change it in the identity provider."
        )
    else:
        text = _("Owned by connection %(connection)s. Change it in the directory.")
    return text % {"connection": owner.connection.name}


def account_of(user: Any) -> Account | None:
    """Give the account of a user, None for one from before the install [1 query where it is not loaded]."""
    account: Account | None = getattr(user, "provisioning_account", None)
    return account


def read_only(user: Any) -> dict[str, str]:
    """Give the fields of a user that nobody edits here, each with the reason; none of somebody new.

    To what a connection owns comes ``is_active`` of who has left: a return asks for a reason elsewhere.
    """
    if user is None or user.pk is None:
        return {}
    reasons = {name: reason_of(owner) for name, owner in owned_by(user).items()}
    account = account_of(user)
    if account is not None and not user.is_active and account.state != Account.State.ACTIVE:
        reasons["is_active"] = _("State of the account: %(state)s. Reinstate it on its account page.") % {
            "state": account.get_state_display()
        }
    return reasons


def groups_field() -> str | None:
    """Name the user model's many-to-many field to groups; None where the group model declares the relation."""
    fields = get_user_model()._meta.many_to_many
    return next((field.name for field in fields if field.remote_field.model is group_model()), None)


class UserPageForm(FormBase):
    """Stands before the form of the project's user page; ``owned`` and ``password_hint`` are of the user of the page.

    The groups on offer are those that no connection of the person decides, and only the differences are written: a
    group that a directory pushes between the opening of the page and its answer stays.
    """

    owned: ClassVar[Mapping[str, Owner]] = {}
    password_hint: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded = user_rows.loaded_values(self.instance)
        if self.password_hint and "password" in self.fields:
            self.fields["password"].help_text = escape(self.password_hint)
        self._groups_before: set[Any] = set()
        name = groups_field()
        if name is not None and name in self.fields:
            self._offer_local_groups(name)

    def _offer_local_groups(self, name: str) -> None:
        field: Any = self.fields[name]
        foreign = ownership.groups_decided_elsewhere(self.instance, identities_of(self.instance))
        field.queryset = field.queryset.exclude(pk__in=foreign.values("pk"))
        kept = set(foreign.values_list("pk", flat=True))
        self.initial[name] = [group for group in self.initial.get(name, ()) if group.pk not in kept]
        self._groups_before = {group.pk for group in self.initial[name]}

    def clean(self) -> Any:
        """Refuse other values for what a connection owns."""
        cleaned = super().clean()
        _refuse_other_values(self, {name: reason_of(owner) for name, owner in self.owned.items()})
        return cleaned

    def _save_m2m(self) -> None:
        name = groups_field()
        if name is None or name not in self.cleaned_data:
            super()._save_m2m()  # type: ignore[misc]
            return
        chosen = self.cleaned_data.pop(name)
        super()._save_m2m()  # type: ignore[misc]
        self.cleaned_data[name] = chosen
        wanted = {group.pk for group in chosen}
        memberships.put_into(self.instance, wanted - self._groups_before)
        memberships.take_out_of(self.instance, self._groups_before - wanted)


class UserRowForm(FormBase):
    """Stands before the form of a row of the project's list (``list_editable``): what is read-only on the page is here.

    ``is_active`` of who has left is one of them, so a list is no way round the reason that a return asks for.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded = user_rows.loaded_values(self.instance)
        shut = read_only(self.instance)
        self._shut = {name: reason for name, reason in shut.items() if name in self.fields}
        for name, reason in self._shut.items():
            self.fields[name].disabled = True
            self.fields[name].widget.attrs["title"] = reason

    def clean(self) -> Any:
        """Refuse other values for what is read-only."""
        cleaned = super().clean()
        _refuse_other_values(self, self._shut)
        return cleaned


def _refuse_other_values(form: Any, shut: Mapping[str, str]) -> None:
    for name, reason in shut.items():
        sent_as = form.add_prefix(name)
        if sent_as in form.data and _differs(form, name, sent_as):
            label = form.instance._meta.get_field(name).verbose_name
            text = _("%(field)s was not changed. %(reason)s") % {"field": label, "reason": reason}
            form.add_error(name if name in form.fields else None, ValidationError(text, code="owned"))


def _differs(form: Any, name: str, sent_as: str) -> bool:
    field = form.instance._meta.get_field(name).formfield()
    if field is None:
        return False
    sent = field.widget.value_from_datadict(form.data, form.files, sent_as)
    return bool(field.has_changed(field.prepare_value(getattr(form.instance, name)), sent))

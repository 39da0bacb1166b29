"""What is asked of a person who sets owner or kind of several accounts. Checks what was typed, allows nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from ...models import Account
from ..forms import BatchForm


class OwnerForm(BatchForm):
    """Who answers for the accounts from now on."""

    owner = forms.CharField(
        label=_("Owner"),
        max_length=255,
        required=False,
        help_text=_("Login name of the person who answers for these accounts. Empty: nobody does."),
    )
    field_order = ("owner", "confirmed_count", "reason")

    def clean_owner(self) -> Any:
        """Find the user of that login name, who must be there to answer."""
        name = self.cleaned_data["owner"].strip()
        if not name:
            return None
        users: Any = get_user_model()
        found = users._default_manager.filter(**{users.USERNAME_FIELD: name}).first()
        if found is None:
            raise forms.ValidationError(_("Nobody has this login name."))
        if not found.is_active:
            raise forms.ValidationError(_("This person is not active, and cannot answer for an account."))
        return found

    def answers(self) -> dict[str, str]:
        """Give the key of the owner."""
        owner = self.cleaned_data["owner"]
        return {"owner": "" if owner is None else str(owner.pk)}

    @staticmethod
    def restored(answers: dict[str, str]) -> dict[str, Any]:
        """Read the owner again; one who was deleted meanwhile stops the batch [0-1 queries]."""
        key = answers["owner"]
        return {"owner": get_object_or_404(get_user_model()._default_manager, pk=key) if key else None}


class KindForm(BatchForm):
    """What kind the accounts are."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        # Self-tests make their own accounts; nobody else is one.
        choices=[choice for choice in Account.Kind.choices if choice[0] != Account.Kind.TEST],
        widget=forms.RadioSelect,
        help_text=_(
            "The stale-account policy ends people only. A break-glass account is never changed or locked out by an IdP."
        ),
    )
    field_order = ("kind", "confirmed_count", "reason")

    def answers(self) -> dict[str, str]:
        """Give the kind."""
        return {"kind": self.cleaned_data["kind"]}

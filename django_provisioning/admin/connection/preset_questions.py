"""Three questions before a connection is made, and the preset that the answers recommend.

How often roles change says whether logins alone keep up. How closely access must follow the directory says whether a
login may decide at all. Whether something else ends access says what happens when nobody tells of a leaver. Nothing is
decided by it: the form below the questions shows the recommended preset, and any other can be chosen. What was
answered, recommended and chosen stands in the event ``connection.created``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..forms import ConnectionForm

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

QUESTIONS: Mapping[str, tuple[Text, Mapping[str, Text]]] = {
    "role_changes": (
        _("How often do people change roles or teams?"),
        {"rarely": _("Rarely"), "often": _("Often, or it matters when they do")},
    ),
    "follows": (
        _("How closely must access follow the directory?"),
        {
            "next_login": _("The next login is soon enough"),
            "day": _("Within a day"),
            "at_once": _("At once"),
        },
    ),
    "ends_elsewhere": (
        _("Does something else end access when a person leaves?"),
        {
            "no": _("No, this connection has to"),
            "yes": _("Yes: another control does, and somebody answers for it"),
        },
    ),
}
_REASONS: Mapping[str, Text] = {
    "jit_only": _(
        "Roles rarely change, the next login is soon enough, and something else ends access. A login makes and "
        "refreshes the account; sessions stay short."
    ),
    "jit_then_scim": _(
        "Something else ends access, so logins can make the accounts; connect the directory next, because role changes "
        "reach a person’s access only through it or at the next login."
    ),
    "scim_authoritative": _(
        "Access must follow the directory closely, so the directory alone decides who may come in, and a login changes "
        "nothing."
    ),
    "regulated": _(
        "Access must follow the directory at once and nothing else would end it: the directory alone decides, sessions "
        "are short, unused accounts are reported, and many leavers at once halt the writes."
    ),
    "offboarding_first": _(
        "Nothing else ends access, and a login never tells that a person left: logins may make accounts, but the "
        "directory has to see them all and end them. Connect it before people depend on this."
    ),
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A preset, and why."""

    preset: str
    reason: Text


def recommend(answers: Mapping[str, str]) -> Recommendation:
    """Give the preset for three answers."""
    preset = _preset(answers["role_changes"], answers["follows"], answers["ends_elsewhere"])
    return Recommendation(preset, _REASONS[preset])


def _preset(role_changes: str, follows: str, ends_elsewhere: str) -> str:
    match follows, ends_elsewhere:
        case "at_once", "no":
            return "regulated"
        case "at_once", _:
            return "scim_authoritative"
        case "day", _ if role_changes == "often":
            return "scim_authoritative"
        case _, "no":
            return "offboarding_first"
        case "next_login", _ if role_changes == "rarely":
            return "jit_only"
        case _:
            return "jit_then_scim"


class QuestionForm(forms.Form):
    """The questions; a GET form, because asking changes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, choices) in QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                label=label, choices=list(choices.items()), widget=forms.RadioSelect, required=False
            )

    def recommendation(self) -> Recommendation | None:
        """Give the recommendation, None while an answer is missing."""
        if not self.is_valid() or not all(self.cleaned_data.values()):
            return None
        return recommend(self.cleaned_data)


class NewConnectionForm(ConnectionForm):
    """The form of a new connection; it carries the answers along."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (_label, choices) in QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                choices=[("", ""), *choices.items()], widget=forms.HiddenInput, required=False
            )

    def reasons(self) -> dict[str, str]:
        """Give what the event keeps: the answers, what they recommend and what was chosen; nothing where none is."""
        answers = {name: self.cleaned_data.get(name) or "" for name in QUESTIONS}
        if not all(answers.values()):
            return {}
        chosen = self.cleaned_data.get("preset") or "none"
        return {**answers, "recommended_preset": recommend(answers).preset, "preset": chosen}

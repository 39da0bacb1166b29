"""Forms of the admin pages. They check what a person typed; what is allowed is the lifecycle's decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..lifecycle.connections import IDPS
from ..lifecycle.policy_shapes import problem_of
from ..lifecycle.presets import PRESETS, policies_of
from ..lifecycle.tokens import LONGEST_LIFETIME_DAYS, SCOPES
from ..models import Account, Connection, Event
from .granting import groups_beyond

if TYPE_CHECKING:
    ConnectionModelForm = forms.ModelForm[Connection]
    AccountModelForm = forms.ModelForm[Account]
else:
    ConnectionModelForm = AccountModelForm = forms.ModelForm

_JSON_POLICIES = (
    "attribute_sync", "required_claims", "allowed_email_domains", "default_groups", "privilege_rules",
)  # fmt: skip
_JUDGED = (*_JSON_POLICIES, "signing_keys_url")
_LONGEST_OVERLAP_HOURS = 30 * 24


class ConnectionForm(ConnectionModelForm):
    """A connection with its policies; ``person`` is who fills it in."""

    person: ClassVar[Any] = None

    preset = forms.ChoiceField(
        label=_("Preset"),
        required=False,
        help_text=_("Sets a whole group of policies at once, over what stands below."),
    )
    idp = forms.ChoiceField(
        label=_("Identity provider"),
        help_text=_("Known deviations of this product from the standard are tolerated."),
    )

    class Meta:
        model = Connection
        fields = (
            "name", "slug", "idp", "enabled", "linking", "delete_mode", "visibility", "group_prefix",
            "manages_privileged", "strict", "required_group", "mass_leave_percent", "mass_leave_minutes",
            "mass_leave_halts",
            "saml_entity_id", "oidc_issuer", "oidc_client_id", "signing_keys_url",
            "revocation_issuer", "jit", "attribute_sync", "required_claims",
            "allowed_email_domains", "seat_limit", "session_max_age_seconds", "stale_after_days",
            "stale_action", "stale_warning_days", "default_groups",
            "group_sync", "privilege_rules", "responsible",
        )  # fmt: skip
        help_texts = {
            "slug": _("Names the connection in commands and events. It cannot be changed later."),
            "enabled": _(
                "A disabled connection refuses every token and login. Accounts stay as they are; "
                "“End this connection” asks what becomes of them."
            ),
            "required_group": _(
                "Name of a group that this IdP pushes. Who is taken out of it loses access, and gets it back when put "
                "in again. Empty: no such rule."
            ),
            "linking": _(
                "Whether a person whom the IdP pushes may take over an account that was there before."
            ),
            "delete_mode": _("What a DELETE of the IdP does. Access ends in both cases."),
            "group_prefix": _("Put before the names of the Django groups that this IdP pushes."),
            "manages_privileged": _(
                "Lets this IdP change and lock out staff, superusers and break-glass accounts. Leave it off."
            ),
            "strict": _("Turns off what is forgiven to IdPs that do not follow the RFC to the letter."),
            "mass_leave_percent": _(
                "Share of the people of this connection, 0 to 100. 0 turns the alarm off."
            ),
            "mass_leave_halts": _(
                "After an alarm the IdP is told to try later until somebody releases it here."
            ),
            "oidc_issuer": _("Exactly as the provider's tokens name it. Needs the client id as well."),
            "signing_keys_url": _(
                "Where the provider publishes its keys (jwks_uri). Needed for log-out and revocation by the provider, "
                "unless the project's OIDC settings name this provider."
            ),
            "revocation_issuer": _(
                "Who signs Global Token Revocation requests, where that is not the OIDC issuer, "
                "e.g. https://example.okta.com."
            ),
            "jit": _("What a login of somebody does whom nobody knows yet."),
            "attribute_sync": _(
                'Attribute to "always", "empty_only" or "never", and "default" for the others. '
                "What SCIM manages is never changed by a login."
            ),
            "required_claims": _(
                'Claim to the list of allowed values, e.g. {"aal": ["2"]}. An empty list allows any.'
            ),
            "allowed_email_domains": _('A list, e.g. ["example.com"]. Empty allows every domain.'),
            "default_groups": _("A list of Django groups that accounts made by a login are put into."),
            "group_sync": _("Only groups that this connection owns are touched."),
            "privilege_rules": _(
                'Group claim to "staff" or "superuser". Counts only where the connection manages staff and superusers.'
            ),
            "session_max_age_seconds": _("Sessions end after so long whatever happens. Empty sets no limit."),
            "stale_after_days": _("Days without a sign of life. Empty: nobody becomes stale."),
            "stale_action": _("What provisioning_run does then. Read its reports before you let it suspend."),
            "stale_warning_days": _("An event and a signal tell of an account so many days before."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A view-only page has no editable fields.
        if "idp" in self.fields:
            present = self.instance.idp
            unknown = {} if present in IDPS else {present: present}
            field: Any = self.fields["idp"]
            field.choices = list({**IDPS, **unknown}.items())
            presets: Any = self.fields["preset"]
            presets.choices = [("", _("Leave the policies as they are")), *((name, name) for name in PRESETS)]

    def clean(self) -> dict[str, Any]:
        """Put the preset over the fields, and refuse malformed policies beside the form, not after it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in _JSON_POLICIES:
            if cleaned.get(name, False) is None:
                cleaned[name] = getattr(Connection(), name)
        if cleaned.get("preset"):
            cleaned |= policies_of(cleaned["preset"])
        judged = Connection(**{name: cleaned[name] for name in _JUDGED if name in cleaned})
        if problem := problem_of(judged):
            raise forms.ValidationError(problem)
        if bool(cleaned.get("oidc_issuer")) != bool(cleaned.get("oidc_client_id")):
            raise forms.ValidationError(_("The OIDC issuer and the client id go together."))
        added = set(cleaned.get("default_groups") or ()) - set(self.initial.get("default_groups") or ())
        if beyond := groups_beyond(self.person, added):
            text = _("Only a superuser, or who has their permissions, may hand out these groups: %(names)s.")
            self.add_error("default_groups", forms.ValidationError(text, params={"names": ", ".join(beyond)}))
        return cleaned


class AccountForm(AccountModelForm):
    """The two facts about an account that people decide."""

    class Meta:
        model = Account
        fields = ("kind", "owner")
        help_texts = {
            "kind": _("A break-glass account is never changed or locked out by an IdP."),
            "owner": _("Who answers for the account, above all for a service account."),
        }

    def clean_kind(self) -> str:
        """Refuse the kind of a self-test's people: policies and figures leave them out."""
        kind: str = self.cleaned_data["kind"]
        if kind == Account.Kind.TEST and "kind" in self.changed_data:
            raise forms.ValidationError(_("Self-tests make their own accounts; nobody else is one."))
        return kind


class OperationForm(forms.Form):
    """No question: the button is the answer."""

    required_css_class = "required"


class IssueTokenForm(OperationForm):
    """What a new token may do, from where and until when."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Where you will paste it, e.g. “Okta production”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope, scope) for scope in SCOPES],
        initial=SCOPES,
        widget=forms.CheckboxSelectMultiple,
    )
    allowed_cidrs = forms.CharField(
        label=_("Allowed networks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        help_text=_("One per line, e.g. 192.0.2.0/24. Empty allows every address."),
    )
    lifetime_days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=LONGEST_LIFETIME_DAYS, required=False
    )
    never_expires = forms.BooleanField(
        label=_("Never expires"),
        required=False,
        help_text=_("Only where the IdP cannot be given a new token. A system check warns of it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lifetime_days"].initial = settings.TOKEN_LIFETIME_DAYS

    def clean(self) -> dict[str, Any]:
        """Require an expiry or the explicit wish for none."""
        answers: dict[str, Any] = super().clean() or {}
        missing = not self.errors and answers.get("lifetime_days") is None
        if missing and not answers.get("never_expires"):
            self.add_error("lifetime_days", _("Say in how many days it expires."))
        return answers

    def terms(self) -> dict[str, Any]:
        """Give the arguments of ``tokens.issue``."""
        answers = self.cleaned_data
        never = answers["never_expires"]
        return {
            "name": answers["name"],
            "scopes": answers["scopes"],
            "allowed_cidrs": answers["allowed_cidrs"].split(),
            "lifetime": None if never else timedelta(days=answers["lifetime_days"]),
            "never_expires": never,
        }


class RotateTokenForm(OperationForm):
    """How long the old token lives on."""

    overlap_hours = forms.IntegerField(
        label=_("Hours that the old token lives on"),
        min_value=0,
        max_value=_LONGEST_OVERLAP_HOURS,
        help_text=_("Time to paste the new token into the IdP. 0 if the old one has leaked."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlap_hours"].initial = settings.TOKEN_OVERLAP_HOURS


class ReasonForm(OperationForm):
    """Why; it stands in the event."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=Event._meta.get_field("reason").max_length,
        help_text=_("Stands in the audit trail, e.g. a ticket number."),
        widget=forms.TextInput(attrs={"size": 60}),
    )


class ConnectionEndForm(ReasonForm):
    """What becomes of the people of a connection that ends."""

    accounts = forms.ChoiceField(
        label=_("Accounts"),
        choices=[
            ("keep", _("Keep: accounts, sessions and tokens stay as they are")),
            ("suspend", _("Suspend: access ends until an administrator reinstates")),
            ("offboard", _("Offboard: access ends for good, as if the IdP had removed everybody")),
        ],
        widget=forms.RadioSelect,
    )
    delete = forms.BooleanField(
        label=_("Delete the connection"),
        required=False,
        help_text=_("With its tokens, identities and group links. Users, Django groups and history stay."),
    )
    confirmed_count = forms.IntegerField(
        label=_("Type the number of people to confirm"), required=False, localize=False
    )
    field_order = ("accounts", "delete", "confirmed_count", "reason")

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count

    def clean(self) -> dict[str, Any]:
        """Require the number of people where their access ends."""
        answers: dict[str, Any] = super().clean() or {}
        ends = answers.get("accounts") in ("suspend", "offboard")
        if ends and answers.get("confirmed_count") != self.count:
            self.add_error("confirmed_count", _("This is not the number of people whose access ends."))
        return answers


class DomainForm(OperationForm):
    """An e-mail domain that somebody has verified."""

    domain = forms.RegexField(
        label=_("E-mail domain"),
        regex=r"^@?[^\s@/]+\.[^\s@/.]+$",
        max_length=253,
        help_text=_("E.g. example.com. Enter it only if you know that it belongs to this customer."),
    )


class BatchForm(ReasonForm):
    """A reason for many accounts at once; for very many the number is typed as a confirmation."""

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        if count > self.MOST_WITHOUT_CONFIRMATION:
            self.fields["confirmed_count"] = forms.IntegerField(
                label=_("Type the number of accounts to confirm"), localize=False
            )

    MOST_WITHOUT_CONFIRMATION = 50

    def clean_confirmed_count(self) -> int:
        """Require the number of accounts."""
        typed: int = self.cleaned_data["confirmed_count"]
        if typed != self.count:
            raise forms.ValidationError(_("This is not the number of selected accounts."))
        return typed

    def answers(self) -> dict[str, str]:
        """Give what was decided beside the reason, as texts that a page can carry on to the next request."""
        return {}

    @staticmethod
    def restored(answers: dict[str, str]) -> dict[str, Any]:
        """Give the answers as the verb takes them."""
        return dict(answers)

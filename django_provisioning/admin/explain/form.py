"""What is asked on the page "explain": about a person whom a connection knows, or a login or request pasted as JSON.

A secret has no business in a rehearsal. What looks like one is refused, and not even shown again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...conf import settings
from ...mapping.claims import claim_names
from ...mapping.users import value_at
from ...models import Connection, Identity
from ...protocol.errors import ScimError
from ...protocol.messages import PATCH_OP_URN
from ...protocol.reading import BodyLimits, read_json
from ..forms import OperationForm

ABOUT_A_PERSON = (
    ("login", _("What would a login of this person do now?")),
    ("deactivate", _("What would happen if the directory deactivated this person?")),
    ("activate", _("What would happen if the directory activated this person?")),
    ("delete", _("What would happen if the directory deleted this person?")),
)
PASTED = (
    ("oidc", _("What would a login with these OpenID Connect claims do?")),
    ("saml", _("What would a login with this SAML assertion do?")),
    ("scim", _("What would this SCIM request do?")),
)
_DOORS = frozenset(dict(PASTED))
_SECRET_NAMES = frozenset(
    {
        "accesstoken", "refreshtoken", "idtoken", "password", "clientsecret", "secret", "assertion", "samlresponse",
        "authorization", "cookie", "sessionid", "sessionkey", "apikey",
    }
)  # fmt: skip
# A JWT, our own tokens, a bearer header, a key, an assertion: each as it would be pasted by mistake.
_SECRET_TEXTS = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.|\b[A-Za-z0-9]{1,20}_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}|\bBearer\s+\S{16}"
    r"|-----BEGIN |<\w*:?(?:Assertion|Response)\b"
)
_PLACEHOLDER = '{"sub": "4711", "preferred_username": "ada@example.com", "email": "ada@example.com"}'


class ExplainForm(OperationForm):
    """A question. ``connections`` may be asked; ``identities`` are those of the person.

    On a connection's page there are none, and the connection ``is_fixed``.
    """

    question = forms.ChoiceField(label=_("Question"), widget=forms.RadioSelect)
    connection = forms.ChoiceField(label=_("Connection"))
    document = forms.CharField(
        label=_("Claims or request, as JSON"),
        required=False,
        strip=True,
        widget=forms.Textarea(
            attrs={"rows": 10, "cols": 80, "spellcheck": "false", "placeholder": _PLACEHOLDER}
        ),
        help_text=_(
            "OpenID Connect: the claims. SAML: name_id, name_id_format and attributes. SCIM: a resource to POST, or "
            "method, path and body. It is tried, and neither stored nor logged. Paste no token and no password."
        ),
    )

    def __init__(
        self,
        *args: Any,
        connections: Sequence[Connection],
        identities: Sequence[Identity],
        is_fixed: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.connections = {str(one.pk): one for one in connections}
        self.identities = {str(one.connection_id): one for one in identities if one.live}
        question: Any = self.fields["question"]
        question.choices = [*(ABOUT_A_PERSON if self.identities else ()), *PASTED]
        question.initial = question.choices[0][0]
        choice: Any = self.fields["connection"]
        choice.choices = [(key, one.name) for key, one in self.connections.items()]
        choice.initial = next(iter([*self.identities, *self.connections]), None)
        if is_fixed:
            choice.widget = forms.HiddenInput()

    def clean_document(self) -> Any:
        """Read the JSON object, None where nothing was pasted; refuse secrets without repeating them."""
        text = self.cleaned_data["document"]
        if not text:
            return None
        if _SECRET_TEXTS.search(text):
            raise self._refused_secret()
        limits = BodyLimits(max_bytes=settings.MAX_BODY_BYTES, max_depth=settings.MAX_JSON_DEPTH)
        try:
            found = read_json(text.encode(errors="replace"), limits)
        except ScimError as error:
            raise forms.ValidationError(
                _("This is no JSON: %(why)s"), params={"why": error.detail}
            ) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("A JSON object is needed: {…}."))
        if any(_is_secret(name, value) for name, value in _members(found)):
            raise self._refused_secret()
        return found

    def clean(self) -> dict[str, Any]:
        """Require what the question is about."""
        answers: dict[str, Any] = super().clean() or {}
        question, chosen = answers.get("question"), answers.get("connection")
        if self.errors or question is None or chosen is None:
            return answers
        if question in _DOORS and answers["document"] is None:
            self.add_error("document", _("Paste what the question is about."))
        if question not in _DOORS and chosen not in self.identities:
            self.add_error(
                "connection", _("This connection does not know the person: paste what it would send.")
            )
        if question == "login" and chosen in self.identities and _door_of(self.connections[chosen]) is None:
            self.add_error("connection", _("This connection names no issuer: nobody logs in through it."))
        return answers

    def asked(self) -> tuple[Connection, dict[str, Any], Any]:
        """Give the connection, the document and the door that the question means."""
        answers = self.cleaned_data
        connection, question = self.connections[answers["connection"]], answers["question"]
        if question in _DOORS:
            return connection, answers["document"], question
        identity = self.identities[answers["connection"]]
        if question == "login":
            door = _door_of(connection)
            return connection, _login_of(identity, connection, door), door
        return connection, _push_of(identity, question), "scim"

    def _refused_secret(self) -> forms.ValidationError:
        self.data = {**self.data.dict(), self.add_prefix("document"): ""}  # type: ignore[attr-defined]
        return forms.ValidationError(
            _(
                "This holds a token, a password or a signed assertion. Take it out: an explanation needs no secret."
            )
        )


def _door_of(connection: Connection) -> str | None:
    if connection.oidc_issuer:
        return "oidc"
    return "saml" if connection.saml_entity_id else None


def _login_of(identity: Identity, connection: Connection, door: str | None) -> dict[str, Any]:
    """Give a login as the connection last knew the person; before the first one the name stands for the subject."""
    attributes = {"userName": identity.user_name, **identity.attributes}
    found = {path: value_at(attributes, path) for path in claim_names()}
    claims = {claim_names()[path][0]: value for path, value in found.items() if value is not None}
    subject = identity.subject or identity.external_id or identity.user_name
    if door == "saml":
        values = {name: [value] for name, value in claims.items()}
        return {"name_id": subject, "name_id_format": identity.subject_format or None, "attributes": values}
    verified = {"email_verified": True} if "email" in claims else {}
    return {"iss": connection.oidc_issuer, "sub": subject, **claims, **verified}


def _push_of(identity: Identity, question: str) -> dict[str, Any]:
    path = f"/Users/{identity.scim_id}"
    if question == "delete":
        return {"method": "DELETE", "path": path}
    operation = {"op": "replace", "path": "active", "value": question == "activate"}
    body = {"schemas": [PATCH_OP_URN], "Operations": [operation]}
    return {"method": "PATCH", "path": path, "body": body}


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every named value of a document, however deep; the reader has limited the depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name, inner
            yield from _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)


def _is_secret(name: str, value: Any) -> bool:
    """Whether a member holds a secret by its name; ``id_token`` with the claims in it is none, nor is a path."""
    folded = re.sub(r"[^a-z]", "", name.rpartition(":")[2].lower())
    is_named = folded in _SECRET_NAMES and isinstance(value, str) and bool(value)
    is_path = name.lower() == "path" and isinstance(value, str)
    return is_named or (is_path and value.rpartition(":")[2].strip().lower() == "password")

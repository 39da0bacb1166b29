"""A SAML 2.0 identity provider on pysaml2: signed responses and assertions, a page to pick a person, single logout.

``python -m example_project.identity_providers.saml --port 8801 --sp-metadata http://localhost:8000/saml2/metadata/``
writes its own metadata where ``--metadata-file`` says and serves it at ``/metadata``. It needs ``xmlsec1``.
"""

from __future__ import annotations

import argparse
import base64
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.s_utils import SamlException, UnknownSystemEntity, UnravelError, UnsupportedBinding
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID
from saml2.samlp import response_from_string
from saml2.server import Server

from . import pages
from .keys import KeyPair, write_key_pair
from .people import PEOPLE, Person
from .serving import LocalServer, Reply, Request

_COOKIE = "saml_idp"
_SESSION_HOURS = 8


@dataclass(frozen=True, slots=True)
class Visit:
    """A session that this provider opened at a service, for single logout."""

    sp_entity_id: str
    name_id: NameID
    session_index: str


class SamlIdentityProvider:
    """One IdP with its people. ``entity_id`` is the address of its metadata."""

    def __init__(self, url: str, keys: KeyPair, people: Iterable[Person] = PEOPLE) -> None:
        self.url = url
        self.entity_id = f"{url}/metadata"
        self.people = {person.key: person for person in people}
        self.server = Server(config=IdPConfig().load(_configuration(url, self.entity_id, keys)))
        self._visits: dict[str, list[Visit]] = {}

    @property
    def metadata(self) -> str:
        """The metadata that a service provider needs."""
        return str(entity_descriptor(self.server.config))

    def add_service_provider(self, metadata: str) -> None:
        """Trust the service provider that this metadata describes."""
        self.server.metadata.load("inline", metadata)

    def answer(self, request: Request) -> Reply:
        """Answer a request over HTTP."""
        actions: Mapping[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/"): self._start,
            ("GET", "/metadata"): lambda _: Reply(self.metadata, content_type="application/samlmetadata+xml"),
            ("GET", "/sso"): self._ask_who,
            ("POST", "/sso"): self._ask_who,
            ("POST", "/login"): self._log_in,
            ("POST", "/start"): self._open_application,
            ("GET", "/slo"): self._single_logout,
            ("GET", "/logout"): self._log_out_everywhere,
            ("GET", "/end"): lambda _: pages.choose_person("End sessions", self.people.values(), "/end", {}),
            ("POST", "/end"): self._end_sessions,
        }
        action = actions.get((request.method, request.path))
        if action is None:
            return pages.message("Not found", "There is nothing here.", 404)
        try:
            return action(request)
        except (SamlException, UnknownSystemEntity, UnravelError, UnsupportedBinding, KeyError) as error:
            return pages.message(
                "Bad request", f"This is no request of a known service: {type(error).__name__}.", 400
            )

    def respond(self, person: Person, **more: Any) -> str:
        """Give a signed response with a signed assertion; the arguments are those of ``respond_unsigned``."""
        return str(self.respond_unsigned(person, sign_response=True, sign_assertion=True, **more))

    def respond_unsigned(
        self,
        person: Person,
        *,
        sp_entity_id: str,
        destination: str,
        in_response_to: str | None = None,
        **more: Any,
    ) -> Any:
        """Give a response as pysaml2's object; ``more`` goes to pysaml2 in place of the usual values."""
        facts: dict[str, Any] = {
            "identity": person.saml_attributes(),
            "name_id": NameID(
                format=NAMEID_FORMAT_PERSISTENT, text=person.key, name_qualifier=self.entity_id
            ),
            "userid": person.key,
            "authn": {"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_auth": self.entity_id},
            "sign_response": False,
            "sign_assertion": False,
            "session_not_on_or_after": _in_hours(_SESSION_HOURS),
        }
        return self.server.create_authn_response(
            in_response_to=in_response_to,
            destination=destination,
            sp_entity_id=sp_entity_id,
            **{**facts, **more},
        )

    def logout_request(self, visit: Visit, binding: str, **more: Any) -> Any:
        """Give a LogoutRequest for a session at a service; ``more`` goes to pysaml2 in place of the usual values.

        It is signed inside, but for the redirect binding, where the query string is.
        """
        endpoint = self.server.metadata.single_logout_service(visit.sp_entity_id, binding, "spsso")
        facts: dict[str, Any] = {
            "destination": endpoint[0]["location"] if endpoint else "",
            "name_id": visit.name_id,
            "session_indexes": [visit.session_index],
            "sign": binding != BINDING_HTTP_REDIRECT,
        }
        _, message = self.server.create_logout_request(
            issuer_entity_id=visit.sp_entity_id, **{**facts, **more}
        )
        return message

    def visits_of(self, key: str) -> list[Visit]:
        """Give the sessions that a person has at services."""
        return [visit for visits in self._visits.values() for visit in visits if visit.name_id.text == key]

    def service_addresses(self) -> dict[str, str]:
        """Give the entity ids of the known services with the address that takes responses."""
        store = self.server.metadata
        found = {}
        for entity_id in store.with_descriptor("spsso"):
            endpoints = store.assertion_consumer_service(entity_id, BINDING_HTTP_POST)
            found[entity_id] = endpoints[0]["location"]
        return found

    def _start(self, _request: Request) -> Reply:
        return pages.choose_person("Applications", self.people.values(), "/start", {})

    def _ask_who(self, request: Request) -> Reply:
        sent = request.query or request.form
        binding = BINDING_HTTP_REDIRECT if request.query else BINDING_HTTP_POST
        self.server.parse_authn_request(sent["SAMLRequest"], binding)
        fields = {
            "SAMLRequest": sent["SAMLRequest"],
            "RelayState": sent.get("RelayState", ""),
            "binding": binding,
        }
        return pages.choose_person("Log in", self.people.values(), "/login", fields)

    def _log_in(self, request: Request) -> Reply:
        parsed = self.server.parse_authn_request(request.form["SAMLRequest"], request.form["binding"])
        asked = self.server.response_args(parsed.message, [BINDING_HTTP_POST])
        xml = self.respond(
            self.people[request.form["person"]],
            sp_entity_id=asked["sp_entity_id"],
            destination=asked["destination"],
            in_response_to=asked["in_response_to"],
        )
        return self._deliver(
            request, xml, asked["sp_entity_id"], asked["destination"], request.form["RelayState"]
        )

    def _open_application(self, request: Request) -> Reply:
        """Log in to the first known service without its asking (SAML Profiles §4.1.5)."""
        sp_entity_id, destination = next(iter(self.service_addresses().items()))
        person = self.people[request.form["person"]]
        xml = self.respond(person, sp_entity_id=sp_entity_id, destination=destination)
        return self._deliver(request, xml, sp_entity_id, destination, "")

    def _deliver(
        self, request: Request, xml: str, sp_entity_id: str, destination: str, relay_state: str
    ) -> Reply:
        fields = {"SAMLResponse": _encoded(xml)}
        if relay_state:
            fields["RelayState"] = relay_state
        page = pages.post_to(destination, fields)
        session = request.cookie(_COOKIE) or secrets.token_urlsafe(16)
        self._visits.setdefault(session, []).append(_visit(xml, sp_entity_id))
        cookie = f"{_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax"
        return Reply(page.body, headers={**page.headers, "Set-Cookie": cookie})

    def _single_logout(self, request: Request) -> Reply:
        """Answer a service's LogoutRequest, or go on after the answer to ours (SAML Profiles §4.4)."""
        if "SAMLResponse" in request.query:
            return self._log_out_everywhere(request)
        parsed = self.server.parse_logout_request(request.query["SAMLRequest"], BINDING_HTTP_REDIRECT)
        asked = self.server.response_args(parsed.message, [BINDING_HTTP_REDIRECT])
        self._forget(request, parsed.message.issuer.text)
        response = self.server.create_logout_response(parsed.message, [BINDING_HTTP_REDIRECT])
        sent = self.server.apply_binding(
            BINDING_HTTP_REDIRECT,
            str(response),
            asked["destination"],
            request.query.get("RelayState", ""),
            response=True,
        )
        return Reply.redirect(dict(sent["headers"])["Location"])

    def _log_out_everywhere(self, request: Request) -> Reply:
        """Send the browser to the next service that has a session, until there is none."""
        visits = self._visits.get(request.cookie(_COOKIE), [])
        if not visits:
            return pages.message("Logged out", "You are logged out everywhere.")
        visit = visits.pop()
        message = self.logout_request(visit, BINDING_HTTP_REDIRECT)
        sent = self.server.apply_binding(BINDING_HTTP_REDIRECT, str(message), message.destination, sign=True)
        return Reply.redirect(dict(sent["headers"])["Location"])

    def _end_sessions(self, request: Request) -> Reply:
        """Tell every service server to server, with no browser of the person (SAML Bindings §3.2)."""
        for visit in self.visits_of(request.form["person"]):
            message = self.logout_request(visit, BINDING_SOAP)
            sent = self.server.apply_binding(BINDING_SOAP, str(message), sign=False)
            address = self.server.metadata.single_logout_service(visit.sp_entity_id, BINDING_SOAP, "spsso")
            answer = requests.post(
                address[0]["location"], sent["data"], headers={"Content-Type": "text/xml"}, timeout=10
            )
            if not answer.ok:
                return pages.message("Not everywhere", f"{visit.sp_entity_id} answers {answer.status_code}.")
        return pages.message("Ended", "Every service was told.")

    def _forget(self, request: Request, sp_entity_id: str) -> None:
        visits = self._visits.get(request.cookie(_COOKIE), [])
        visits[:] = [visit for visit in visits if visit.sp_entity_id != sp_entity_id]


def _visit(xml: str, sp_entity_id: str) -> Visit:
    assertion = response_from_string(xml).assertion[0]
    return Visit(sp_entity_id, assertion.subject.name_id, assertion.authn_statement[0].session_index)


def _encoded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def _in_hours(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _configuration(url: str, entity_id: str, keys: KeyPair) -> dict[str, Any]:
    return {
        "entityid": entity_id,
        "description": "Local identity provider",
        "xmlsec_binary": shutil.which("xmlsec1"),
        "key_file": str(keys.key_file),
        "cert_file": str(keys.certificate_file),
        "metadata": {"inline": []},
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [
                        (f"{url}/sso", BINDING_HTTP_REDIRECT),
                        (f"{url}/sso", BINDING_HTTP_POST),
                    ],
                    "single_logout_service": [(f"{url}/slo", BINDING_HTTP_REDIRECT)],
                },
                "policy": {"default": {"lifetime": {"minutes": 5}}},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT],
                "want_authn_requests_signed": False,
            }
        },
    }


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="identity_providers.saml", description="A local SAML identity provider."
    )
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument(
        "--sp-metadata",
        action="append",
        default=[],
        metavar="FILE_OR_URL",
        help="a service provider to trust",
    )
    parser.add_argument("--metadata-file", type=Path, help="where to write the provider's own metadata")
    options = parser.parse_args(arguments)
    server = LocalServer(options.port)
    with tempfile.TemporaryDirectory() as directory:
        provider = SamlIdentityProvider(server.url, write_key_pair(Path(directory)))
        if options.metadata_file:
            options.metadata_file.write_text(provider.metadata)
        server.answer = _Trusting(provider, options.sp_metadata).answer
        print(f"SAML identity provider at {server.url}, entity id {provider.entity_id}", flush=True)  # noqa: T201  (a program for the terminal)
        server.serve()


class _Trusting:
    """Reads the services' metadata at the first login: neither side has to be up before the other."""

    def __init__(self, provider: SamlIdentityProvider, sources: Iterable[str]) -> None:
        self._provider = provider
        self._missing = list(sources)

    def answer(self, request: Request) -> Reply:
        if request.path not in {"/", "/metadata"}:
            for source in list(self._missing):
                self._provider.add_service_provider(_read(source))
                self._missing.remove(source)
        return self._provider.answer(request)


def _read(source: str) -> str:
    if source.startswith(("http://", "https://")):
        response = requests.get(source, timeout=10)
        response.raise_for_status()
        return response.text
    return Path(source).read_text()


if __name__ == "__main__":
    main()

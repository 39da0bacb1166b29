"""The story files themselves: well formed, sourced, fictional, and one for every IdP of the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.idp.story import FOLDER, story_files, story_name

VENDORS = {
    "authentik", "cyberark", "entra", "google", "jumpcloud", "keycloak", "microsoft_validator", "okta",
    "onelogin", "ping", "sailpoint",
}  # fmt: skip
BASES = {"documentation", "client source", "observed", "assumed"}
STORY_KEYS = {"title", "source", "basis", "idp", "steps", "then"}
STORY_OPTIONS = {"headers", "setup", "needs_quirk"}
STEP_KEYS = {"name", "request", "expect"}
STEP_OPTIONS = {"save", "collect", "then", "times", "again"}
REQUEST_KEYS = {"method", "path", "headers", "body", "raw"}
EXPECT_KEYS = {"status", "body", "absent", "headers"}
FACTS = {"user", "group", "users", "groups", "distinct"}
GIVEN_VARIABLES = {"n", "item"}

every_story = pytest.mark.parametrize("path", story_files(), ids=story_name)


def _told(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def _all_steps(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [*told.get("setup", ()), *told["steps"]]


def _variables_in(part: Any) -> set[str]:
    text = json.dumps(part)
    return set(re.findall(r"\$\{(\w+)\}", text)) | set(re.findall(r'"\$each": "(\w+)"', text))


def _unknown_variables(told: dict[str, Any]) -> Iterator[str]:
    """Give the variables that are used before a step saves them."""
    known = set(GIVEN_VARIABLES)
    for step in _all_steps(told):
        yield from _variables_in(step["request"]) - known
        known |= set(step.get("save", {})) | set(step.get("collect", {}))
        yield from _variables_in([step["expect"], step.get("then", ())]) - known
    yield from _variables_in(told["then"]) - known


@every_story
def test_story_has_the_keys_of_the_readme_and_no_others(path: Path) -> None:
    """A misspelled key would silently demand nothing."""
    told = _told(path)

    assert told.keys() >= STORY_KEYS
    assert told.keys() <= STORY_KEYS | STORY_OPTIONS
    for step in _all_steps(told):
        assert step.keys() >= STEP_KEYS, step
        assert step.keys() <= STEP_KEYS | STEP_OPTIONS, step
        assert step["request"].keys() <= REQUEST_KEYS, step
        assert step["expect"].keys() <= EXPECT_KEYS, step
        assert "status" in step["expect"], step


@every_story
def test_story_names_its_sources_with_their_dates(path: Path) -> None:
    """Every exchange can be traced to a public text, and says how firm that ground is."""
    told = _told(path)

    assert told["basis"] in BASES
    assert told["source"]
    for source in told["source"]:
        assert source["title"]
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", source["read"])
        assert source.get("url", "https://").startswith("https://")


@every_story
def test_story_uses_fictional_addresses_only(path: Path) -> None:
    """No mail address outside the domains that RFC 2606 reserves."""
    domains = re.findall(r"@([\w-]+(?:\.[\w-]+)+)", path.read_text(encoding="utf-8"))

    assert {domain.lower() for domain in domains} <= {"example.com", "example.org"}


@every_story
def test_story_saves_each_variable_before_it_is_used(path: Path) -> None:
    """A name that no step saved is a slip of the pen."""
    told = _told(path)

    assert list(_unknown_variables(told)) == []


@every_story
def test_story_ends_with_facts_of_known_kinds(path: Path) -> None:
    """Each story says what Django must hold at its end."""
    told = _told(path)

    facts = [*told["then"], *(fact for step in _all_steps(told) for fact in step.get("then", ()))]
    assert told["then"]
    assert all(FACTS & fact.keys() for fact in facts)


def test_stories_cover_every_idp_of_the_list() -> None:
    """Each vendor folder has stories, and there is no folder without a name on the list."""
    folders = {path.parent.name for path in story_files()}

    assert folders == VENDORS
    assert (FOLDER / "README.md").is_file()

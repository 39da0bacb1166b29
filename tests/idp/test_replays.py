"""Every story of every IdP, replayed: as itself, as a generic IdP, and with every write sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import make_connection, make_token
from tests.idp.replay import Replay
from tests.idp.story import read_story, story_files, story_name

pytestmark = pytest.mark.django_db


def _replay(path: Path, idp: str) -> Replay:
    connection = make_connection(slug="acme", idp=idp)
    return Replay(story=read_story(path), connection=connection, token=make_token(connection))


@pytest.mark.parametrize("path", story_files(), ids=story_name)
def test_story_on_a_connection_of_its_idp_ends_as_the_idp_requires(path: Path) -> None:
    """Each documented exchange gets the answers that the IdP requires and leaves the facts it means (C9, C22)."""
    replay = _replay(path, idp=read_story(path).idp)

    replay.run()


@pytest.mark.parametrize(
    "path", [path for path in story_files() if not read_story(path).needs_quirk], ids=story_name
)
def test_story_on_a_generic_connection_ends_the_same(path: Path) -> None:
    """One tolerant behaviour serves every IdP: no story needs its connection to name the IdP (C22)."""
    replay = _replay(path, idp="generic")

    replay.run()


@pytest.mark.parametrize("path", story_files(), ids=story_name)
def test_story_with_every_write_sent_twice_ends_the_same(path: Path) -> None:
    """An IdP that repeats each write after a timeout changes nothing and doubles no event (C30)."""
    replay = _replay(path, idp=read_story(path).idp)

    replay.run(twice=True)

"""Entity tags."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.versions import etag, matches_any

TAG = etag(7)


def test_etag_is_weak_and_changes_with_revision_and_content() -> None:
    """A tag tells revisions and contents apart, and is the same for the same."""
    tags = {etag(1), etag(2), etag(1, b"a"), etag(1, b"b"), etag(1, b"a")}

    assert len(tags) == 4
    assert all(tag.startswith('W/"') and tag.endswith('"') for tag in tags)


@pytest.mark.compliance("RFC 9110", "13.1", "B188 a list of tags is understood")
@pytest.mark.parametrize(
    "header",
    ['W/"7"', '"7"', 'w/"7"', '"1", W/"7"', 'W/"7","2"', ', W/"7" ,', '"a,b", "7"', ' W/"7" ', "*", " * "],
)
def test_matches_any_header_with_the_tag_matches(header: str) -> None:
    """Tags are compared weakly, in lists too, and a star is any tag."""
    assert matches_any(header, TAG)


@pytest.mark.parametrize(
    "header",
    [
        "",
        '"8"',
        'W/"77"',
        "7",
        "W/7",
        '"7',
        'junk "7"',
        '"7" junk',
        '"7""8"',
        '"7" "8"',
        "**",
        '*, "8"',
        '"x,7"',
    ],
)
def test_matches_any_other_tags_and_junk_do_not_match(header: str) -> None:
    """A header that is no list of tags names none."""
    assert not matches_any(header, TAG)


@given(st.lists(st.text("abc,-/ \t!", max_size=4).filter(lambda text: " " not in text and "\t" not in text)))
def test_matches_any_own_tag_in_any_list_matches(opaque: list[str]) -> None:
    """Whatever the other tags are, a list that has the tag matches."""
    header = ", ".join([*(f'"{text}"' for text in opaque), TAG])

    assert matches_any(header, TAG)


def test_matches_any_hostile_header_is_answered_quickly() -> None:
    """Unclosed quotes and rows of commas cost no quadratic time."""
    started = time.perf_counter()

    assert not matches_any('W/"' * 20_000 + "," * 20_000, TAG)

    assert time.perf_counter() - started < 5

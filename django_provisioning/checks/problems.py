"""What a check yields: a text that names what is wrong, and a hint that names the remedy."""

from __future__ import annotations

from collections.abc import Iterator

Problem = tuple[str, str]
Problems = Iterator[Problem]

"""Keeps warnings out of the log that tell of what the self-test hopes for: some hundred refusals."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refusals_expected(logger_name: str) -> Iterator[None]:
    """Leave out the warnings of one logger until the block ends; errors go through."""
    logger = logging.getLogger(logger_name)
    logger.addFilter(_is_no_warning)
    try:
        yield
    finally:
        logger.removeFilter(_is_no_warning)


def _is_no_warning(record: logging.LogRecord) -> bool:
    return record.levelno != logging.WARNING

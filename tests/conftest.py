"""Shared by all tests: where the photos and weights lie, and that CI skips nothing."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def skip_or_fail(reason: str) -> None:
    """Skips the test with words a person can act on; in CI, where nothing may be skipped, it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of photos and weights beside the checkout."""
    if not SHARED.is_dir():
        skip_or_fail(f"needs the photos and weights at {SHARED}")
    return SHARED


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands set up logging for their whole process; a test that runs one in this process must not quieten the next."""
    loggers = [logging.getLogger(name) for name in ("", "agent", "amqtt", "asyncio", "transitions")]
    levels, handlers = [logger.level for logger in loggers], list(logging.getLogger().handlers)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    logging.getLogger().handlers[:] = handlers

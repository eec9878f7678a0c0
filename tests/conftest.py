"""Shared by all tests: where the photos and weights lie, and that CI skips nothing."""

import os
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

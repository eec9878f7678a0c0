"""Everything that can happen to a run, at once, in real Chromium; `disturbed.py` tells the story and runs it in full."""

import os
import shutil
from pathlib import Path

import pytest

from tests.scraper.disturbed import disturb

INTERVAL_S = 0.02


@pytest.mark.timeout(900)  # 50 s on two idle cores, minutes where something trains beside it
def test_a_run_that_is_refused_misled_crashed_and_killed_ends_as_one_that_nothing_happened_to(tmp_path: Path) -> None:
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        words = "needs Chromium: apt-get install chromium chromium-driver"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    found = disturb(tmp_path, count=62, every=16, interval_s=INTERVAL_S)
    assert len(found.calm) == 186
    assert found.rough == found.calm
    assert found.same_files
    assert set(found.broken) >= {"ok", "http_403", "not_a_picture", "redirect_loop"}
    for trouble in ("answers 503", "ERR_CONTENT_LENGTH_MISMATCH", "tab crashed", "no whole page after"):
        assert trouble in " ".join(found.said.split())
    assert len(found.moments) / (found.moments[-1] - found.moments[0]) <= 1 / INTERVAL_S
    threads = 3
    assert found.busiest() <= 1 / INTERVAL_S + threads, (
        "one that waits for its turn may be late by a busy machine's doing"
    )

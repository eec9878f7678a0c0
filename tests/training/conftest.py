"""Drawn photos for training tests."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.models import COLOURS


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Noisy fields of each label's colour, unlike enough to be no near duplicates of each other."""
    random = np.random.default_rng(7)
    for label, colour in COLOURS.items():
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(8):
            coarse = random.integers(0, 120, (4, 4, 3)).astype(np.uint8)
            texture = cv2.resize(coarse, (40, 48), interpolation=cv2.INTER_NEAREST)
            picture = np.clip(0.6 * np.array(colour) + texture, 0, 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "photos" / label / f"{number}.png"), picture[..., ::-1])
    return tmp_path / "photos"

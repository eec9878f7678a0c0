"""Small data sets for tests, drawn here: each label its colour, each photo its own patches, each site its own light."""

import json
from pathlib import Path

import cv2
import numpy as np

COLOURS = {"jeans": (30, 60, 200), "other": (130, 130, 130), "sarees": (210, 40, 90), "trousers": (40, 160, 60)}
"""RGB."""
_RECIPE = """
summary = "tiny"
[input]
height = 32
width = 32
[network]
boundary = 5
[schedule]
epochs = 2
batch = 8
learning_rate = 0.01
seed = 3
[validation]
folds = {folds}
"""


def photo(label: str, number: int, site: int = 0) -> np.ndarray:
    """One picture, RGB 60x48, unlike any other of the same data set."""
    random = np.random.default_rng([number, site, sorted(COLOURS).index(label)])
    patches = np.array(COLOURS[label]) + random.normal(0, 45, (5, 4, 3)) - 12 * site
    smooth = cv2.resize(patches.astype(np.float32), (48, 60), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def save(file: Path, pixels: np.ndarray) -> None:
    """Writes RGB pixels as the kind of picture that the name says."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def dataset(root: Path, *, sites: range = range(3), each: int = 4, labels: tuple[str, ...] = tuple(COLOURS)) -> Path:
    """A folder with a manifest: `each` photos of every label at every site."""
    lines = []
    for site in sites:
        for label in labels:
            for number in range(each):
                path = f"images/{label}/{site}-{number}.png"
                save(root / path, photo(label, number, site))
                lines.append(json.dumps({"path": path, "label": label, "site": f"shop-{site}"}))
    (root / "manifest.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def recipe(folder: Path, *, folds: int = 2) -> Path:
    """A recipe file that trains in seconds."""
    file = folder / "tiny.toml"
    file.write_text(_RECIPE.format(folds=folds), encoding="utf-8")
    return file


class CountedProgress:
    """A `Progress` that remembers its stages."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.steps, self.notes = 0, [""]

    def start(self, stage: str, total: int) -> None:
        assert total >= 0
        self.stages.append(stage)

    def advance(self, steps: int, note: str = "") -> None:
        self.steps += steps
        self.notes.append(note)

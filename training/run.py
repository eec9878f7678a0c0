"""The run: a folder with a trained model and all that is known about it. The crossing from training to export.

`model.keras`, `run.json` (below), `history.csv` (one row an epoch), `report.html` (for people), `tensorboard/`, and where
sites were kept aside `unaware.keras`, the model that did not see the first fold: `vastra-train slim` is measured on that.
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import keras
import msgspec

from agent.fit import InputSpec
from training.detail import Detail
from training.errors import RunError
from training.metrics import Metrics
from training.recipe import Recipe

FORMAT_VERSION = 1
_MODEL, _CARD, _HISTORY, _UNAWARE = "model.keras", "run.json", "history.csv", "unaware.keras"


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch of one training stage; `loss` and `accuracy` are over its augmented, mixed views.

    `val_loss` and `val_accuracy` are over photos that the stage does not train on; None where none are looked at.
    """

    stage: str
    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of the float model on one data set, named by its folder and content hash; `detail` is younger than they."""

    dataset: str
    dataset_hash: str
    metrics: Metrics
    detail: Detail | None = None


class RunCard(msgspec.Struct, frozen=True, kw_only=True):
    """`run.json`: how the model came about and what it scored.

    `labels` are in output order. `temperature` and `threshold` were chosen on `validation`: photos scored by models that
    had not seen their sites. `sites` counts the photos of every site by label. `skipped` says how many files, of
    training and test, were left out and why, `near_duplicates` how many pairs of a training and a test photo show the
    same shot, where that was allowed.
    """

    created: datetime
    labels: tuple[str, ...]
    rejects: tuple[str, ...]
    input: InputSpec
    backbone: str
    weights: str
    recipe: Recipe
    recipe_digest: str
    photos: dict[str, int]
    photos_hash: str
    unreadable: int
    temperature: Annotated[float, msgspec.Meta(gt=0.0)]
    threshold: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    validation: Tested | None
    test: Tested | None
    code_version: str
    versions: dict[str, str]
    seconds: float
    sites: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    skipped: dict[str, int] = msgspec.field(default_factory=dict)
    near_duplicates: int = 0
    machine: str = ""
    format_version: int = FORMAT_VERSION


class _FormatOnly(msgspec.Struct):
    format_version: int = FORMAT_VERSION


def read_card(run: Path) -> RunCard:
    """What is known about a run.

    Raises:
        RunError: the folder is no finished run, or of another format.
    """
    try:
        text = (run / _CARD).read_bytes()
    except OSError as error:
        raise RunError(f"{run}: not a run folder ({_CARD}: {error.strerror}); vastra-train fit makes one") from error
    try:
        found = msgspec.json.decode(text, type=_FormatOnly).format_version
        if found != FORMAT_VERSION:
            raise RunError(f"{run}: run format {found}, this version reads {FORMAT_VERSION}; train it again")
        return msgspec.json.decode(text, type=RunCard)
    except msgspec.MsgspecError as error:
        raise RunError(f"{run / _CARD}: {error}") from error


def read_model(run: Path) -> keras.Model:
    """The trained classifier: RGB uint8 (batch, height, width, 3) in, softmax float32 (batch, labels) out.

    Raises:
        RunError: `model.keras` is missing or damaged.
    """
    return _load(run / _MODEL)


def read_unaware(run: Path) -> keras.Model:
    """The classifier that did not see the sites of the first fold.

    Raises:
        RunError: the run kept nothing aside, or the file is damaged.
    """
    return _load(run / _UNAWARE)


def _load(file: Path) -> keras.Model:
    try:
        return keras.models.load_model(file, compile=False)
    except (ValueError, OSError) as error:
        raise RunError(f"{file}: cannot be loaded: {error}") from error


class RunFolder:
    """A run being written: everything goes into a folder beside `path`, which `finish` renames, whole, to `path`."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise RunError(f"{path}: exists already; choose another --out or remove it")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))

    def write(self, model: keras.Model, card: RunCard, history: Sequence[Epoch]) -> None:
        """The three files that export and people read."""
        model.save(self.partial / _MODEL)
        (self.partial / _CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        (self.partial / _HISTORY).write_text(_table(history), encoding="utf-8")

    def write_unaware(self, model: keras.Model) -> None:
        """The model that did not see the first fold's sites."""
        model.save(self.partial / _UNAWARE)

    def finish(self) -> Path:
        """Makes the run appear under its name; returns it."""
        self.partial.chmod(0o755)
        return self.partial.rename(self._path)

    def discard(self) -> None:
        """Removes what was written, after a failure."""
        shutil.rmtree(self.partial, ignore_errors=True)


def _table(history: Sequence[Epoch]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=Epoch.__struct_fields__)
    writer.writeheader()
    writer.writerows(msgspec.structs.asdict(epoch) for epoch in history)
    return buffer.getvalue()

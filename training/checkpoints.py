"""What a fit has finished so far, on disk, so that an interrupted one goes on where it was."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import msgspec
import numpy as np
from numpy.typing import NDArray

from training.run import Epoch

Weights = list[NDArray[np.float32]]
"""A model's weights in Keras's order."""


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Finished:
    """A stage that is done: the weights that it ended with, and its history."""

    weights: Weights
    history: tuple[Epoch, ...]


class Checkpoints:
    """A folder with one file a finished stage, and Keras's own backup of the stage that is running.

    `parts` is everything that decides the outcome: other data, recipe or weights, another folder.
    """

    def __init__(self, root: Path, *parts: str) -> None:
        self._folder = root / hashlib.sha256("/".join(parts).encode()).hexdigest()[:16]

    @property
    def job(self) -> str:
        """What decides the outcome, hashed."""
        return self._folder.name

    def state(self) -> str:
        """How far it is: the finished stages, and the epochs of the one that is running."""
        logs = [f"{log.stem} {len(log.read_bytes().splitlines())}" for log in self._folder.glob("*.jsonl")]
        return "\n".join(sorted([*logs, *(file.name for file in self._folder.glob("*.npz"))]))

    def finished(self, stage: str) -> Finished | None:
        """The stage's outcome, if it was finished before."""
        try:
            with np.load(self._file(stage)) as stored:
                weights = [stored[f"w{number}"] for number in range(len(stored.files) - 1)]
                history = msgspec.json.decode(stored["history"].tobytes(), type=tuple[Epoch, ...])
        except (OSError, BadZipFile, KeyError, ValueError):  # none, or cut short: the stage is run again
            return None
        return Finished(weights, history)

    def save(self, stage: str, finished: Finished) -> None:
        """Keeps a finished stage; its backup is no longer needed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._file(stage).with_suffix(".partial.npz")
        arrays: dict[str, Any] = {f"w{number}": weight for number, weight in enumerate(finished.weights)}
        arrays["history"] = np.frombuffer(msgspec.json.encode(finished.history), np.uint8)
        with partial.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._file(stage))
        shutil.rmtree(self._backup(stage), ignore_errors=True)

    def remember(self, epoch: Epoch) -> None:
        """Keeps an epoch's figures of a stage that is running."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._log(epoch.stage).open("ab") as file:
            file.write(msgspec.json.encode(epoch) + b"\n")

    def remembered(self, stage: str) -> list[Epoch]:
        """The epochs of a stage that were kept before it was interrupted."""
        try:
            return msgspec.json.Decoder(Epoch).decode_lines(self._log(stage).read_bytes())
        except (OSError, msgspec.DecodeError):
            return []

    def backup(self, stage: str) -> keras.callbacks.Callback:
        """A callback that restores weights, optimizer and epoch when training starts, and saves them after every epoch."""
        return keras.callbacks.BackupAndRestore(str(self._backup(stage)), delete_checkpoint=False)

    def clear(self) -> None:
        """Forgets all stages: the run that they led to is written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, stage: str) -> Path:
        return self._folder / f"{stage.replace(' ', '-')}.npz"

    def _log(self, stage: str) -> Path:
        return self._folder / f"{stage.replace(' ', '-')}.jsonl"

    def _backup(self, stage: str) -> Path:
        return self._folder / f"{stage.replace(' ', '-')}.backup"

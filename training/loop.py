"""The training loop: one stage of one model, resumed where it was interrupted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Rows, ViewBatches
from training.checkpoints import Checkpoints, Finished
from training.devices import gpu_capabilities
from training.distribution import ALONE, Replicas
from training.precision import loss_scaled, xla_helps
from training.progress import Progress
from training.recipe import Schedule
from training.run import Epoch


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Watched:
    """Rows that are scored after every epoch, for the curves: views (n, ...) and targets (n, classes)."""

    rows: Rows
    targets: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)  # eq: `watched` holds arrays
class Stage:
    """A named part of a fit: what it trains on, how, and what is watched meanwhile."""

    name: str
    batches: ViewBatches
    schedule: Schedule
    watched: Watched | None = None
    loss: str | keras.losses.Loss = "categorical_crossentropy"
    accuracy: str | Callable[..., Any] = "accuracy"


def train(
    model: keras.Model, stage: Stage, checkpoints: Checkpoints, progress: Progress, replicas: Replicas = ALONE
) -> Finished:
    """Trains `model` in place and returns what it ended with; a stage that was finished before is only loaded."""
    done = checkpoints.finished(stage.name)
    if done:
        model.set_weights(done.weights)
        return done
    trained = replicas.copy(model)
    with replicas.scope():
        trained.compile(
            loss_scaled(_optimizer(stage), trained),
            loss=stage.loss,
            metrics=[stage.accuracy],
            jit_compile=_compiles(replicas),
        )
    progress.start(f"training ({stage.name})", len(stage.batches) * stage.schedule.epochs)
    watched = stage.watched
    trained._initial_epoch = None  # noqa: SLF001 - the epoch of an earlier stage that was resumed; Keras would start there
    trained.fit(
        replicas.share(stage.batches),
        steps_per_epoch=len(stage.batches) if replicas.count > 1 else None,  # shared, they have no end
        shuffle=replicas.count == 1,
        epochs=stage.schedule.epochs,
        validation_data=(watched.rows, watched.targets) if watched else None,
        verbose=0,
        callbacks=[checkpoints.backup(stage.name), _Follow(stage, checkpoints, progress)],
    )
    if trained is not model:
        model.set_weights(trained.get_weights())
    # An epoch that was cut off after its figures were kept was run again: the last figures of each count.
    history = {row.epoch: row for row in checkpoints.remembered(stage.name)}
    finished = Finished(model.get_weights(), tuple(history[epoch] for epoch in sorted(history)))
    checkpoints.save(stage.name, finished)
    return finished


class _Follow(keras.callbacks.Callback):
    """Tells the batches which epoch it is, the progress bar each step, and the checkpoints each epoch's figures."""

    def __init__(self, stage: Stage, checkpoints: Checkpoints, progress: Progress) -> None:
        super().__init__()
        self._stage, self._checkpoints, self._progress = stage, checkpoints, progress
        self._epochs_told = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        del logs
        skipped = epoch - self._epochs_told  # more than none where an interrupted stage goes on
        self._progress.advance(skipped * len(self._stage.batches))
        self._epochs_told = epoch + 1
        self._stage.batches.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        del batch
        self._progress.advance(1, f"loss {logs['loss']:.3f}" if logs else "")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        told = logs or {}
        self._checkpoints.remember(
            Epoch(
                stage=self._stage.name,
                epoch=epoch + 1,
                **{name: round(float(told[name]), 5) for name in _FIGURES if name in told},
            )
        )


_FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def _compiles(replicas: Replicas) -> bool | str:
    """Keras's `jit_compile`."""
    if keras.backend.backend() != "tensorflow":
        return "auto"
    return xla_helps(len(gpu_capabilities()), replicas.count)


def _optimizer(stage: Stage) -> keras.optimizers.Optimizer:
    schedule = stage.schedule
    steps = len(stage.batches) * schedule.epochs
    rate: Any = schedule.learning_rate
    if schedule.decay == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if schedule.warmup else schedule.learning_rate,
            decay_steps=max(1, round(steps * (1 - schedule.warmup))),
            warmup_target=schedule.learning_rate if schedule.warmup else None,
            warmup_steps=round(steps * schedule.warmup),
        )
    return keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay)  # without decay it is plain Adam

"""One model trained by several devices at once, through tf.distribute: several GPUs, or several workers of TF_CONFIG.

Only the training step is shared. What goes before and after it, each worker does for itself on one device: it costs
less, and `predict_on_batch` would give every row once a replica. So a copy of the model is trained, and the model then
gets the copy's weights.
"""

import functools
import hashlib
import itertools
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Batch, ViewBatches
from training.checkpoints import Checkpoints
from training.devices import Place, gpu_capabilities, place_among_workers
from training.errors import RecipeError

_ONLY = Place()


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds a strategy
class Replicas:
    """The devices that train one model together, and which of the workers this process is.

    Without a `strategy` there is one device, and everything here gives back what it was given.
    """

    place: Place = _ONLY
    strategy: Any = None

    @property
    def count(self) -> int:
        """How many compute a part of every batch, over all workers."""
        return int(self.strategy.num_replicas_in_sync) if self.strategy else 1

    @property
    def writes(self) -> bool:
        """Whether this is the process that writes the run: the chief."""
        return self.place.number == 0

    def folder(self, root: Path) -> Path:
        """Where this worker keeps its cache and checkpoints: workers may share a disk, and must not share these."""
        return root if self.writes else root / f"worker-{self.place.number}"

    def scope(self) -> AbstractContextManager[Any]:
        """Where optimizer and metrics of a shared model must be made."""
        return self.strategy.scope() if self.strategy else nullcontext()

    def copy(self, model: keras.Model) -> keras.Model:
        """The model as it is trained: with weights on every device, all as the chief has them."""
        if not self.strategy:
            return model
        state = random.getstate()
        with self.scope():
            copied = keras.models.clone_model(model)
            copied.set_weights(self._of_chief(model.get_weights()))
            if self.place.workers > 1:
                copied = _Together(copied.inputs, copied.outputs, name=model.name)
        random.setstate(state)  # the copy's first weights, lost at once, were drawn from what orders the batches
        return copied

    def share(self, batches: ViewBatches) -> Any:  # noqa: ANN401 - TensorFlow has no types
        """What `fit` takes: the batches, or a distributed data set that gives each replica its part of every batch."""
        return _distributed(self.strategy, batches) if self.strategy else batches

    def agree(self, on: str) -> bool:
        """Whether all workers ask this about the same text; each must ask, and waits for the others."""
        if self.place.workers == 1:
            return True
        import tensorflow as tf  # noqa: PLC0415 - only where there are workers

        number = int.from_bytes(hashlib.sha256(on.encode()).digest()[:7], "big")
        told = self.strategy.gather(tf.constant([number], tf.int64), axis=0)
        return len(np.unique(told.numpy())) == 1

    def wait(self) -> None:
        """Returns when all workers are here: one that left before the others would be taken for crashed, and end them."""
        self.agree("all are here")

    def _of_chief(self, weights: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """The chief's: workers that computed the same on unlike processors differ in the last digits."""
        if self.place.workers == 1:
            return weights
        import tensorflow as tf  # noqa: PLC0415 - only where there are workers

        def sent(weights: list[Any]) -> list[Any]:
            context = tf.distribute.get_replica_context()
            mine = tf.cast(tf.equal(context.replica_id_in_sync_group, 0), tf.float32)
            return [context.all_reduce(tf.distribute.ReduceOp.SUM, weight * mine) for weight in weights]

        received = tf.function(lambda: self.strategy.run(sent, args=(list(map(tf.constant, weights)),)))()
        return [self.strategy.experimental_local_results(one)[0].numpy() for one in received]


ALONE = Replicas()
"""One process on one device."""


class _Together(keras.Model):
    """A model whose `fit` works under MultiWorkerMirroredStrategy, which that of Keras 3.15 does not (keras issue 20585).

    Keras averages a first batch over the workers, only to see its shape, without taking it apart; and it averages the
    metrics of a step along an axis that they have not.
    """

    def train_step(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 - no types
        return _in_rows(super().train_step(data))

    def test_step(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 - no types
        return _in_rows(super().test_step(data))

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:  # noqa: ANN401 - no types
        del data_batch
        batch = next(iter(iterator._get_iterator()))  # noqa: SLF001 - as above
        local = keras.tree.map_structure(lambda one: self.distribute_strategy.experimental_local_results(one)[0], batch)
        super()._maybe_symbolic_build(data_batch=local)


def _in_rows(logs: dict[str, Any]) -> dict[str, Any]:
    return {name: keras.ops.reshape(value, (1,)) for name, value in logs.items()}


def find_replicas() -> Replicas:
    """The replicas that there are here: must come before anything is computed, and waits for the workers of TF_CONFIG.

    Raises:
        RecipeError: TF_CONFIG is wrong, or the backend is not TensorFlow.
    """
    place = place_among_workers()
    gpus = len(gpu_capabilities())
    kind = strategy_for(keras.backend.backend(), gpus, place.workers)
    if kind is None:
        return Replicas(place)
    return Replicas(place, _strategy(kind))


@functools.cache  # TensorFlow connects a process to its workers once
def _strategy(kind: str) -> Any:  # noqa: ANN401 - TensorFlow has no types
    import tensorflow as tf  # noqa: PLC0415 - only where there are replicas

    return getattr(tf.distribute, kind)()


def strategy_for(backend: str, gpus: int, workers: int) -> str | None:
    """The class of `tf.distribute` for so many GPUs of this process and workers in all; None where one device trains.

    Raises:
        RecipeError: several workers, but the backend is not TensorFlow.
    """
    if workers > 1:
        if backend != "tensorflow":
            raise RecipeError(f"TF_CONFIG names {workers} workers: needs KERAS_BACKEND=tensorflow, not {backend}")
        return "MultiWorkerMirroredStrategy"
    return "MirroredStrategy" if backend == "tensorflow" and gpus > 1 else None


def _distributed(strategy: Any, batches: ViewBatches) -> Any:  # noqa: ANN401 - TensorFlow has no types
    """Parts of batches, epoch after epoch without end, so that the next epoch's are drawn while the last is scored.

    Left to itself, tf.distribute has every worker draw whole batches and drop what is not its own. They come in the
    order in which Keras shuffles those of one process, so that the weights are the same too.
    """
    import tensorflow as tf  # noqa: PLC0415 - only where there are replicas

    parts = strategy.num_replicas_in_sync
    batches.check_parts(parts)
    shuffle = random.getstate()
    spec = tuple(tf.TensorSpec(one.shape, one.dtype) for one in batches.part(0, 0, (0, parts)))

    def pipeline(context: Any) -> Any:  # noqa: ANN401 - likewise
        here = parts // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def drawn() -> Iterator[Batch]:
            order = random.Random()  # noqa: S311 - no secret
            order.setstate(shuffle)
            for epoch in itertools.count(batches.epoch):
                numbers = list(range(len(batches)))
                order.shuffle(numbers)
                for number, part in itertools.product(numbers, range(first, first + here)):
                    yield batches.part(epoch, number, (part, parts))

        return tf.data.Dataset.from_generator(drawn, output_signature=spec).prefetch(2 * here)

    return strategy.distribute_datasets_from_function(pipeline)


def resume_together(replicas: Replicas, checkpoints: Checkpoints) -> None:
    """Makes sure that all workers train the same from the same stage and epoch on, before they wait for each other.

    Where they were interrupted at different epochs, all begin anew.

    Raises:
        RecipeError: they were not given the same.
    """
    if not replicas.agree(checkpoints.job):
        raise RecipeError("the workers of TF_CONFIG differ in photos, recipe or weights; give all of them the same")
    if not replicas.agree(checkpoints.state()):
        checkpoints.clear()

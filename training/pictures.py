"""Photos as the model takes them, a batch at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from agent.fit import InputSpec, Pixels, fit_picture
from training.photos import Sample

_BATCH = 32


def fitted_batches(samples: Sequence[Sample], spec: InputSpec) -> Iterator[NDArray[np.uint8]]:
    """Batches of fitted pictures, uint8 (batch, height, width, 3), each batch read by two threads."""

    def fitted(sample: Sample) -> Pixels:
        return fit_picture(sample.load(), spec)

    with ThreadPoolExecutor(max_workers=2) as workers:
        for start in range(0, len(samples), _BATCH):
            yield np.stack(list(workers.map(fitted, samples[start : start + _BATCH])))

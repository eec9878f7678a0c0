"""The representative dataset: the photos whose activations set the ranges of int8."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.fit import InputSpec, Pixels, fit_picture
from export.errors import CalibrationError
from training.photos import PhotoSet, Sample


@dataclass(frozen=True, slots=True)
class Representative:
    """Photos to calibrate on, the same number of every label, and a hash that says which they were."""

    samples: tuple[Sample, ...]

    @property
    def digest(self) -> str:
        """A short hash over the photos' content, recorded in the manifest."""
        return hashlib.sha256("".join(sample.sha256 for sample in self.samples).encode()).hexdigest()[:12]

    def pictures(self, spec: InputSpec) -> Sequence[Pixels]:
        """The photos fitted to the model's input."""
        return [fit_picture(sample.load(), spec) for sample in self.samples]


def choose_representative(photos: PhotoSet, *, per_label: int, seed: int) -> Representative:
    """`per_label` photos of every label, drawn with `seed`, each site's turn in order, so that no site sets the ranges.

    Raises:
        CalibrationError: a label has no photo.
    """
    random = np.random.default_rng(seed)
    chosen: list[Sample] = []
    for index, label in enumerate(photos.labels):
        by_site: dict[str, list[Sample]] = defaultdict(list)
        for row in random.permutation(len(photos.samples)):
            sample = photos.samples[row]
            if sample.label == index:
                by_site[sample.site].append(sample)
        if not by_site:
            raise CalibrationError(f"no photo of {label!r} to calibrate on; give a dataset with every class")
        chosen += _in_turn(by_site, per_label)
    return Representative(tuple(chosen))


def _in_turn(by_site: dict[str, list[Sample]], count: int) -> list[Sample]:
    queues = [list(samples) for _, samples in sorted(by_site.items())]
    taken: list[Sample] = []
    while len(taken) < count and any(queues):
        taken += [queue.pop() for queue in queues if queue]
    return taken[:count]

"""Where int8 loses: float and int8 activations of the same photos, compared layer by layer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.bundle import Bundle
from agent.fit import Pixels
from export.activations import OpenedModel
from export.errors import ComparisonError
from training.progress import Progress

_FULL = 127  # an int8 value at the upper end of its range: what is there may have been larger


class LayerError(msgspec.Struct, frozen=True, kw_only=True):
    """How far a layer's int8 output is from the float one, root mean square, as shares of the float output's.

    `error` is all that has gathered up to here; `added` is what this layer added, as independent noise adds in squares
    (an estimate). `weights` is the rounding of its own weights alone. `clipped` is the share of values at the upper end
    of the range, `peak` the largest value over the root mean square: a high one leaves few steps for the rest.
    """

    layer: str
    error: float
    added: float
    weights: float | None
    clipped: float
    peak: float


def layer_errors(exact: Bundle, quantised: Bundle, pictures: Sequence[Pixels], progress: Progress) -> list[LayerError]:
    """Every layer that both forms share, in the order in which it runs, over `pictures` fitted to the model's input.

    Raises:
        ComparisonError: the two are not a float and an int8 form of one model.
    """
    float_model, int8_model = OpenedModel(exact), OpenedModel(quantised)
    shared = [name for name in int8_model.layers if _comparable(name, float_model, int8_model)]
    if not shared:
        raise ComparisonError(
            f"{exact.manifest.name} ({exact.manifest.quantisation}) and {quantised.manifest.name} "
            f"({quantised.manifest.quantisation}) share no layer; give the float32 and the int8 form of one run"
        )
    sums = {name: _Sums() for name in shared}
    progress.start("comparing layers", len(pictures))
    for picture in pictures:
        float_model.run(picture)
        int8_model.run(picture)
        for name in shared:
            sums[name].add(float_model.output(name), int8_model.output(name), int8_model.raw(name))
        progress.advance(1)
    return list(_report(shared, sums, float_model, int8_model))


def _report(
    shared: Sequence[str], sums: dict[str, "_Sums"], float_model: OpenedModel, int8_model: OpenedModel
) -> Iterator[LayerError]:
    before = 0.0
    for name in shared:
        one = sums[name]
        error = float(np.sqrt(one.difference / max(one.signal, 1e-30)))
        yield LayerError(
            layer=re.sub(r"_\d+$", "", name),
            error=round(error, 5),
            added=round(float(np.sqrt(max(0.0, error**2 - before**2))), 5),
            weights=_weights_error(float_model.weights(name), int8_model.weights(name)),
            clipped=round(one.full / one.count, 6),
            peak=round(one.peak / max(float(np.sqrt(one.signal / one.count)), 1e-30), 2),
        )
        before = error


@dataclass(slots=True)
class _Sums:
    """Running sums over the photos of one layer's output."""

    signal: float = 0.0
    difference: float = 0.0
    count: int = 0
    full: int = 0
    peak: float = 0.0

    def add(self, exact: NDArray[np.float32], rounded: NDArray[np.float32], raw: NDArray[Any]) -> None:
        self.signal += float(np.square(exact, dtype=np.float64).sum())
        self.difference += float(np.square(exact - rounded, dtype=np.float64).sum())
        self.count += exact.size
        self.full += int((raw == _FULL).sum())
        self.peak = max(self.peak, float(np.abs(exact).max()))


def _comparable(layer: str, float_model: OpenedModel, int8_model: OpenedModel) -> bool:
    if layer not in float_model.layers:
        return False
    exact, rounded = float_model.raw(layer), int8_model.raw(layer)
    return exact.dtype == np.float32 and rounded.dtype == np.int8 and exact.shape == rounded.shape


def _weights_error(exact: NDArray[np.float32] | None, rounded: NDArray[np.float32] | None) -> float | None:
    if exact is None or rounded is None or exact.shape != rounded.shape:
        return None
    return round(float(np.linalg.norm(exact - rounded) / max(float(np.linalg.norm(exact)), 1e-30)), 5)

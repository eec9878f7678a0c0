"""One exported form of a model: its bundle, whether it was written, and what it costs to run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.bundle import Bundle, Manifest, Quantisation
from export.errors import GateError
from export.footprint import Cost

QUANTISATIONS: tuple[Quantisation, ...] = ("float32", "float16", "dynamic", "int8")
"""From the most exact to the smallest."""

_WHAT_TO_TRY = (
    "try more or other --calibrate photos (they set int8's ranges), a larger --test set where few photos decide, "
    "--quantize float16 or dynamic, `vastra-export layers` to see which layer loses, or --force to write it all the same"
)


@dataclass(frozen=True, slots=True)
class Form:
    """`bundle` is what was written to `path`, or would have been had the gate let it pass."""

    path: Path
    bundle: Bundle
    written: bool
    costs: tuple[Cost, ...] = ()


class FormLine(msgspec.Struct, frozen=True, kw_only=True):
    """A form as `convert --quantize all --json` prints it."""

    path: str
    written: bool
    costs: tuple[Cost, ...]
    manifest: Manifest


def as_line(form: Form) -> FormLine:
    """What programs read about a form."""
    return FormLine(path=str(form.path), written=form.written, costs=form.costs, manifest=form.bundle.manifest)


def refuse_failed(forms: Sequence[Form]) -> None:
    """Says which forms the gate held back.

    Raises:
        GateError: at least one was not written.
    """
    held = [form.bundle.manifest for form in forms if not form.written]
    if held:
        said = ". ".join(f"{one.quantisation} {'; '.join(one.gate.failures)}" for one in held if one.gate)
        raise GateError(f"{said}. Not written; {_WHAT_TO_TRY}")

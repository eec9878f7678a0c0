"""One export from run to bundles: choose photos, convert, measure, pass the gate, write, read back, run."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.adapters.litert_classifier import LiteRtClassifier
from agent.bundle import Bundle, Quantisation, read_bundle, write_bundle
from agent.errors import BundleError
from export.conversion import convert
from export.footprint import costs
from export.form import Form
from export.golden import golden_samples
from export.metadata import with_metadata
from export.provenance import digested, draft, judged
from export.reference import SEED, Reference, read_reference
from training.progress import Progress


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for: which forms go to which files, and what each may lose (points of top-1).

    With `force` a form that loses more is written all the same, its failures in the manifest. `timed` forms are also
    measured for latency and memory.
    """

    run: Path
    calibrate: Path
    test: Path
    name: str
    outs: dict[Quantisation, Path]
    max_drop: float = 1.0
    force: bool = False
    timed: bool = False


def export(request: Request, progress: Progress) -> list[Form]:
    """Writes a bundle for each form that passes the gate, or for all of them by force; returns every form, measured.

    Raises:
        RunError, DatasetError, ClassError: an input cannot be used.
        CalibrationError, ComparisonError, ConversionError, BundleError: the export stops; the file at which it stopped
            is as it was before.
    """
    for out in request.outs.values():
        with _beside(out):  # now, and not after ten minutes of work
            pass
    reference = read_reference(request.run, request.calibrate, request.test, progress)
    return [_export(quantisation, request, reference, progress) for quantisation in request.outs]


def _export(quantisation: Quantisation, request: Request, reference: Reference, progress: Progress) -> Form:
    path = request.outs[quantisation]
    pictures = reference.representative.pictures(reference.card.input)
    progress.start(f"converting to {quantisation}", len(pictures) if quantisation == "int8" else 1)
    converted = convert(reference.model, quantisation, pictures, progress.advance)
    start = draft(request.name, quantisation, reference, converted)
    flatbuffer = with_metadata(converted, start)
    manifest = judged(digested(start, flatbuffer), flatbuffer, reference, request.max_drop, progress)
    bundle = Bundle(manifest, flatbuffer, golden_samples(manifest, flatbuffer, seed=SEED))
    written = request.force or not manifest.forced
    if written:
        bundle = _write_checked(path, bundle)
    return Form(path, bundle, written=written, costs=costs(bundle) if request.timed else ())


def _write_checked(path: Path, bundle: Bundle) -> Bundle:
    """Writes the bundle out of sight, reads it back, runs it, and only then gives it its name."""
    with _beside(path) as folder:
        hidden = folder / path.name
        try:
            write_bundle(hidden, bundle.manifest, bundle.flatbuffer, bundle.golden)
            written = read_bundle(hidden)
            LiteRtClassifier(written).self_test(written)
            hidden.replace(path)
        except BundleError as error:
            raise BundleError(error.message.replace(str(hidden), str(path))) from error
    return written


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder next to `out`, on the same disk, that goes away with all that is in it."""
    if out.is_dir():
        raise BundleError(f"{out}: is a folder; --out names the file to write")
    try:
        folder = tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise BundleError(f"{out}: cannot write the bundle: {error.strerror}") from error
    with folder as name:
        yield Path(name)

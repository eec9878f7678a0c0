"""The bundle: one `.tflite` with its manifest, labels and golden samples in a zip behind the flatbuffer.

Any TFLite tool opens the file, `unzip -l` lists what rides along (the layout of TFLite Metadata,
https://ai.google.dev/edge/litert/models/metadata). The crossing from export to agent and deploy: export writes it,
everybody reads it here, and a wrong or cut-off file is refused before an interpreter sees it.
"""

import hashlib
import io
import os
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.errors import BundleError
from agent.fit import InputSpec

FORMAT_VERSION = 1
LABELS_NAME = "labels.txt"
"""The labels' file in the zip; the TFLite Metadata inside the flatbuffer names it too."""

_MANIFEST, _GOLDEN = "vastra.json", "golden.npz"
_MAGIC = b"TFL3"  # the identifier of the TFLite schema, at byte 4 of every flatbuffer
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's earliest date: the same content gives the same bytes
_LARGEST_ENTRY = 64 << 20  # bytes; refuses a zip bomb before it is unpacked

Quantisation = Literal["int8", "dynamic", "float16", "float32"]
Unit = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the manifest; unknown fields are ignored, so that a newer bundle of the same format still reads."""


class Calibration(_Part, frozen=True, kw_only=True):
    """How scores become decisions: logits are divided by `temperature`; a best known score under `threshold` is unknown.

    `chosen_on` says in words which photos decided, so that nobody takes it for a measurement on new shops.
    `float_temperature` is the float model's own, before export fitted `temperature` to the quantised outputs.
    """

    temperature: Annotated[float, msgspec.Meta(gt=0.0, le=100.0)]
    threshold: Unit
    chosen_on: str
    float_temperature: float | None = None


class Measured(_Part, frozen=True, kw_only=True):
    """Metrics of one form of the model: known labels only, and rejection of `other` where there was any.

    `ece` is the expected calibration error, `known_kept` the share of known photos that the threshold lets pass; both
    are None in bundles of before they were measured.
    """

    top1: Unit
    macro_f1: Unit
    auroc_other: Unit | None = None
    per_class: dict[str, Unit] = {}
    ece: Unit | None = None
    known_kept: Unit | None = None


class Metrics(_Part, frozen=True, kw_only=True):
    """Float and quantised on the same photos; `agreement` is how often both give the same best label."""

    dataset: str
    dataset_hash: str
    n: int
    float32: Measured
    quantised: Measured
    agreement: Unit


class Gate(_Part, frozen=True, kw_only=True):
    """What the export was allowed to lose, in points of top-1, and what it lost beyond; with `failures` it was forced."""

    max_drop: float
    failures: tuple[str, ...] = ()


class Training(_Part, frozen=True, kw_only=True):
    """Where the weights come from: recipe digest, backbone, photos by data set, and the code's version."""

    recipe: str
    recipe_digest: str
    backbone: str
    photos: dict[str, int]
    photos_hash: str
    code_version: str


class Manifest(_Part, frozen=True, kw_only=True):
    """Everything that must not be separated from the weights. `labels` are in output order; `rejects` is those of them
    that mean "none of our garments". `tolerance` is the largest difference a golden output may show on another machine.
    """

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,64}$")]
    version: Annotated[str, msgspec.Meta(pattern=r"^\d{4}\.\d{1,2}\.\d{1,2}(\.\d+)?$")]
    created: datetime
    labels: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    rejects: tuple[str, ...]
    input: InputSpec
    calibration: Calibration
    quantisation: Quantisation
    training: Training
    metrics: Metrics | None
    flatbuffer_bytes: Annotated[int, msgspec.Meta(gt=8)]
    flatbuffer_sha256: Sha256
    calibration_photos_hash: str = ""
    tolerance: Unit = 0.02
    gate: Gate | None = None
    format_version: int = FORMAT_VERSION

    @property
    def known(self) -> tuple[str, ...]:
        """The garments: `labels` without `rejects`, in output order."""
        return tuple(label for label in self.labels if label not in self.rejects)

    @property
    def forced(self) -> str:
        """What the export's gate said against this model, in one line; empty where it let the model pass."""
        failures = self.gate.failures if self.gate else ()
        return f"exported with --force although it {'; '.join(failures)}" if failures else ""


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Golden:
    """Inputs uint8 (n, height, width, 3) and the softmax float32 (n, labels) that the exporter's runtime gave for them."""

    inputs: NDArray[np.uint8]
    outputs: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)  # eq: holds arrays
class Bundle:
    """A checked bundle: `flatbuffer` is the model alone, ready for an interpreter."""

    manifest: Manifest
    flatbuffer: bytes
    golden: Golden


def read_bundle(path: Path) -> Bundle:
    """The bundle in a file, with everything checked that can be without running it.

    Raises:
        BundleError: the file is missing, cut off, changed, not a bundle, or of a newer format; the message says which.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot read the model: {error.strerror}") from error
    if content[4:8] != _MAGIC:
        raise BundleError(f"{path}: not a TFLite model; give a .tflite file written by vastra-export")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {name: _entry(archive, name, path) for name in (_MANIFEST, LABELS_NAME, _GOLDEN)}
    except zipfile.BadZipFile as error:
        raise BundleError(
            f"{path}: no manifest inside: the file is cut off, or a plain TFLite model (make a bundle with vastra-export)"
        ) from error
    manifest = _manifest(entries[_MANIFEST], path)
    flatbuffer = content[: manifest.flatbuffer_bytes]
    if hashlib.sha256(flatbuffer).hexdigest() != manifest.flatbuffer_sha256:
        raise BundleError(f"{path}: the model's bytes differ from its checksum; copy the file again")
    if entries[LABELS_NAME].decode("utf-8", "replace").splitlines() != list(manifest.labels):
        raise BundleError(f"{path}: labels.txt and vastra.json disagree; export the model again")
    return Bundle(manifest, flatbuffer, _golden(entries[_GOLDEN], manifest, path))


def write_bundle(path: Path, manifest: Manifest, flatbuffer: bytes, golden: Golden) -> None:
    """Writes a bundle whole: beside `path`, synced, then renamed over it. The same arguments give the same bytes.

    Raises:
        BundleError: the file cannot be written; what was there before is as it was, and nothing lies beside it.
    """
    beside_path: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
            beside_path = Path(beside.name)
            beside.write(flatbuffer)
            with zipfile.ZipFile(beside, "a") as archive:
                for name, content in (
                    (_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest))),
                    (LABELS_NAME, "".join(f"{label}\n" for label in manifest.labels).encode()),
                    (_GOLDEN, _golden_bytes(golden)),
                ):
                    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
            beside.flush()
            os.fsync(beside.fileno())
        beside_path.chmod(0o644)
        beside_path.replace(path)
    except OSError as error:
        raise BundleError(f"{path}: cannot write the bundle: {error.strerror}") from error
    finally:
        if beside_path:
            beside_path.unlink(missing_ok=True)  # renamed away where all went well


def _entry(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        if archive.getinfo(name).file_size > _LARGEST_ENTRY:
            raise BundleError(f"{path}: {name} inside is over {_LARGEST_ENTRY >> 20} MB; this is not a vastra bundle")
        return archive.read(name)
    except KeyError as error:
        raise BundleError(f"{path}: {name} is missing inside; this is a TFLite model but no vastra bundle") from error


def _manifest(text: bytes, path: Path) -> Manifest:
    try:
        version = msgspec.json.decode(text, type=_FormatOnly).format_version
        if version != FORMAT_VERSION:
            raise BundleError(f"{path}: bundle format {version}, this agent reads {FORMAT_VERSION}; update the agent")
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BundleError(f"{path}: vastra.json inside is not a manifest: {error}") from error
    if len(set(manifest.labels)) != len(manifest.labels) or not manifest.known:
        raise BundleError(f"{path}: labels {manifest.labels} must be distinct, at least one of them not rejected")
    for label in manifest.labels:
        if not label.strip() or not label.isprintable() or set(label) & set("/\\+#"):
            raise BundleError(f"{path}: label {label!r} cannot be used; it may not hold / \\ + # or control characters")
    return manifest


class _FormatOnly(msgspec.Struct):
    format_version: int


def _golden(content: bytes, manifest: Manifest, path: Path) -> Golden:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            golden = Golden(arrays["inputs"], arrays["outputs"])
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise BundleError(f"{path}: golden samples inside are damaged: {error}") from error
    count = len(golden.inputs)
    inputs_right = golden.inputs.shape == (count, manifest.input.height, manifest.input.width, 3)
    outputs_right = golden.outputs.shape == (count, len(manifest.labels))
    if count == 0 or not inputs_right or not outputs_right or golden.inputs.dtype != np.uint8:
        raise BundleError(f"{path}: golden samples inside do not fit the manifest's input and labels")
    return golden


def _golden_bytes(golden: Golden) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, inputs=golden.inputs, outputs=golden.outputs)
    return buffer.getvalue()

"""The dataset: a folder of photos with one line of `manifest.jsonl` an image. The crossing from scraper to training.

A plain folder-per-class (`<root>/<label>/*.jpg`, or the same under `<root>/images`) reads as well; its photos then
have no site, and their near duplicates can only be told apart by content.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from scraper.errors import DatasetError

MANIFEST_NAME = "manifest.jsonl"
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
LONGEST_LABEL = 64
LABEL_BREAKERS = frozenset("/\\+#")
"""What a label may not hold: path separators (a label is a folder), MQTT's wildcards (a label may become a topic)."""


class Photo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the manifest: a photo, or with a `status` other than `ok` why there is none.

    `path` is relative to the dataset folder. `width` and `height` are pixels as stored. `phash` is the 64-bit
    perceptual hash in hex. `fetched_at` is UTC, ISO 8601. `product` is the shop's own id, `reason` says why a status is
    not `ok`, `robots` is `overridden` where the shop's robots.txt forbade the page and a person said go on, `location`
    is the delivery place that the shop showed, `original` is the file as it came, where originals are kept.
    Unknown fields are ignored when read, so that newer datasets read too.
    """

    path: str
    label: str
    site: str = ""
    sha256: str = ""
    width: int = 0
    height: int = 0
    url: str = ""
    page: str = ""
    query: str = ""
    title: str = ""
    position: int = 0
    sponsored: bool = False
    fetched_at: str = ""
    phash: str = ""
    status: str = "ok"
    origin: str = ""
    licence: str = ""
    product: str = ""
    reason: str = ""
    robots: str = ""
    location: str = ""
    original: str = ""


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """The photos of one folder, in the manifest's order; only those whose `status` is `ok`."""

    root: Path
    photos: tuple[Photo, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, sorted: the order of the folders' names, stated rather than found."""
        return tuple(sorted({photo.label for photo in self.photos}))

    def file(self, photo: Photo) -> Path:
        """Where the photo's picture lies."""
        return self.root / photo.path


def read_dataset(root: Path) -> Dataset:
    """The photos of a dataset folder, or of a plain folder-per-class where there is no manifest.

    Raises:
        DatasetError: no such folder, no photos, a class without photos, a bad line or a label that cannot be used.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: no such dataset folder")
    manifest = root / MANIFEST_NAME
    rows = read_manifest(manifest) if manifest.exists() else _photos_of_folders(root)
    photos = tuple(photo for photo in rows if photo.status == "ok")
    if not photos:
        raise DatasetError(f"{root}: no photos; expected {MANIFEST_NAME} or one folder of pictures a label")
    return Dataset(root=root, photos=photos)


def read_manifest(path: Path) -> Iterator[Photo]:
    """Every line of a manifest, failures too, in order.

    Raises:
        DatasetError: a line that is not a photo, or one that points out of the dataset.
    """
    decoder = msgspec.json.Decoder(Photo)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                photo = decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise DatasetError(f"{path}, line {number}: {error}") from error
            if photo.status == "ok" and (Path(photo.path).is_absolute() or ".." in Path(photo.path).parts):
                raise DatasetError(f"{path}, line {number}: path {photo.path!r} leads out of the dataset")
            check_label(photo.label, where=f"{path}, line {number}")
            yield photo


def without_photo(root: Path) -> list[Photo]:
    """The lines of a dataset's manifest that have no photo: failures, copies, and what a person dropped."""
    manifest = root / MANIFEST_NAME
    return [photo for photo in read_manifest(manifest) if photo.status != "ok"] if manifest.exists() else []


def write_manifest(path: Path, photos: Iterable[Photo]) -> None:
    """Writes the manifest whole: beside it, synced, then renamed over it, so that no reader sees half of it."""
    encoder = msgspec.json.Encoder()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        try:
            for photo in photos:
                beside.write(encoder.encode(photo) + b"\n")
            beside.flush()
            os.fsync(beside.fileno())
        except OSError:
            Path(beside.name).unlink(missing_ok=True)
            raise
    Path(beside.name).replace(path)


def check_label(label: str, *, where: str) -> None:
    """Refuses a label that could not be a folder's name and a word of an MQTT topic.

    Raises:
        DatasetError: the label is empty, padded, too long, or holds a separator, a wildcard or a control character.
    """
    if not label or label != label.strip() or label.startswith(".") or len(label) > LONGEST_LABEL:
        raise DatasetError(
            f"{where}: label {label!r} must be 1 to {LONGEST_LABEL} characters, unpadded, no leading dot"
        )
    breaker = next((c for c in label if c in LABEL_BREAKERS or not c.isprintable()), None)
    if breaker is not None:
        raise DatasetError(f"{where}: label {label!r} holds {breaker!r}; use letters, digits, spaces, - and _")


def _photos_of_folders(root: Path) -> Iterator[Photo]:
    top = root / "images" if (root / "images").is_dir() else root
    for folder in sorted(entry for entry in top.iterdir() if entry.is_dir() and not entry.name.startswith(".")):
        check_label(folder.name, where=str(folder))
        pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES)
        if not pictures:
            raise DatasetError(f"{folder}: the class {folder.name!r} has no images; add some or remove the folder")
        for file in pictures:
            sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
            yield Photo(path=str(file.relative_to(root)), label=folder.name, sha256=sha256)

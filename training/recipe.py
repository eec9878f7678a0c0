"""A recipe: everything that decides how a model is trained, as one TOML file whose digest names the outcome."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from agent.fit import InputSpec
from training.errors import RecipeError

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
"""A probability or a part of a whole, 0..1."""

_RECIPES = files("training") / "recipes"


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the recipe: immutable, and a misspelt key is an error rather than a silent default."""


class Augment(_Section, frozen=True, kw_only=True):
    """How far a training view may stray from its photo; each field is a probability or a largest change."""

    flip: Share = 0.5
    background: Share = 0.0
    smallest_crop: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 1.0
    zoom: Share = 0.0
    zoom_out: Share = 0.0
    rotate_deg: Annotated[float, msgspec.Meta(ge=0.0, le=45.0)] = 0.0
    shear: Share = 0.0
    perspective: Share = 0.0
    brightness: Share = 0.0
    contrast: Share = 0.0
    saturation: Share = 0.0
    hue_deg: Annotated[float, msgspec.Meta(ge=0.0, le=180.0)] = 0.0
    white_balance: Share = 0.0
    grey: Share = 0.0
    blur: Share = 0.0
    noise: Share = 0.0
    jpeg: Share = 0.0
    erase: Share = 0.0


class Views(_Section, frozen=True, kw_only=True):
    """How many pictures are made of a photo once and for all; view 0 is the photo as it is, the rest are augmented.

    With a `count` of 0 nothing is kept: every epoch makes new views, and the frozen blocks run on each of them again.
    """

    count: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0


class Network(_Section, frozen=True, kw_only=True):
    """What is trained: everything after `boundary` (a backbone block, 0 trains all), then the head.

    `preprocessing` is what the ImageNet weights were trained with (`caffe`: BGR less ImageNet's mean colour), `rescale`,
    a division by 255, or `none`: the first convolution is fed the pixels as they are. `widths` are the channels of each
    convolution, first to last; empty as published. Of such a network, blocks from `normalise_from` on (0: none) are
    taught with batch normalisation, which is folded into the convolutions afterwards.
    """

    preprocessing: Literal["caffe", "rescale", "none"] = "caffe"
    boundary: Annotated[int, msgspec.Meta(ge=0, le=5)] = 5
    head: Literal["average", "flatten"] = "average"
    dropout: Share = 0.0
    widths: tuple[Annotated[int, msgspec.Meta(ge=4, le=512)], ...] = ()
    normalise_from: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0


class Schedule(_Section, frozen=True, kw_only=True):
    """How it is trained: Adam with decoupled `weight_decay`, linear warm-up over `warmup` of the steps, then `decay`.

    `probe_epochs` fit the head alone, on features of the untouched backbone, before anything else moves.
    """

    epochs: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    batch: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 32
    probe_epochs: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    learning_rate: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 1e-3
    decay: Literal["cosine", "constant"] = "cosine"
    warmup: Share = 0.0
    weight_decay: Share = 0.0
    label_smoothing: Share = 0.0
    mixup: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0
    site_balance: Share = 0.0
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0


class Validation(_Section, frozen=True, kw_only=True):
    """How whole sites are kept aside in turn, to measure on and to choose temperature and threshold by.

    With `folds` of 0 nothing is kept aside. `each_epoch` scores the kept-aside sites, or without folds the test set,
    after every epoch: for the curves, never to choose.
    """

    folds: Annotated[int, msgspec.Meta(ge=0, le=20)] = 4
    known_kept: Annotated[float, msgspec.Meta(gt=0.5, lt=1.0)] = 0.95
    each_epoch: bool = False


class Distil(_Section, frozen=True, kw_only=True):
    """What a slim network is taught, and how it ends.

    Its targets are `hard` parts the photo's own label and the rest the teacher's answer; `hint` weighs how well it must
    also tell the teacher's features. After `schedule`, without the sites kept aside, come `finish_epochs` on all sites.
    """

    hard: Share = 0.5
    hint: Annotated[float, msgspec.Meta(ge=0.0)] = 1.0
    finish_epochs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    finish_learning_rate: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 1e-4


class Recipe(_Section, frozen=True, kw_only=True):
    """All of it. `rejects` are the labels that mean "none of our garments"; `distil` is for a slim network only."""

    summary: str
    input: InputSpec
    network: Network
    schedule: Schedule
    augment: Augment = Augment()
    views: Views = Views()
    validation: Validation = Validation()
    rejects: tuple[str, ...] = ("other",)
    distil: Distil = Distil()

    @property
    def digest(self) -> str:
        """A short hash of every value: two runs with the same digest were asked for the same thing."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]


class SlimRecipe(_Section, frozen=True, kw_only=True):
    """What `vastra-train slim` adds to the recipe of the run that it starts from: input, views and labels are that run's."""

    summary: str
    network: Network
    schedule: Schedule
    distil: Distil

    def on(self, teacher: Recipe) -> Recipe:
        """The whole recipe of a slim network taught by a run of `teacher`."""
        return msgspec.structs.replace(
            teacher, summary=self.summary, network=self.network, schedule=self.schedule, distil=self.distil
        )


def read_recipe(name_or_path: str) -> Recipe:
    """A recipe of this package by name (`default`), or any TOML file by path.

    Raises:
        RecipeError: there is no such recipe, or it holds an unknown key or a value out of range.
    """
    return _read(name_or_path, Recipe)


def read_slim_recipe(name_or_path: str) -> SlimRecipe:
    """The same for `vastra-train slim`, whose own is called `slim`."""
    return _read(name_or_path, SlimRecipe)


_Read = TypeVar("_Read", Recipe, SlimRecipe)


def _read(name_or_path: str, kind: type[_Read]) -> _Read:
    own = _RECIPES / f"{name_or_path}.toml"
    try:
        text = own.read_bytes() if own.is_file() else Path(name_or_path).read_bytes()
    except OSError as error:
        known = ", ".join(sorted(entry.name.removesuffix(".toml") for entry in _RECIPES.iterdir()))
        raise RecipeError(f"no recipe {name_or_path!r}: expected {known} or a TOML file") from error
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise RecipeError(f"recipe {name_or_path}: {error}") from error

"""The timetable of the drawn scenes: which garment is on show, where it hangs, and what the right answer is.

Pure: it draws nothing and reads no clock. `agent/adapters/scene_camera.py` paints what stands here.
"""

import math
import random
from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal["jeans", "sarees", "trousers", "other"]
Holding = Literal["hung", "worn", "laid"]
Entrance = Literal["left", "right", "above"]

LABELS: tuple[Label, ...] = get_args(Label)

PERIOD_S = 5.0
"""Mean length of a passage: smoothing confirms it within a second or two, and a person has time to read the answer."""
JITTER_S = 0.5
"""Each boundary moves by up to this, so that passages last 4 to 6 s and no watcher can lean on a fixed beat."""
GAP_S = 1.0
"""The empty shop at the end of each passage."""
TRAVEL_S = 0.7
"""Coming into view, and leaving it."""
BOX_WIDTH, BOX_HEIGHT = 0.72, 0.94
"""The part of the picture's sides a garment may fill; the renderer fits every garment into this box."""

_HOLDINGS: dict[Label, tuple[Holding, ...]] = {
    "jeans": ("hung", "worn", "worn", "laid"),
    "sarees": ("worn", "worn", "worn", "hung", "laid"),
    "trousers": ("hung", "hung", "worn", "worn"),  # folded, they are a plain oblong that nobody could name
    "other": ("hung", "hung", "worn", "laid"),
}


def dice(*names: str | int) -> random.Random:
    """A generator that rolls the same for the same names on every Python, since strings are seeded through SHA-512."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - it draws pictures, it keeps no secret


def chance(roll: random.Random, share: float) -> bool:
    """True in that share of the rolls."""
    return roll.random() < share


@dataclass(frozen=True, slots=True)
class Garment:
    """One garment to draw: its label, how it is shown, and the seed of its colour, cut, length and pattern."""

    label: Label
    holding: Holding
    style_seed: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One garment's time in front of the camera, `starts_s` to `ends_s` (seconds since the scene's start).

    The last `GAP_S` of it show the empty shop.
    """

    index: int
    garment: Garment
    entrance: Entrance
    starts_s: float
    ends_s: float

    @property
    def label(self) -> Label:
        """What a perfect classifier answers while the garment is in view."""
        return self.garment.label


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees at one moment.

    `x`, `y` are the middle of the garment's box in shares of the picture (0..1 inside it, beyond while it is out of
    view); `tilt_deg` is its swing, clockwise. `present` is false in the empty gap; `settled` says that the whole
    garment is in the picture.
    """

    passage: Passage
    x: float
    y: float
    tilt_deg: float
    present: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """An endless show: rounds of the four labels, each round in its own order. The same seed gives the same show."""

    seed: int

    def passage(self, index: int) -> Passage:
        """The passage of that number, from 0 on."""
        order = list(LABELS)
        dice("round", self.seed, index // len(LABELS)).shuffle(order)
        label = order[index % len(LABELS)]
        roll = dice("passage", self.seed, index)
        holding = roll.choice(_HOLDINGS[label])
        # A rail can lower what hangs on it; people and plinths come along the floor.
        entrances: tuple[Entrance, ...] = ("left", "right", "above") if holding == "hung" else ("left", "right")
        entrance = roll.choice(entrances)
        garment = Garment(label, holding, roll.getrandbits(32))
        return Passage(index, garment, entrance, self._starts_s(index), self._starts_s(index + 1))

    def passage_at(self, at_s: float) -> Passage:
        """The passage that runs `at_s` seconds (0 or more) after the scene's start."""
        if not 0 <= at_s < math.inf:
            raise ValueError(f"a scene is watched from 0 s on, not at {at_s} s")
        index = max(0, math.floor(at_s / PERIOD_S) - 1)
        while self._starts_s(index + 1) <= at_s:
            index += 1
        return self.passage(index)

    def view_at(self, at_s: float) -> View:
        """Where the garment is `at_s` seconds after the scene's start."""
        passage = self.passage_at(at_s)
        leaves_s = passage.ends_s - GAP_S
        if at_s >= leaves_s:
            return View(passage, *_away(passage.entrance), tilt_deg=0.0, present=False, settled=False)
        progress = min((at_s - passage.starts_s) / TRAVEL_S, (leaves_s - at_s) / TRAVEL_S, 1.0)
        # Smoothstep: it slows down before it halts, as a garment on a rail does.
        arrived = progress * progress * (3 - 2 * progress)
        stays_s = at_s - passage.starts_s - TRAVEL_S
        roll = dice("place", self.seed, passage.index)
        x = 0.5 + roll.uniform(-0.06, 0.06) + roll.uniform(-0.012, 0.012) * stays_s
        away_x, away_y = _away(passage.entrance)
        swing = roll.uniform(1.0, 2.5) if passage.garment.holding == "hung" else 0.0
        tilt = swing * math.exp(-max(stays_s, 0.0)) * math.sin(4 * stays_s) * arrived
        x, y = away_x + (x - away_x) * arrived, away_y + (0.5 - away_y) * arrived
        if passage.entrance == "above":
            x = 0.5 + roll.uniform(-0.04, 0.04)
        if passage.garment.holding == "worn":
            # Who walks goes up and down with each step, and stands still on arrival.
            y -= 0.01 * abs(math.sin(9 * at_s)) * (1 - arrived)
        return View(passage, x, y, tilt_deg=tilt, present=True, settled=progress >= 1.0)

    def truth_at(self, at_s: float) -> Label | None:
        """The label while the whole garment is in view; None while it comes, goes, or the shop is empty."""
        view = self.view_at(at_s)
        return view.passage.label if view.settled else None

    def _starts_s(self, index: int) -> float:
        # Boundaries move around a fixed beat instead of adding up, so that any moment is found in constant time.
        return 0.0 if index == 0 else index * PERIOD_S + dice("beat", self.seed, index).uniform(-JITTER_S, JITTER_S)


def _away(entrance: Entrance) -> tuple[float, float]:
    """The middle of the box when it is just out of the picture."""
    if entrance == "above":
        return 0.5, -BOX_HEIGHT / 2
    return (-BOX_WIDTH / 2, 0.5) if entrance == "left" else (1 + BOX_WIDTH / 2, 0.5)

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.adapters.drawing.garments import Cutout, Frame, cut_out, draw_garment
from agent.adapters.scene_camera import NOISE, PictureSize, SceneRenderer
from agent.adapters.scene_photos import write_drawn_photos
from agent.adapters.scene_video import FRAMES_A_SECOND, write_scene_video
from agent.fit import Pixels, load_picture
from agent.scene import GAP_S, LABELS, TRAVEL_S, Garment, Holding, Label, Scene

SMALL = PictureSize(120, 160)
HOLDINGS: tuple[Holding, ...] = ("hung", "worn", "laid")
NOISE_LIMIT = 7 * NOISE
"""What noise alone never reaches in a test's few frames."""


def settled_moment(scene: Scene, index: int) -> float:
    passage = scene.passage(index)
    return passage.starts_s + TRAVEL_S + 0.3 * (passage.ends_s - GAP_S - passage.starts_s - 2 * TRAVEL_S)


def difference(one: Pixels, other: Pixels) -> NDArray[np.int16]:
    return np.asarray(np.abs(one.astype(np.int16) - other.astype(np.int16)).max(axis=2), np.int16)


@pytest.mark.parametrize("size", [PictureSize(), PictureSize(640, 480), SMALL, PictureSize(160, 120)])
def test_a_frame_is_rgb_uint8_of_the_size_asked_for(size: PictureSize) -> None:
    frame = SceneRenderer(Scene(1), size).frame_at(2.0)
    assert frame.shape == (size.height, size.width, 3)
    assert frame.dtype == np.uint8


def test_the_default_picture_is_640_wide_and_480_high() -> None:
    assert PictureSize() == PictureSize(height=480, width=640)


@pytest.mark.parametrize(("height", "width"), [(10, 640), (480, 10_000)])
def test_a_picture_too_small_or_too_large_to_draw_is_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match="64 to 4096"):
        PictureSize(height, width)


@settings(max_examples=10, deadline=None)
@given(st.integers(min_value=0, max_value=2**32), st.floats(min_value=0, max_value=60))
def test_two_renderers_of_one_scene_draw_the_same_frame(seed: int, at_s: float) -> None:
    one, other = SceneRenderer(Scene(seed), SMALL), SceneRenderer(Scene(seed), SMALL)
    other.frame_at(30.0)  # what was drawn before does not matter
    assert np.array_equal(one.frame_at(at_s), other.frame_at(at_s))


def test_the_empty_gap_is_the_shop_and_a_little_noise() -> None:
    renderer = SceneRenderer(Scene(2), SMALL)
    gap_s = renderer.scene.passage(0).ends_s - GAP_S / 2
    distance = difference(renderer.frame_at(gap_s), renderer.shop)
    assert distance.max() <= NOISE_LIMIT
    assert distance.mean() > 0.5


def test_noise_changes_from_frame_to_frame_and_the_shop_does_not() -> None:
    renderer = SceneRenderer(Scene(2), SMALL)
    gap_s = renderer.scene.passage(0).ends_s - GAP_S / 2
    one, other = renderer.frame_at(gap_s), renderer.frame_at(gap_s + 0.1)
    assert not np.array_equal(one, other)
    assert difference(one, other).max() <= 2 * NOISE_LIMIT


@pytest.mark.parametrize("size", [SMALL, PictureSize(160, 120)])
@pytest.mark.parametrize("seed", range(4))
def test_a_settled_garment_is_wholly_in_view(seed: int, size: PictureSize) -> None:
    scene = Scene(seed)
    renderer = SceneRenderer(scene, size)
    for index in range(8):
        there = difference(renderer.frame_at(settled_moment(scene, index)), renderer.shop) > NOISE_LIMIT
        assert there.any()
        assert not there[:, 0].any()
        assert not there[:, -1].any()
        assert not there[-1].any()


def test_a_settled_garment_fills_most_of_a_landscape_picture_from_top_to_bottom() -> None:
    heights = []
    for seed in range(3):
        scene = Scene(seed)
        renderer = SceneRenderer(scene, SMALL)
        for index in range(8):
            there = difference(renderer.frame_at(settled_moment(scene, index)), renderer.shop) > NOISE_LIMIT
            rows = np.flatnonzero(there.any(axis=1))
            heights.append((rows[-1] - rows[0]) / SMALL.height)
    assert min(heights) > 0.5
    assert np.median(heights) > 0.75


def test_a_garment_that_comes_in_is_only_partly_in_view() -> None:
    scene = Scene(4)
    renderer = SceneRenderer(scene, SMALL)
    passage = next(p for p in map(scene.passage, range(20)) if p.entrance == "left")
    coming = difference(renderer.frame_at(passage.starts_s + 0.35 * TRAVEL_S), renderer.shop) > NOISE_LIMIT
    there = difference(renderer.frame_at(settled_moment(scene, passage.index)), renderer.shop) > NOISE_LIMIT
    assert 0 < coming.sum() < there.sum()


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("holding", HOLDINGS)
def test_every_garment_is_drawn_in_every_holding(label: Label, holding: Holding) -> None:
    for style_seed in range(4):
        drawn = cut_out(Garment(label, holding, style_seed), 160)
        assert drawn.pixels.shape[0] == 160
        assert drawn.pixels[:, :, 3].max() == pytest.approx(1.0, abs=0.01)
        assert np.isfinite(drawn.pixels).all()
        assert covered(drawn) > 0.15


def covered(drawn: Cutout) -> float:
    return float((drawn.pixels[:, :, 3] > 0.5).mean())


def test_another_style_seed_is_another_garment() -> None:
    one, other = (cut_out(Garment("sarees", "worn", seed), 100).pixels for seed in (1, 2))
    assert one.shape != other.shape or not np.allclose(one, other)


def test_a_garment_is_painted_only_inside_its_frame() -> None:
    canvas = np.full((200, 300, 3), 200, np.uint8)
    draw_garment(canvas, Garment("jeans", "hung", 5), frame=Frame(left=100, top=20, width=100, height=160))
    untouched = np.ones((200, 300), np.bool_)
    untouched[20:180, 100:200] = False
    assert (canvas[untouched] == 200).all()
    assert (canvas[20:180, 100:200] != 200).any()


def test_a_garment_larger_than_the_canvas_is_cut_at_its_edges() -> None:
    canvas = np.full((80, 60, 3), 200, np.uint8)
    draw_garment(canvas, Garment("other", "hung", 3), frame=Frame(left=-30, top=-20, width=120, height=120))
    assert canvas.shape == (80, 60, 3)
    assert (canvas != 200).any()


def test_drawn_photos_are_a_folder_a_label_that_reads_back(tmp_path: Path) -> None:
    written = write_drawn_photos(tmp_path, count_per_label=2, seed=1)
    assert written == 8
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == sorted(
        f"{label}/{number:04}.jpg" for label in LABELS for number in range(2)
    )
    for path in tmp_path.rglob("*.jpg"):
        assert load_picture(path).std() > 5


def test_drawn_photos_of_one_seed_are_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_drawn_photos(tmp_path / name, count_per_label=1, seed=9)
    for label in LABELS:
        one, two = ((tmp_path / name / label / "0000.jpg").read_bytes() for name in ("one", "two"))
        assert one == two


def test_a_scene_as_a_video_plays_back_as_it_was_drawn(tmp_path: Path) -> None:
    path = tmp_path / "scene.avi"
    write_scene_video(path, frames=3, seed=5)
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FPS) == FRAMES_A_SECOND
    renderer = SceneRenderer(Scene(5))
    for number in range(3):
        there, bgr = video.read()
        assert there
        drawn = renderer.frame_at(number / FRAMES_A_SECOND)
        assert np.median(difference(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), drawn)) < 12  # JPEG
    assert not video.read()[0]
    video.release()


def test_a_program_that_wrote_a_video_hears_no_chatter_when_a_camera_fails_later(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from agent.adapters.opencv_camera import OpenCvCamera\n"
        "from agent.adapters.scene_video import write_scene_video\n"
        "from agent.config import CameraConfig\n"
        "from agent.errors import CameraError\n"
        "from agent.ports import Clock\n"
        "write_scene_video(Path(sys.argv[1]), frames=1)\n"
        "try:\n"
        "    OpenCvCamera(CameraConfig(source='http://127.0.0.1:1/'), Clock())\n"
        "except CameraError as error:\n"
        "    sys.exit(error.message)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "scene.avi"],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == "http://127.0.0.1:1/: 127.0.0.1 cannot be reached on port 1: Connection refused\n"

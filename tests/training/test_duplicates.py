import hashlib
from pathlib import Path

import cv2
import numpy as np

from training.duplicates import near_duplicate_groups, shared_shots
from training.photos import Sample, read_photos


def scene(seed: int) -> np.ndarray:
    """A picture of a few smooth patches, unlike that of any other seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(patches, (160, 200), interpolation=cv2.INTER_CUBIC))


def photo(file: Path, pixels: np.ndarray, site: str = "a") -> Sample:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), pixels)
    return Sample(file, hashlib.sha256(file.read_bytes()).hexdigest(), 0, site)


def test_a_shot_scaled_and_compressed_again_is_in_the_group_of_the_first(tmp_path: Path) -> None:
    shots = [photo(tmp_path / f"{seed}.png", scene(seed)) for seed in range(6)]
    smaller = cv2.resize(scene(2), (112, 140), interpolation=cv2.INTER_AREA)
    again = [photo(tmp_path / "again.jpg", scene(2)), photo(tmp_path / "smaller.jpg", smaller)]
    assert near_duplicate_groups([*shots, *again]).tolist() == [0, 1, 2, 3, 4, 5, 2, 2]


def test_photos_that_show_nothing_are_not_taken_for_each_other(tmp_path: Path) -> None:
    blank = [photo(tmp_path / f"{shade}.png", np.full((40, 40, 3), shade, np.uint8)) for shade in (100, 101)]
    assert near_duplicate_groups(blank).tolist() == [0, 1]


def test_of_no_photos_there_are_no_groups() -> None:
    assert near_duplicate_groups([]).shape == (0,)


def test_reading_photos_looks_at_each_once_and_groups_without_the_files(tmp_path: Path) -> None:
    for label, seed in (("jeans", 1), ("sarees", 2)):
        photo(tmp_path / label / "a.png", scene(seed))
        photo(tmp_path / label / "b.jpg", scene(seed))
    samples = read_photos([tmp_path]).samples
    for sample in samples:
        sample.file.unlink()
    assert near_duplicate_groups(samples).tolist() == [0, 0, 1, 1]


def test_what_training_and_test_share_is_found_and_what_each_repeats_is_not(tmp_path: Path) -> None:
    training = [photo(tmp_path / "t1.png", scene(1)), photo(tmp_path / "t2.jpg", scene(1))]
    test = [photo(tmp_path / "o1.jpg", scene(9)), photo(tmp_path / "o2.png", scene(9))]
    assert shared_shots(training, test) == []
    leak = photo(tmp_path / "leak.jpg", cv2.resize(scene(1), (120, 150), interpolation=cv2.INTER_AREA))
    assert {(one.file.name, other.file.name) for one, other in shared_shots(training, [*test, leak])} == {
        ("t1.png", "leak.jpg"),
        ("t2.jpg", "leak.jpg"),
    }


def test_a_blank_photo_that_both_hold_is_shared_too(tmp_path: Path) -> None:
    blank = photo(tmp_path / "a.png", np.full((40, 40, 3), 9, np.uint8))
    assert len(shared_shots([blank], [blank])) == 1

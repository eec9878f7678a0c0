import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from scraper.errors import JobError
from scraper.shop import known_shops, load_shop


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(str(files("scraper") / "shops" / "amazon.in.toml"), tmp_path / "mine.toml"))


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize("name", known_shops())
def test_every_shop_that_comes_along_loads_and_searches_for_any_words(name: str) -> None:
    shop = load_shop(name)
    assert shop.name == name
    assert "red+saree" in shop.search_url("red saree")


def test_a_shop_of_ones_own_is_a_file_and_no_code(shop_file: Path) -> None:
    assert load_shop(str(shop_file)).name == "amazon.in"


def test_an_unknown_shop_is_answered_with_the_nearest_known_one() -> None:
    with pytest.raises(
        JobError, match=r"unknown shop 'amazn.in', and no path of a .toml file; did you mean 'amazon.in'\?"
    ):
        load_shop("amazn.in")


def test_a_bad_selector_is_named_with_its_file_and_line(shop_file: Path) -> None:
    change(shop_file, '"img.s-image",', '"img[s-image",')
    with pytest.raises(JobError, match=r"mine\.toml, line \d+: bad selector 'img\[s-image'"):
        load_shop(str(shop_file))


def test_a_bad_xpath_and_a_bad_pattern_are_named_likewise(shop_file: Path) -> None:
    change(shop_file, '"(.//h2)[last()]"', '"(.//h2[last()]"')
    with pytest.raises(JobError, match=r"line \d+: bad selector"):
        load_shop(str(shop_file))
    change(shop_file, '"(.//h2[last()]"', '"(.//h2)[last()]"')
    change(shop_file, "'/images/I/([^./]+)'", "'/images/I/([^./]+'")
    with pytest.raises(JobError, match=r"line \d+: bad pattern"):
        load_shop(str(shop_file))


def test_an_unknown_key_is_answered_with_its_line_and_the_nearest_known_one(shop_file: Path) -> None:
    change(shop_file, "sponsored = [", "sponsord = [")
    with pytest.raises(JobError, match=r"mine\.toml: line \d+: unknown key 'sponsord'; did you mean 'sponsored'\?"):
        load_shop(str(shop_file))


def test_a_missing_file_a_missing_key_and_broken_toml_are_one_line_each(tmp_path: Path, shop_file: Path) -> None:
    with pytest.raises(JobError, match="No such file"):
        load_shop(str(tmp_path / "none.toml"))
    change(shop_file, 'home = "https://www.amazon.in/"\n', "")
    with pytest.raises(JobError, match="missing required field `home`"):
        load_shop(str(shop_file))
    shop_file.write_text("name = ")
    with pytest.raises(JobError, match="not TOML"):
        load_shop(str(shop_file))

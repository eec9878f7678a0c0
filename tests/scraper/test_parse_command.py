import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scraper.cli import main
from tests.scraper import shop_pages
from tests.scraper.shop_pages import products


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["parse", *map(str, arguments)])


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "results.html"
    path.write_text(shop_pages.amazon(products(3), next_page="/s?k=saree&page=2"))
    return path


def test_json_is_one_object_a_page(page: Path) -> None:
    result = run("--shop", "amazon.in", "--json", page, page)
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first == second
    assert list(first) == ["path", "outcome", "items", "next"]
    assert list(first["items"][0]) == ["id", "image_url", "title", "sponsored", "position"]
    assert first["next"] == "https://www.amazon.in/s?k=saree&page=2"


def test_without_json_a_person_reads_a_table(page: Path) -> None:
    result = run("--shop", "amazon.in", page)
    assert "3 items" in result.stdout


@pytest.mark.parametrize(
    ("html", "outcome", "code"),
    [
        (shop_pages.NOTHING["amazon.in"], "EMPTY", 5),
        (shop_pages.WALLS["amazon dog"], "BLOCKED", 4),
        (f"<body>{shop_pages.PADDING}</body>", "LAYOUT_CHANGED", 3),
    ],
)
def test_every_outcome_has_its_exit_code_and_advice(page: Path, html: str, outcome: str, code: int) -> None:
    other = page.with_name("other.html")
    other.write_text(html)
    result = run("--shop", "amazon.in", "--json", page, other)
    assert result.exit_code == code
    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["OK", outcome]
    assert f"{other}: {outcome}: " in result.stderr


def test_a_page_that_is_not_there_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    result = run("--shop", "amazon.in", tmp_path / "none.html")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


def test_a_page_that_is_not_there_does_not_keep_the_others_from_being_read(tmp_path: Path, page: Path) -> None:
    result = run("--shop", "amazon.in", "--json", tmp_path / "none.html", page)
    assert (result.exit_code, len(result.stdout.splitlines())) == (3, 1)


def test_an_unknown_shop_is_exit_code_2(page: Path) -> None:
    assert run("--shop", "amason.in", page).exit_code == 2

from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli import main
from scraper.errors import JobError
from scraper.job import read_job

GOOD = '[[searches]]\nlabel = "jeans"\nshop = "amazon.in"\nquery = "jeans"\n'


def job(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.toml"
    path.write_text(text)
    return path


def test_the_reports_job_trains_on_one_shop_and_tests_on_another() -> None:
    plan, shops = read_job(Path(str(files("scraper") / "examples" / "report.toml")))
    assert {(search.label, search.shop) for search in plan.searches} == {
        (label, shop) for label in ("sarees", "jeans", "trousers") for shop in ("amazon.in", "flipkart.com")
    }
    assert sorted(shops) == ["amazon.in", "flipkart.com"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing required field `searches`"),
        ("searches = []", "no searches"),
        (GOOD.replace("query", "querry"), "line 4: unknown key 'querry'; did you mean 'query'?"),
        (
            GOOD.replace("amazon.in", "amazon.im"),
            "unknown shop 'amazon.im', and no path of a .toml file; did you mean 'amazon.in'?",
        ),
        (GOOD.replace('"jeans"\nshop', '"a/b"\nshop'), "label 'a/b' holds '/'"),
        (GOOD + 'url = "https://x"\n', "give exactly one of query, url and pages"),
        (GOOD + "limit = 0\n", "`int` >= 1"),
        (GOOD + GOOD, "two searches are the same"),
    ],
)
def test_a_mistake_in_a_job_is_one_line_that_says_what_is_right(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(JobError) as caught:
        read_job(job(tmp_path, text))
    assert words in caught.value.message
    assert str(tmp_path / "job.toml") in caught.value.message or "unknown shop" in words


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (GOOD.replace('query = "jeans"', 'pages = "nowhere"'), 2, "no saved page"),
        (GOOD.replace('query = "jeans"', 'url = "http://127.0.0.1:9/s"'), 4, "does not answer"),
    ],
)
def test_a_run_that_cannot_begin_ends_with_one_line_and_its_code(
    tmp_path: Path, text: str, code: int, words: str
) -> None:
    result = CliRunner().invoke(main, ["run", str(job(tmp_path, text)), "--out", str(tmp_path / "out")])
    assert (result.exit_code, words in result.stderr) == (code, True), result.output


def test_a_grid_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    page.write_text("<html></html>")
    text = GOOD.replace('query = "jeans"', f'url = "{page.as_uri()}"')
    saved = CliRunner().invoke(
        main, ["run", str(job(tmp_path, text)), "--out", str(tmp_path / "out"), "--remote", "http://127.0.0.1:9"]
    )
    assert saved.exit_code == 4
    assert "no browser at http://127.0.0.1:9" in saved.stderr
    assert "Traceback" not in saved.output


@pytest.mark.parametrize("command", ["", "run", "parse", "check", "split", "review"])
def test_every_help_page_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(main, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "vastra-scrape " in result.stdout.replace("Usage: main", "") or not command
    assert "Exit codes" in result.stdout or command == "parse"

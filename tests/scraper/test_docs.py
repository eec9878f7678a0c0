"""What docs/scraper.md shows works as shown."""

import re
from pathlib import Path

from click.testing import CliRunner

from scraper.cli import main
from scraper.job import read_job

DOCS = Path(__file__).parents[2] / "docs" / "scraper.md"


def snippets() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def test_the_job_of_the_docs_is_one(tmp_path: Path) -> None:
    job = tmp_path / "job.toml"
    job.write_text(next(text for text in snippets() if "[[searches]]" in text), encoding="utf-8")
    assert [search.label for search in read_job(job)[0].searches] == ["sarees"]


def test_the_least_shop_file_of_the_docs_reads_a_page(tmp_path: Path) -> None:
    snippet = next(text for text in snippets() if "[cards]" in text)
    shop, page = tmp_path / "shop.toml", tmp_path / "results.html"
    shop.write_text(snippet, encoding="utf-8")
    page.write_text('<li class="product" data-sku="7"><h3>Saree</h3><img class="photo" src="/7.jpg"></li>')
    result = CliRunner().invoke(main, ["parse", "--shop", str(shop), "--json", str(page)])
    assert result.exit_code == 0, result.output
    assert '"image_url":"https://shop.example/7.jpg"' in result.stdout

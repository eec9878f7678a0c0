"""What docs/scraper.md shows works as shown."""

import re
from pathlib import Path

from click.testing import CliRunner

from scraper.cli import main

DOCS = Path(__file__).parents[2] / "docs" / "scraper.md"


def test_the_least_shop_file_of_the_docs_reads_a_page(tmp_path: Path) -> None:
    snippet = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert snippet is not None
    shop, page = tmp_path / "shop.toml", tmp_path / "results.html"
    shop.write_text(snippet[1], encoding="utf-8")
    page.write_text('<li class="product" data-sku="7"><h3>Saree</h3><img class="photo" src="/7.jpg"></li>')
    result = CliRunner().invoke(main, ["parse", "--shop", str(shop), "--json", str(page)])
    assert result.exit_code == 0, result.output
    assert '"image_url":"https://shop.example/7.jpg"' in result.stdout

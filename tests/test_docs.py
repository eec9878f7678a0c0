import re
from pathlib import Path

from agent.config import read_config

DOCS = Path(__file__).parents[1] / "docs"


def test_the_configuration_in_the_docs_is_one_that_the_agent_reads(tmp_path: Path) -> None:
    text = re.search(r"```toml\n(.*?)```", (DOCS / "agent.md").read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    (tmp_path / "agent.toml").write_text(text[1], encoding="utf-8")
    assert read_config(tmp_path / "agent.toml").cameras[0].name == "door"


def test_every_link_in_the_readme_leads_somewhere() -> None:
    readme = DOCS.parent / "README.md"
    links = re.findall(r"\]\(([^)#]+)\)", readme.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (readme.parent / link).exists()] == []

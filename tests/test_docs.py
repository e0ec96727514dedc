"""The pages build without a warning, name every module, and link to what exists."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
MODULES = [
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in (ROOT / "src/smwm").rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    out = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", ROOT / "docs", out]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_every_module_is_in_the_reference(pages):
    for module in MODULES:
        page = pages / "reference" / f"{module}.html"
        assert page.is_file(), module
        assert f'id="module-{module}"' in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_page_is_reached(pages):
    index = (pages / "index.html").read_text()
    for path in (ROOT / "docs").glob("*.md"):
        assert f'href="{path.stem}.html"' in index or path.stem == "index"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_point_to_files(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_short_and_links_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1500
    elsewhere = {"index", "api", "changelog", "contributing"}
    names = {path.stem for path in (ROOT / "docs").glob("*.md")} - elsewhere
    assert {name for name in names if f"](docs/{name}.md)" not in text} == set()

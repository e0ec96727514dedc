"""The pages build without a warning, name every module, and link to what exists."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT

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


def test_every_module_is_in_the_reference(pages):
    for module in MODULES:
        page = pages / "reference" / f"{module}.html"
        assert page.is_file(), module
        assert f'id="module-{module}"' in page.read_text(encoding="utf-8")


def test_every_page_is_reached(pages):
    index = (pages / "index.html").read_text()
    for path in (ROOT / "docs").glob("*.md"):
        assert f'href="{path.stem}.html"' in index or path.stem == "index"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_point_to_files(name):
    text = (ROOT / name).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

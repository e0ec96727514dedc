"""The pages build without a warning, name every module, and link to what exists."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT, TINY_MODEL
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel

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


def test_the_table_of_tiles_has_the_numbers_that_were_measured():
    """Of each task: what the whole dataset has, and what 10,000 episodes would have."""
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    labels = {"two_room": "two rooms", "reacher": "reacher", "push_t": "Push-T", "cube": "cube"}
    table = pd.read_csv(ROOT / "figures/tiles.csv")
    assert set(table["env"]) == set(labels)
    for env, rows in table.groupby("env"):
        whole, told = rows[rows["from"] == "measured"].iloc[-1], rows[rows["from"] != "measured"]
        pixels = told["images"].iloc[0] * 3 * whole.image_size**2 / 1e9
        steps = whole.images / whole.episodes - 1
        numbers = (
            whole.tiles_an_image, whole.kb_an_image, whole.stored_kb_an_image, told["gb"].min(),
        )  # fmt: skip
        words = "| {} | {:,.0f} of {:.0f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} to {:.1f} | {:.0f} |"
        line = words.format(
            labels[env], whole.episodes, steps, *numbers, told["gb"].max(), pixels
        )  # fmt: skip
        assert line in page


def test_the_readme_is_short_and_links_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1500
    elsewhere = {"index", "api", "changelog", "contributing"}
    names = {path.stem for path in (ROOT / "docs").glob("*.md")} - elsewhere
    assert {name for name in names if f"](docs/{name}.md)" not in text} == set()


def python_blocks(path):
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def published_model(tmp_path, monkeypatch):
    """A tiny model of two rooms where that of the workflow would be."""
    monkeypatch.chdir(tmp_path)
    provenance = {"env": "two_room", "method": "smwm", "settings": {"block": 5}}
    path = tmp_path / "data/checkpoints/laptop/two_room/smwm/seed0.pt"
    save_model(path, WorldModel(TINY_MODEL, 16, 10), provenance)


@pytest.mark.usefixtures("published_model")
def test_the_readme_s_example_runs():
    images = np.zeros((2, 16, 16, 3), np.uint8)
    names = {"images": images, "now": images[0], "goal": images[1]}
    (block,) = python_blocks(ROOT / "README.md")
    exec(compile(block, "README.md", "exec"), names)
    assert names["latents"].shape == (2, 6)
    assert names["actions"].shape == (25, 2)


@pytest.mark.usefixtures("published_model")
def test_the_library_s_examples_run_one_after_another():
    pytest.importorskip("huggingface_hub")
    blocks = python_blocks(ROOT / "docs/library.md")
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/library.md", "exec"), names)
    assert names["latents"].shape == (1, 6)
    assert names["actions"].shape == (25, 2)
    assert names["model"].provenance["settings"]["steps"] == 20


def test_every_link_of_the_long_description_is_absolute():
    """PyPI and the wheel show it away from the repository."""
    text = (ROOT / "docs/library.md").read_text()
    links = re.findall(r"\]\(([^)]+)", text)
    assert links
    assert all(link.startswith("https://") for link in links)

import json
import re

import pytest

from browser import chromium, require_chromium
from smwm.__main__ import main
from smwm.figures.style import new_figure, save_figure

NARROW = 390  # CSS pixels of a phone
TEXT = """# Replication

| verdict | claim | metric | paper | ours | 95 % interval | seeds | rule | role |
|---|---|---|--:|--:|:-:|--:|---|---|
| reproduced | C1 | components above 1 % of the variance | 2 | 2 | 2 to 2 | 3 | kept | primary |
| not reproduced | C2 | ours & "theirs" | 2 | 1 | – | 1 | a_rule_without_a_space | supporting |

    snakemake --cores all --config scale=laptop -- figures/laptop/planning_success.csv

![first](first.png)
"""
TABLE = """claim,env,method,role,metric,ours,verdict
C6,two_room,smwm,primary,success minus sigreg [points],5.0,reproduced
C6,two_room,smwm,context,success [%],99.0,
C6,two_room,sigreg,context,success [%],94.0,
C6,cube,smwm,supporting,success [%],65.0,partly
C6,cube,smwm,primary,success minus sigreg [points],14.0,partly
C9,two_room,smwm,context,success [%],1.0,
C9,two_room,smwm,primary,fall [points],-9.0,partly
"""

HEADS = TEXT.splitlines()[2].strip("| ").split(" | ")


@pytest.fixture
def folder(tmp_path):
    for name in ("first", "second"):
        save_figure(new_figure(1, 1), tmp_path / name)
    (tmp_path / "replication.md").write_text(TEXT)
    (tmp_path / "replication.csv").write_text(TABLE)
    jobs = tmp_path / "benchmarks" / "train" / "two_room"
    jobs.mkdir(parents=True)
    for number, seconds in enumerate((60.0, 120.0)):
        (jobs / f"seed{number}.tsv").write_text(f"s\tmax_rss\n{seconds}\t{500 + number}.0\n")
    return tmp_path


def write(folder):
    figures = [str(folder / f"{name}.png") for name in ("first", "second")]
    words = ["--text", str(folder / "replication.md"), "--figures", *figures]
    words += ["--table", str(folder / "replication.csv")]
    words += ["--benchmarks", str(folder / "benchmarks"), "--run", str(folder / "run.md")]
    words += ["--out", str(folder)]
    return main(["figure", "report", *words])


def test_page_holds_every_figure_once_and_loads_nothing(folder):
    assert write(folder) == 0
    page = (folder / "replication.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 2
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in sources)
    assert "width=device-width" in page
    assert re.findall(r"<strong[^>]*>(.*?)</strong>", page) == ["reproduced", "not reproduced"]


def test_metrics_are_the_primary_endpoints_and_planning_success(folder):
    write(folder)
    assert json.loads((folder / "metrics.json").read_text()) == {
        "endpoints": {"reproduced": 1, "partly": 2, "not reproduced": 0},
        "success": {"two_room": {"smwm": 99.0, "sigreg": 94.0}, "cube": {"smwm": 65.0}},
    }


def test_a_table_without_its_columns_is_named(folder, capsys):
    (folder / "replication.csv").write_text("claim,env\n")
    assert write(folder) == 2
    assert f"{folder / 'replication.csv'}: " in capsys.readouterr().err


def test_every_cell_names_its_column(folder):
    assert write(folder) == 0
    page = (folder / "replication.html").read_text()
    columns = re.findall(r'<td data-column="([^"]*)"', page)
    assert columns == HEADS * 2
    assert page.count("<td") == len(columns)


def test_no_column_is_off_a_phone_s_screen(folder, tmp_path):
    require_chromium()
    assert write(folder) == 0
    with chromium(tmp_path / "profile") as page:
        for width in (NARROW, 1200):
            page.open(folder / "replication.html", width=width, touch=width == NARROW)
            edge = "Math.max(...[...document.querySelectorAll('td')].map(CELL))"
            edge = edge.replace("CELL", "cell => cell.getBoundingClientRect().right")
            assert page.run(edge) <= width
            assert page.run("document.documentElement.scrollWidth") <= width
        assert not page.complaints


def test_times_memory_and_versions_stand_apart_from_the_page(folder):
    write(folder)
    page = (folder / "replication.html").read_bytes()
    text = (folder / "run.md").read_text(encoding="utf-8")
    assert "| train | 2 | 3.0 | 2.0 | 501 |" in text
    assert "All jobs together took 3 min" in text
    assert re.search(r"torch \d", text)
    times = folder / "benchmarks" / "train" / "two_room" / "seed0.tsv"
    times.write_text("s\tmax_rss\n600.0\t900.0\n")
    write(folder)
    assert (folder / "replication.html").read_bytes() == page
    assert "| train | 2 | 12.0 | 10.0 | 900 |" in (folder / "run.md").read_text(encoding="utf-8")


def test_missing_figure_and_text_are_named(folder, capsys):
    (folder / "first.png").unlink()
    assert write(folder) == 2
    assert "first.png: a figure of the report is missing" in capsys.readouterr().err
    assert not (folder / "replication.html").exists()
    (folder / "replication.md").unlink()
    assert write(folder) == 2
    assert "replication.md: not a readable report" in capsys.readouterr().err

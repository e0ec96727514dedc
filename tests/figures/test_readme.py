"""What the pages say of the results is what the committed tables say."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT
from smwm.__main__ import main
from smwm.analysis.verdicts import VERDICTS
from smwm.figures.readme import MARK, PAGES, PARTS, claims, success, verdicts

LAPTOP = ROOT / "figures/laptop"


def write(page, folder, *more):
    return main(["readme", "--pages", str(page), "--figures", str(folder), *more])


@pytest.fixture
def page(tmp_path):
    return Path(shutil.copy(ROOT / "docs/results.md", tmp_path))


@pytest.fixture
def folder(tmp_path):
    """The committed tables, to be changed."""
    shutil.copytree(LAPTOP, tmp_path / "figures" / "laptop")
    shutil.copy(LAPTOP.parent / "benchmark.csv", tmp_path / "figures")
    return tmp_path / "figures" / "laptop"


def test_the_pages_agree_with_the_committed_tables(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["readme", "--figures", "figures/laptop", "--check"]) == 0
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert {match[2] for text in texts for match in MARK.finditer(text)} == set(PARTS)


def test_a_number_changed_by_hand_is_noticed_and_mended(page, capsys):
    before = page.read_text(encoding="utf-8")
    part = next(match[3] for match in MARK.finditer(before) if match[2] == "distractors")
    kinder = re.sub(r"\d+", "99", part, count=1)
    assert kinder != part
    page.write_text(before.replace(part, kinder), encoding="utf-8")
    assert write(page, LAPTOP, "--check") == 2
    assert "disagrees with the tables" in capsys.readouterr().err
    assert kinder in page.read_text(encoding="utf-8")
    assert write(page, LAPTOP) == 0
    assert page.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", ["replication", "distractors", "baselines", "../benchmark"])
def test_each_table_is_heard(page, folder, name):
    path = folder / f"{name}.csv"
    table = pd.read_csv(path)
    column = {"replication": "ours", "distractors": "value", "baselines": "success_rate"}
    column = column.get(name, "ratio")
    table[column] = table[column] + 7
    table.to_csv(path, index=False)
    assert write(page, folder, "--check") == 2


def test_every_claim_is_told_with_its_verdict_and_every_primary_row():
    table = pd.read_csv(LAPTOP / "replication.csv")
    lines = claims(LAPTOP)
    assert [re.match(r"- \*\*(\w+), ", line)[1] for line in lines] == list(
        dict.fromkeys(table["claim"])
    )
    for claim, line in zip(dict.fromkeys(table["claim"]), lines, strict=True):
        primary = table[(table["claim"] == claim) & (table["role"] == "primary")]
        told = re.findall("|".join(sorted(VERDICTS, key=len, reverse=True)), line)
        rows = [row for _, group in primary.groupby("metric", sort=False)
                for row in group["verdict"]]  # fmt: skip
        assert told[1:] == rows
        if len(set(primary["verdict"])) == 1:
            assert told[0] == primary["verdict"].iloc[0]
        else:
            assert told[0] == "partly"


def test_success_stands_beside_the_papers():
    table = pd.read_csv(LAPTOP / "replication.csv")
    chosen = (table["metric"] == "success [%]") & (table["env"] == "cube")
    row = table[chosen & (table["method"] == "smwm")].iloc[0]
    (line,) = (line for line in success(LAPTOP) if "Cube" in line)
    expected = f"{row.ours:.3g} ({row.ci_low:.3g} to {row.ci_high:.3g}; paper {row.paper:.3g})"
    assert expected in line


def test_unknown_marks_and_missing_tables_are_named(page, tmp_path, capsys):
    assert write(page, tmp_path) == 2
    assert "replication.csv: not a table of results" in capsys.readouterr().err
    page.write_text("<!-- smwm readme: praise -->\n<!-- end -->\n")
    assert write(page, LAPTOP) == 2
    assert "mark 'praise' is unknown, allowed: success, verdicts" in capsys.readouterr().err


def test_every_primary_row_is_counted_beside_its_claims_verdict():
    table = pd.read_csv(LAPTOP / "replication.csv")
    primary = table[table["role"] == "primary"]
    for line in verdicts(LAPTOP)[2:]:
        claim, _, verdict, found = (cell.strip() for cell in line.strip("|").split("|"))
        counts = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+)", found)}
        rows = primary.loc[primary["claim"] == claim, "verdict"]
        assert counts == rows.value_counts().to_dict()
        assert verdict == f"**{rows.iloc[0] if len(set(rows)) == 1 else 'partly'}**"

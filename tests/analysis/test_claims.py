from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.claims import (
    CLAIMS,
    COLUMNS,
    Evidence,
    collapse_rows,
    planning_rows,
    replication_table,
)
from smwm.analysis.rules import REPRODUCED


def table_of(evidence):
    return replication_table(evidence, (planning_rows, collapse_rows))


def record(method, seed, rate):
    solved = [i < rate for i in range(100)]
    return {"env": "two_room", "method": method, "seed": seed, "solved": solved}


@pytest.fixture
def evidence():
    rates = {"smwm": 99, "sigreg": 92, "forward_only": 30, "random": 25}
    spreads = {"smwm": 1.0, "sigreg": 1.0, "forward_only": 0.01}
    return Evidence(
        records=[record(m, s, r + s) for m, r in rates.items() for s in (0, 1)],
        spectra=pd.DataFrame(
            [
                {"env": "two_room", "method": m, "seed": s, "embedding_std": std * (1 + 0.01 * s),
                 "effective_rank": 2.0}
                for m, std in spreads.items() for s in (0, 1)
            ]
        ),
        paper=pd.DataFrame(
            [{"env": "two_room", "method": m, "seed": 0, "success_rate": float(r)}
             for m, r in {"smwm": 100, "sigreg": 92, "forward_only": 35, "random": 30}.items()]
        ),
        scale="smoke",
    )  # fmt: skip


def test_table_of_the_expected_result(evidence):
    table = table_of(evidence)
    assert tuple(table.columns) == COLUMNS
    by_metric = table.set_index(["claim", "method", "metric"])
    row = by_metric.loc["C6", "smwm", "success [%]"]
    assert (row.paper, row.ours, row.n, row.verdict) == (100, 99.5, 200, REPRODUCED)
    assert row.ci_low < 99.5 < row.ci_high
    row = by_metric.loc["C6", "smwm", "success minus forward_only [points]"]
    assert (row.paper, row.ours, row.verdict) == (65, pytest.approx(69), REPRODUCED)
    row = by_metric.loc["C1", "forward_only", "embedding std [% of SMWM's]"]
    assert np.isnan(row.paper)
    assert row.ours == pytest.approx(1.0)
    assert row.verdict == REPRODUCED
    row = by_metric.loc["C1", "forward_only", "success minus random [points]"]
    assert (row.ours, row.verdict) == (pytest.approx(5), REPRODUCED)
    assert table["claim"].tolist() == sorted(table["claim"], key=list(CLAIMS).index)
    assert table["command"].str.startswith("snakemake --cores all --config scale=smoke").all()


def test_methods_that_were_not_run_leave_no_row(evidence):
    kept = [r for r in evidence.records if r["method"] in ("smwm", "random")]
    table = table_of(Evidence(kept, evidence.spectra, evidence.paper, "smoke"))
    assert set(table["method"]) == {"smwm", "random"}
    assert set(table["claim"]) == {"C6"}


@pytest.mark.parametrize(("env", "rule"), [("two_room", "parity"), ("cube", "better")])
def test_sigreg_is_matched_on_the_2d_tasks_and_beaten_on_the_cube(evidence, env, rule):
    moved = replace(
        evidence,
        records=[one | {"env": env} for one in evidence.records],
        spectra=evidence.spectra.assign(env=env),
    )
    table = table_of(moved).set_index(["claim", "metric"])
    assert table.loc["C6", "success minus sigreg [points]"]["rule"] == rule

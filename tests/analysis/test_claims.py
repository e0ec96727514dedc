import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.claims import COLUMNS, NOT, PARTLY, REPRODUCED, RULES, Evidence
from smwm.analysis.claims import replication_table as table_of
from smwm.analysis.intervals import Estimate

NAN = math.nan


@pytest.mark.parametrize(
    ("rule", "estimate", "paper", "verdict"),
    [
        ("level", (96, 90, 99), 98, REPRODUCED),
        ("level", (88, 82, 93), 100, PARTLY),
        ("level", (40, 17, 69), 60, PARTLY),
        ("level", (60, 50, 70), 100, NOT),
        ("parity", (2, -5, 9), 0, REPRODUCED),
        ("parity", (-5, -12, 2), 0, PARTLY),
        ("parity", (-15, -22, -8), 0, NOT),
        ("better", (20, 5, 35), 23, REPRODUCED),
        ("better", (8, -5, 21), 23, PARTLY),
        ("better", (-3, -16, 10), 23, NOT),
        ("superiority", (60, 50, 70), 60, REPRODUCED),
        ("superiority", (15, 5, 25), 60, PARTLY),
        ("superiority", (5, -5, 15), 60, NOT),
        ("near_random", (-4, -16, 8), 5, REPRODUCED),
        ("near_random", (-4, -53, 45), 5, PARTLY),
        ("near_random", (50, 38, 60), 5, NOT),
        ("collapsed", (1, 0.5, 1.5), NAN, REPRODUCED),
        ("collapsed", (1, NAN, NAN), NAN, PARTLY),
        ("collapsed", (4, 1, 7), NAN, PARTLY),
        ("collapsed", (60, 50, 70), NAN, NOT),
        ("one_direction", (1.2, 1.1, 1.3), 2.2, REPRODUCED),
        ("one_direction", (1.9, 1.5, 2.3), 2.2, PARTLY),
        ("one_direction", (12, 10, 14), 2.2, NOT),
    ],
)
def test_rules(rule, estimate, paper, verdict):
    assert RULES[rule].judge(Estimate(*estimate), paper) == verdict


def test_every_rule_has_a_test_of_every_outcome():
    mark = test_rules.pytestmark[0]
    tested = {(case[0], case[3]) for case in mark.args[1]}
    assert tested == {(rule, v) for rule in RULES for v in (REPRODUCED, PARTLY, NOT)}


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
    table, words = table_of(evidence)
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
    assert len(words) == table.groupby(["claim", "metric"]).ngroups
    assert table["command"].str.startswith("snakemake --cores all --config scale=smoke").all()


def test_methods_that_were_not_run_leave_no_row(evidence):
    kept = [r for r in evidence.records if r["method"] in ("smwm", "random")]
    table, _ = table_of(Evidence(kept, evidence.spectra, evidence.paper, "smoke"))
    assert set(table["method"]) == {"smwm", "random"}
    assert set(table["claim"]) == {"C6"}


@pytest.mark.parametrize(("env", "rule"), [("two_room", "parity"), ("cube", "better")])
def test_sigreg_is_matched_on_the_2d_tasks_and_beaten_on_the_cube(evidence, env, rule):
    moved = replace(
        evidence,
        records=[one | {"env": env} for one in evidence.records],
        spectra=evidence.spectra.assign(env=env),
    )
    _, words = table_of(moved)
    metric = "C6, success minus sigreg [points]"
    assert words[metric + (" (cube)" if env == "cube" else "")] == RULES[rule].words

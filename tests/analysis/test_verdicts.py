import math

import pandas as pd
import pytest

from smwm.analysis.intervals import Estimate
from smwm.analysis.verdicts import (
    COLUMNS,
    NOT,
    PARTLY,
    REPRODUCED,
    RULES,
    VERDICTS,
    Row,
    judge,
    judged,
    overall,
)

NAN = math.nan
R, P, N = REPRODUCED, PARTLY, NOT


def row(rule="", estimate=(1, 1, 1), reference=NAN, apart=NAN, seeds=3, **more):
    return Row(
        claim="C1", env="two_room", metric="m", estimate=Estimate(*estimate), seeds=seeds,
        figure="folding", rule=rule, reference=reference, levels_apart=apart, **more,
    )  # fmt: skip


# Each threshold just inside and just outside the words of its rule.
CASES = [
    ("level", (95, 90, 99), 100, R), ("level", (94.9, 90, 99), 100, P),
    ("level", (105, 90, 110), 100, R), ("level", (85, 80, 90), 100, P),
    ("level", (84.9, 80, 90), 100, N), ("level", (40, 17, 60), 60, P),
    ("level", (40, 17, 59), 60, N),
    ("better", (20, 0.1, 35), 23, R), ("better", (20, 0, 35), 23, P), ("better", (0, -9, 9), 23, N),
    ("superiority", (60, 20.1, 70), 60, R), ("superiority", (60, 20, 70), 60, P),
    ("superiority", (15, 0.1, 25), 60, P), ("superiority", (15, 0, 25), 60, N),
    ("near_random", (0, -20, 20), 5, R), ("near_random", (0, -20.1, 9), 5, P),
    ("near_random", (0, -9, 20.1), 5, P), ("near_random", (20, 0, 40), 5, P),
    ("near_random", (20.1, 0, 40), 5, N), ("near_random", (-20.1, -40, 0), 5, N),
    ("unharmed", (-5, -9.9, 0), NAN, R), ("unharmed", (-5, -10, 0), NAN, P),
    ("unharmed", (-9.9, -20, 0), NAN, P), ("unharmed", (-10, -20, 0), NAN, N),
    ("collapsed", (1, 0.5, 4.9), NAN, R), ("collapsed", (1, 0.5, 5), NAN, P),
    ("collapsed", (19.9, 1, 40), NAN, P), ("collapsed", (20, 1, 40), NAN, N),
    ("nearly_all", (98, 95.1, 100), NAN, R), ("nearly_all", (98, 95, 100), NAN, P),
    ("nearly_all", (90.1, 80, 98), NAN, P), ("nearly_all", (90, 80, 98), NAN, N),
    ("kept", (0.99, 0.951, 1), NAN, R), ("kept", (0.99, 0.95, 1), NAN, P),
    ("kept", (0.81, 0.7, 0.9), NAN, P), ("kept", (0.8, 0.7, 0.9), NAN, N),
    ("dropped", (0.01, -0.1, 0.099), NAN, R), ("dropped", (0.01, -0.1, 0.1), NAN, P),
    ("dropped", (0.299, 0.1, 0.5), NAN, P), ("dropped", (0.3, 0.1, 0.5), NAN, N),
    ("alike", (0.98, 0.91, 1.05), 1.0, R), ("alike", (0.98, 0.89, 1.05), 1.0, P),
    ("alike", (0.1, 0.0, 0.21), 0.1, P), ("alike", (0.71, 0.5, 0.9), 1.0, P),
    ("alike", (0.69, 0.5, 0.9), 1.0, N), ("alike", (0.9, 0.85, 0.95), 0.1, N),
    ("probe", (0.951, 0.5, 1), 1.0, R), ("probe", (0.949, 0.5, 1), 1.0, P),
    ("probe", (0.801, 0.5, 1), 1.0, P), ("probe", (0.799, 0.5, 1), 1.0, N),
    ("commutes", (8, 6, 14.9), NAN, R), ("commutes", (8, 6, 15), NAN, P),
    ("commutes", (29.9, 10, 50), NAN, P), ("commutes", (30, 10, 50), NAN, N),
    ("count", (4, 4, 4), 4, R), ("count", (4.33, 4, 5), 4, P), ("count", (4, 3, 5), 4, P),
    ("count", (5, 5, 5), 4, P), ("count", (5.1, 5, 6), 4, N), ("count", (2, 2, 2), 4, N),
    ("unfolded", (90, 80.1, 99), NAN, R), ("unfolded", (90, 80, 99), NAN, P),
    ("unfolded", (50.1, 30, 99), NAN, P), ("unfolded", (50, 30, 99), NAN, N),
    ("matters_little", (-8, -19.9, 1), NAN, R), ("matters_little", (-8, -20, 1), NAN, P),
    ("matters_little", (-19.9, -30, 1), NAN, P), ("matters_little", (-20, -30, 1), NAN, N),
    ("fails", (-70, -80, -20.1), NAN, R), ("fails", (-70, -80, -20), NAN, P),
    ("fails", (-25, -40, -0.1), NAN, P), ("fails", (-25, -40, 0), NAN, N),
    ("same_fall", (-22, -33, -11), -32, R), ("same_fall", (-21.9, -33, -11), -32, P),
    ("same_fall", (-25, -31, -11), -32, P), ("same_fall", (-12, -20, -4), -32, P),
    ("same_fall", (-11.9, -20, -4), -32, N), ("same_fall", (0, -33, 33), -32, P),
]  # fmt: skip
PARITY = [  # with how far the levels lie from the paper's
    ((0, -10, 10), 15, R), ((0, -10.1, 9), 15, P), ((0, -9, 10.1), 15, P), ((0, -10, 10), 15.1, P),
    ((10, 0, 20), 15, P), ((10, 0, 20), 15.1, N), ((10.1, 0, 20), 15, N), ((-10.1, -20, 0), 15, N),
    ((27, 15, 39), 5, N), ((0, -10, 10), NAN, P),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "estimate", "reference", "verdict"), CASES)
def test_rules(rule, estimate, reference, verdict):
    assert judge(row(rule, estimate, reference)) == verdict


@pytest.mark.parametrize(("estimate", "apart", "verdict"), PARITY)
def test_parity_is_two_sided_and_asks_for_the_papers_levels(estimate, apart, verdict):
    assert judge(row("parity", estimate, 3.6, apart)) == verdict


def test_every_rule_has_a_test_of_every_outcome():
    tested = {(case[0], case[3]) for case in CASES} | {("parity", case[2]) for case in PARITY}
    assert tested == {(rule, verdict) for rule in RULES for verdict in VERDICTS}


@pytest.mark.parametrize(
    ("rule", "estimate", "reference", "apart"),
    [
        *((case[0], case[1], case[2], NAN) for case in CASES if case[3] == R),
        ("parity", (0, -10, 10), 3.6, 15),
    ],
)
def test_one_seed_or_no_interval_reproduces_nothing(rule, estimate, reference, apart):
    assert judge(row(rule, estimate, reference, apart)) == REPRODUCED
    assert judge(row(rule, estimate, reference, apart, seeds=1)) == PARTLY
    bare = (estimate[0], NAN, NAN)
    assert judge(row(rule, bare, reference, apart)) != REPRODUCED


def test_one_seed_that_misses_a_count_by_one_is_wrong():
    assert judge(row("count", (5, NAN, NAN), 4, seeds=1)) == NOT


def test_the_papers_number_is_the_reference_unless_another_is_given():
    shared = {"rule": "level", "estimate": (50, 40, 60)}
    assert judge(row(**shared, reference=None, paper=50)) == REPRODUCED
    assert judge(row(**shared, reference=50, paper=90)) == REPRODUCED
    assert judge(row(**shared, reference=None, paper=90)) == NOT


def test_context_has_no_verdict_and_counts_for_nothing():
    rows = [row("kept", (1, 0.99, 1), primary=True), row("kept", (0, 0, 0)), row()]
    table = judged(rows, "smoke")
    assert tuple(table.columns) == COLUMNS
    assert table["role"].tolist() == ["primary", "supporting", "context"]
    assert table["verdict"].tolist() == [REPRODUCED, NOT, ""]
    assert overall(table, "C1") == REPRODUCED


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [((R, R), R), ((N, N), N), ((R, N), P), ((R, P), P), ((P, N), P), ((), P)],
)
def test_a_claims_verdict_is_what_its_primary_rows_agree_on(verdicts, expected):
    rows = [("C1", "primary", verdict) for verdict in verdicts]
    rows += [("C1", "supporting", N), ("C2", "primary", N)]
    table = pd.DataFrame(rows, columns=["claim", "role", "verdict"])
    assert overall(table, "C1") == expected


def test_a_row_tells_how_it_was_made():
    (line,) = judged([row("kept", tasks=100)], "smoke").itertuples()
    assert line.command == (
        "snakemake --cores all --config scale=smoke -- figures/smoke/folding.csv"
    )
    assert (line.seeds, line.n) == (3, 300)

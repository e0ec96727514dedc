import pandas as pd
import pytest

from smwm.analysis.evidence import Evidence


@pytest.fixture
def evidence():
    success = [("cube", "smwm", 0, 80.0), ("two_room", "smwm", 1, 90.0),
               ("two_room", "smwm", 0, 90.0), ("two_room", "random", 0, 20.0)]  # fmt: skip
    difference = [("two_room", "smwm", "random", 70.0)]
    return Evidence(
        None,
        {
            "planning_success": pd.DataFrame(success, columns=["env", "method", "seed", "mean"]),
            "planning_differences": pd.DataFrame(
                difference, columns=["env", "method", "other", "difference"]
            ),
        },
    )


def test_environments_come_in_the_projects_order(evidence):
    assert evidence.envs == ["two_room", "cube"]


def test_methods_that_planned_have_a_row_each_in_the_order_asked(evidence):
    found = evidence.planned("two_room", ("random", "sigreg", "smwm"))
    assert [(name, row.mean) for name, row in found.items()] == [("random", 20), ("smwm", 90)]
    assert list(evidence.planned("cube", ("smwm", "random"))) == ["smwm"]


def test_a_difference_is_of_both_methods_in_their_order(evidence):
    assert evidence.difference("two_room", "smwm", "random").difference == 70
    assert evidence.difference("two_room", "random", "smwm") is None
    assert evidence.difference("cube", "smwm", "random") is None


def test_without_tables_there_is_nothing():
    empty = Evidence(None)
    assert empty.envs == []
    assert empty.planned("cube", ("smwm",)) == {}
    assert empty.difference("cube", "smwm", "random") is None
    with pytest.raises(ValueError, match="not in CLAIM_TABLES"):
        empty.table("other")


def test_numbers_over_seeds_are_found_by_key():
    rows = [("a", "two_room", "smwm", "spread", 1), ("a", "two_room", "sigreg", "spread", 2),
            ("a", "cube", "smwm", "spread", 3), ("a", "cube", "smwm", "reach", 4),
            ("b", "cube", "smwm", "reach", 5)]  # fmt: skip
    names = ["table", "domain", "method", "quantity", "value"]
    numbers = Evidence(None, {"over_seeds": pd.DataFrame(rows, columns=names)}).numbers
    assert [row.value for row in numbers("a", "spread")] == [1, 2, 3]
    assert [row.value for row in numbers("a", "spread", method="smwm")] == [1, 3]
    assert [row.value for row in numbers("a", "reach", domain="cube")] == [4]
    assert numbers("c", "reach") == Evidence(None).numbers("a", "reach") == []

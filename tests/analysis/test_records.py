import numpy as np
import pytest

from smwm.analysis.records import (
    outcomes,
    planning_table,
    rates_by,
    read_records,
    settings_behind,
)
from smwm.errors import InputError
from synthetic import write_record

SOLVED = {0: [1, 1, 1, 0], 1: [0, 0, 0, 0], 2: [1, 0, 0, 0]}  # by seed


@pytest.fixture(params=[(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def records(request, tmp_path):
    """One environment and method, its files in some order of the seeds; and another method."""
    paths = [
        write_record(tmp_path / f"{seed}.json", "two_room", SOLVED[seed], seed=seed)
        for seed in request.param
    ]
    other = write_record(tmp_path / "other.json", "two_room", [1, 1, 1, 1], "random")
    return read_records([*paths, other])


def test_outcomes_are_in_the_order_of_the_seeds_whatever_that_of_the_files(records):
    found = outcomes(records, "two_room", "smwm")
    np.testing.assert_array_equal(found, np.array(list(SOLVED.values()), bool))
    assert outcomes(records, "two_room", "random").tolist() == [[True] * 4]
    assert not len(outcomes(records, "cube", "smwm"))


def test_rates_are_of_all_seeds_and_tasks_of_a_key(records):
    rows = rates_by(lambda record: (record["method"],), records)
    assert [row[:4] for row in rows] == [
        ("random", 1, 4, 100.0),
        ("smwm", 3, 4, pytest.approx(100 / 3)),
    ]


def test_shares_of_a_seed_are_of_its_own_tasks(records):
    table = planning_table(records).set_index(["method", "seed"])
    assert table["success_rate"].to_dict() == {
        ("smwm", 0): 75, ("smwm", 1): 0, ("smwm", 2): 25, ("random", 0): 100,
    }  # fmt: skip


def test_a_rate_of_the_rest_needs_a_rest(tmp_path):
    path = write_record(tmp_path / "a.json", "cube", [1, 1], solved_at_start=[True, True])
    assert planning_table(read_records([path]))["success_rate_rest"].isna().all()


def test_a_run_that_is_there_twice_is_refused(tmp_path):
    paths = [write_record(tmp_path / f"{name}.json", "cube", [1, 0]) for name in "ab"]
    with pytest.raises(InputError, match=r"b\.json: the same run as .*a\.json"):
        read_records(paths)


def test_planning_table_by_hand(tmp_path):
    start = {"solved_at_start": [True, False, False, False]}
    path = write_record(tmp_path / "a.json", "two_room", [1, 1, 0, 0], seed=3, **start)
    row = planning_table(read_records([path])).iloc[0]
    assert row["episodes"] == 4
    assert row["success_rate"] == 50
    assert row["solved_at_start"] == 25
    assert row["success_rate_rest"] == pytest.approx(100 / 3)
    assert row["replay_success"] == 100


def test_seeds_with_other_settings_are_not_said_to_share_them(tmp_path):
    model = {"settings": {"weight": 1.0}}
    records = [
        {"env": "cube", "method": "smwm", "seed": seed, "settings": {}, "model": model}
        for seed in (0, 1, 2)
    ]
    records[1]["settings"] = {"budget": 9}
    assert [group["seeds"] for group in settings_behind(records)] == [[0, 2], [1]]


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "record.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"record\.json: not a record of `smwm plan`"):
        read_records([path])

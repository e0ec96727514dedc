import json
import math

import pandas as pd
import pytest

from smwm.measures.over_seeds import COLUMNS, over_seeds_table
from synthetic import measured, not_measured, read_csv, written

WORLD = ["world", "seed", "controllable_dof", "effective_dim", "r2_controlled", "r2_distractor"]
DOT = ["method", "seed", "component", "variance", "share", "r2_position"]


def numbers(**tables):
    """Value by domain, method and quantity."""
    table = over_seeds_table(tables)
    keys = zip(table["domain"], table["method"], table["quantity"], strict=True)
    return dict(zip(keys, table["value"], strict=True))


def test_spread_is_a_ratio_of_the_same_seeds():
    rows = [("cube", "forward_only", 1, 0.04, 0), ("cube", "smwm", 0, 1.0, 3),
            ("cube", "smwm", 1, 4.0, 3), ("cube", "forward_only", 0, 0.01, 2)]  # fmt: skip
    names = ["env", "method", "seed", "embedding_std", "components"]
    table = over_seeds_table({"collapse": pd.DataFrame(rows, columns=names)})
    spread, left = table.itertuples()
    assert (spread.domain, spread.method, spread.seeds) == ("cube", "forward_only", 2)
    assert spread.value == spread.ci_low == spread.ci_high == pytest.approx(1)  # % in each seed
    assert (left.value, left.ci_low, left.ci_high) == (1, 0, 2)  # a count has its range


def test_one_dot_by_hand():
    rows = [
        (method, seed, component, scale * variance, share, 0.9 + 0.02 * seed)
        for method, scale in (("smwm", 1.0), ("forward_only", 0.0001))
        for seed in (0, 1)
        for component, variance, share in ((1, 2.0, 60.0), (2, 1.0, 30.0), (3, 1.0, 10.0))
    ]
    found = numbers(dot_geometry=pd.DataFrame(rows, columns=DOT))
    assert found["single_dot", "forward_only", "spread"] == pytest.approx(1)
    assert found["single_dot", "smwm", "share"] == 90
    assert found["single_dot", "smwm", "r2_linear"] == pytest.approx(0.91)
    alone = pd.DataFrame(rows[:6], columns=DOT)
    assert ("single_dot", "forward_only", "spread") not in numbers(dot_geometry=alone)


def test_the_last_step_of_a_rollout_counts():
    rows = [("smwm", seed, step, 10.0 * step + seed) for seed in (0, 1) for step in (1, 5)]
    table = pd.DataFrame(rows, columns=["method", "seed", "step", "error"])
    (row,) = over_seeds_table({"latent_rollout": table}).itertuples()
    assert (row.value, row.of, row.seeds) == (50.5, "5 steps", 2)
    assert row.ci_low < 50 < 51 < row.ci_high


def test_what_a_world_lacks_has_no_number():
    rows = [("coupled", seed, 2, 2, 0.9, math.nan) for seed in (0, 1)]
    found = numbers(latent_dimension=pd.DataFrame(rows, columns=WORLD))
    assert found["coupled", "smwm", "controllable_dof"] == 2
    assert ("coupled", "smwm", "r2_distractor") not in found


def test_every_bin_of_a_model_tells_its_reach_once():
    names = ["env", "method", "seed", "unit", "reach", "reach_share"]
    rows = [("reacher", "smwm", seed, "degrees", 10.0 + seed, 50.0) for seed in (0, 0, 0, 3)]
    found = numbers(folding=pd.DataFrame(rows, columns=names))
    assert found["reacher", "smwm", "reach"] == 11.5


def test_table_carries_the_settings_behind_it_once(tmp_path):
    model = {"checkpoint_sha256": "a", "model": {"env": "cube"}}
    rows = [("cube", seed, 4) for seed in (0, 1)]
    counts = written(
        tmp_path / "embeddings_smwm.csv", rows, ["env", "seed", "effective_dim"], [model]
    )
    steps = written(tmp_path / "latent_rollout.csv", [(0, 5, 1.0)], ["seed", "step", "error"],
                    [model])  # fmt: skip
    path = measured("over_seeds", tmp_path / "out", tables=[steps, counts])
    table = read_csv(path)
    assert tuple(table) == COLUMNS
    assert table["table"].tolist() == ["latent_rollout", "embeddings_smwm"]
    assert json.loads(path.with_suffix(".json").read_text())["settings"] == [model]


@pytest.mark.parametrize(
    ("name", "words"),
    [("folding", "lacks env, method"), ("other", "'other' is unknown, allowed: collapse")],
)
def test_other_tables_are_refused(name, words, tmp_path, capsys):
    path = written(tmp_path / "in" / f"{name}.csv", {"seed": [0]})
    assert words in not_measured(capsys, "over_seeds", tmp_path / "out", tables=[path])

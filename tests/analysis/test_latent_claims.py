import math

import pandas as pd
import pytest

from smwm.analysis.claims import Evidence, replication_table
from smwm.analysis.latent_claims import latent_rows, sweep_rows
from smwm.analysis.rules import NOT, PARTLY, REPRODUCED

SEEDS = (0, 1, 2)


def table_of(**tables):
    nothing = pd.DataFrame()
    evidence = Evidence([], nothing, nothing, "smoke", tables)
    return replication_table(evidence, (latent_rows, sweep_rows))


def rows_of(table):
    return {(row.env, row.metric): row for row in table.itertuples()}


def test_no_table_no_row():
    assert table_of().empty


def test_one_dot():
    rows = [
        (method, seed, component, scale * variance, 100 * variance / 4.1, 0.99 + 0.001 * seed)
        for method, scale in (("smwm", 1.0), ("forward_only", 1e-6))
        for seed in SEEDS
        for component, variance in enumerate((2.0, 2.0, 0.1), start=1)
    ]
    names = ["method", "seed", "component", "variance", "share", "r2_position"]
    found = rows_of(table_of(dot_geometry=pd.DataFrame(rows, columns=names)))
    share = found["single_dot", "variance in two components [%]"]
    assert share.ours == pytest.approx(100 * 4 / 4.1)
    assert (share.claim, share.verdict, share.n) == ("C2", REPRODUCED, 3)
    r2 = found["single_dot", "linear R² of x and y"]
    assert (r2.ours, r2.verdict) == (pytest.approx(0.991), REPRODUCED)
    spread = found["single_dot", "embedding std [% of SMWM's]"]
    assert (spread.claim, spread.method) == ("C1", "forward_only")
    assert (spread.ours, spread.verdict) == (pytest.approx(0.1), REPRODUCED)


def test_rollout_takes_the_last_step_of_each_seed():
    rows = [("smwm", s, step, 2.0 * step + s) for s in SEEDS for step in (1, 5)]
    table = pd.DataFrame(rows, columns=["method", "seed", "step", "error"])
    (row,) = table_of(latent_rollout=table).itertuples()
    assert row.metric == "error of 5 steps [% of the distance moved]"
    assert (row.claim, row.ours, row.verdict) == ("C3", 11, REPRODUCED)
    assert row.ci_low < 10 < 12 < row.ci_high


def test_dimensions_of_worlds_and_their_distractor():
    rows = [("independent", s, 4, 4, 0.99, math.nan) for s in SEEDS]
    rows += [("distractor", s, 2, 2 + (s == 0), 0.99, 0.02) for s in SEEDS]
    names = ["world", "seed", "controllable_dof", "effective_dim", "r2_controlled", "r2_distractor"]
    found = rows_of(table_of(latent_dimension=pd.DataFrame(rows, columns=names)))
    row = found["independent", "effective dimension"]
    assert (row.paper, row.ours, row.ci_low, row.ci_high) == (4, 4, 4, 4)
    assert row.verdict == REPRODUCED
    row = found["distractor", "effective dimension"]
    assert (row.ours, row.ci_low, row.ci_high) == (pytest.approx(7 / 3), 2, 3)
    assert row.verdict == PARTLY
    assert found["distractor", "linear R² of the distractor"].verdict == REPRODUCED
    assert ("independent", "linear R² of the distractor") not in found


def test_of_an_arrow_what_is_exposed_is_kept_and_the_rest_dropped():
    r2 = {"x": 0.99, "y": 0.05, "angle": 0.01}
    rows = [("sprite_x", s, 1, 1, dof, value) for s in SEEDS for dof, value in r2.items()]
    names = ["world", "seed", "controllable_dof", "effective_dim", "dof", "r2_linear"]
    table = table_of(sprite_decoding=pd.DataFrame(rows, columns=names))
    found = rows_of(table)
    assert found["sprite_x", "effective dimension"].verdict == REPRODUCED
    assert found["sprite_x", "linear R² of x"].rule == "kept"
    assert found["sprite_x", "linear R² of y"].rule == "dropped"
    assert set(table["claim"]) == {"C5"}
    assert set(table["verdict"]) == {REPRODUCED}


def test_a_collapsed_latent_is_not_probed():
    rows = [("sprite_none", s, 0, 0, dof, 0.9) for s in SEEDS for dof in ("x", "y", "angle")]
    names = ["world", "seed", "controllable_dof", "effective_dim", "dof", "r2_linear"]
    (row,) = table_of(sprite_decoding=pd.DataFrame(rows, columns=names)).itertuples()
    assert (row.metric, row.ours, row.verdict) == ("effective dimension", 0, REPRODUCED)


def test_probes_stand_beside_the_papers():
    rows = [
        ("reacher", "joint_angles", "linear", "smwm", 0, 0.7, 0.95),
        ("reacher", "joint_angles", "mlp", "smwm", 0, 0.97, 1.0),
        ("reacher", "joint_angles", "mlp", "sigreg", 0, 0.97, 1.0),
        ("reacher", "other", "mlp", "smwm", 0, 0.97, math.nan),
    ]
    names = ["env", "quantity", "probe", "method", "seed", "r2", "paper"]
    found = rows_of(table_of(probe_r2=pd.DataFrame(rows, columns=names)))
    assert len(found) == 2
    assert found["reacher", "linear R² of joint angles"].verdict == NOT
    row = found["reacher", "MLP R² of joint angles"]
    assert (row.paper, row.ours, row.verdict) == (1.0, 0.97, PARTLY)  # one seed


def test_geometry_counts_components_once_a_seed():
    rows = [
        (env, "smwm", seed, component, 50.0, dim)
        for env, dim in (("two_room", 2), ("reacher", 3), ("cube", 4))
        for seed in SEEDS
        for component in (1, 2)
    ]
    names = ["env", "method", "seed", "component", "share", "effective_dim"]
    found = rows_of(table_of(embeddings_smwm=pd.DataFrame(rows, columns=names)))
    assert len(found) == 2
    assert found["two_room", "effective dimension"].verdict == REPRODUCED
    assert found["reacher", "effective dimension"].verdict == PARTLY
    assert found["reacher", "effective dimension"].n == 3


def test_weights_are_compared_with_the_best():
    rates = {0: 20, 0.1: 90, 1: 98, 10: 95}
    rows = [("two_room", w, 1, 100, r, r - 8.0, min(r + 8.0, 100)) for w, r in rates.items()]
    names = ["env", "weight", "seeds", "episodes", "success_rate", "ci_low", "ci_high"]
    found = rows_of(table_of(lambda_sweep=pd.DataFrame(rows, columns=names)))
    row = found["two_room", "worst minus best for λ of 0.1 to 10 [points]"]
    assert row.ours == -8
    assert row.ci_low == pytest.approx(-8 - math.hypot(8, 2))
    assert (row.n, row.verdict) == (100, REPRODUCED)
    row = found["two_room", "λ = 0 minus the best λ [points]"]
    assert (row.ours, row.verdict) == (-78, REPRODUCED)


def test_falls_over_the_distance_are_compared():
    rates = {("smwm", 25): 99, ("smwm", 100): 80, ("sigreg", 25): 92, ("sigreg", 100): 40}
    rows = [("two_room", *k, 3, 100, r, r - 2.0, r + 1.0, r + 2.0) for k, r in rates.items()]
    names = ["env", "method", "offset", "seeds", "episodes", "success_rate", "ci_low", "ci_high"]
    found = rows_of(table_of(horizon_sweep=pd.DataFrame(rows, columns=[*names, "paper"])))
    row = found["two_room", "fall from 25 to 100 steps, minus sigreg's [points]"]
    assert (row.ours, row.paper, row.n) == (19 - 52, 19 - 52, 1200)
    assert row.ci_high == pytest.approx(-33 + math.sqrt(2 * 1 + 2 * 4))
    assert row.verdict == REPRODUCED
    assert found["two_room", "success at 25 steps [%]"].verdict == REPRODUCED


def test_a_distractor_is_to_leave_latents_and_plans_alone():
    def rows(method, r2, rate):
        shared = ("two_room", method)
        return [
            (*shared, "success without [%]", 1, 100, 98, 95, 100),
            (*shared, "success with [%]", 1, 100, rate, rate - 4, rate + 3),
            (*shared, "linear R² of distractor position", 3, 3, r2, r2 - 0.02, r2 + 0.02),
            (*shared, "MLP R² of distractor position", 1, 1, r2, math.nan, math.nan),
        ]

    names = ["env", "method", "measure", "seeds", "episodes", "value", "ci_low", "ci_high"]
    table = pd.DataFrame([*rows("smwm", 0.05, 97), *rows("sigreg", 0.9, 50)], columns=names)
    found = rows_of(table_of(distractors=table))
    assert {row.method for row in found.values()} == {"smwm"}
    assert {row.claim for row in found.values()} == {"E1"}
    assert found["two_room", "linear R² of the distractor"].verdict == REPRODUCED
    assert found["two_room", "MLP R² of the distractor"].verdict == PARTLY  # one seed
    gap = found["two_room", "success with minus without [points]"]
    assert (gap.ours, gap.n, gap.verdict) == (-1, 200, REPRODUCED)
    assert gap.ci_low == pytest.approx(-1 - math.hypot(4, 2))
    worse = pd.DataFrame(rows("smwm", 0.5, 60), columns=names)
    assert {row.verdict for row in rows_of(table_of(distractors=worse)).values()} == {NOT}

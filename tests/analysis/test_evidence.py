import json

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.evidence import Evidence, read_spectra, read_tables
from smwm.errors import InputError


def record(env, method, seed, solved):
    known = {"env": env, "method": method, "seed": seed}
    return known | {"solved": solved, "solved_at_start": [True, False]}


@pytest.fixture
def evidence():
    records = [
        record("cube", "smwm", 0, [True, True]),
        record("two_room", "smwm", 1, [False, True]),
        record("two_room", "smwm", 0, [True, False]),
        record("two_room", "random", 0, [False, False]),
    ]
    return Evidence(records, pd.DataFrame(), None)


def test_environments_come_in_the_projects_order(evidence):
    assert evidence.envs == ["two_room", "cube"]


def test_outcomes_are_sorted_by_seed(evidence):
    assert evidence.solved("two_room", "smwm").tolist() == [[True, False], [False, True]]
    assert evidence.solved_at_start("two_room").tolist() == [True, False]
    assert evidence.has("two_room", "smwm", "random")
    assert not evidence.has("cube", "smwm", "random")


def test_spectra_by_hand(tmp_path):
    latents = np.array([[3.0, 1.0], [-3.0, 1.0], [3.0, -1.0], [-3.0, -1.0]])
    model = {"env": "cube", "method": "smwm", "seed": 2}
    np.savez(tmp_path / "e.npz", latents=latents, origin=json.dumps({"model": model}))
    (row,) = read_spectra([tmp_path / "e.npz"]).itertuples()
    assert (row.env, row.method, row.seed) == ("cube", "smwm", 2)
    np.testing.assert_allclose(row.variances, [9, 1])
    assert row.embedding_std == pytest.approx(5**0.5)


def test_tables_go_by_the_figures_name_and_others_are_refused(tmp_path):
    (tmp_path / "folding.csv").write_text("a,b\n1,2\n")
    assert read_tables([tmp_path / "folding.csv"])["folding"]["b"].tolist() == [2]
    with pytest.raises(InputError, match=r"none\.csv: not the table of a figure"):
        read_tables([tmp_path / "none.csv"])

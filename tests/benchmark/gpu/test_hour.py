from dataclasses import replace

import pytest

from smwm.benchmark.gpu import hour as module
from smwm.benchmark.gpu.hour import hour, predictions_of
from smwm.benchmark.gpu.processes import Rates


@pytest.mark.parametrize(
    ("planner", "budget", "predictions"),
    [
        ({"execute": 1}, 50, 30 * (5 + 4 + 3 + 2 + 1) * 2),
        ({"execute": 0}, 50, 30 * 5 * 2),
        ({"execute": 1, "horizon": 3, "iterations": 10}, 25, 10 * (3 + 2 + 1 + 3 + 2)),
    ],
)
def test_predictions_of_a_job_by_hand(planner, budget, predictions):
    kind = {"planner": planner, "tasks": {"tasks": 100, "budget": budget}, "block": 5}
    assert predictions_of(kind) == predictions


def test_minutes_by_hand(kit, monkeypatch):
    rates = {("train", 2): Rates(30, 8.0), ("train", 1): Rates(10, 4.0), ("plan", 2): Rates(4, 9.0)}
    monkeypatch.setattr(module, "side_by_side", lambda kit, work, count: rates[work, count])
    monkeypatch.setattr(module, "seconds_per_step", lambda kit, kind: kind["each"])
    monkeypatch.setattr(module, "seconds_per_image", lambda kit: 0.1)
    kinds = [{"steps": 900, "jobs": 3, "each": 0.2}, {"steps": 100, "jobs": 1, "each": 1.8}]
    plan = {"planner": {"iterations": 2, "horizon": 5, "execute": 1}, "block": 5, "jobs": 8,
            "tasks": {"tasks": 100, "budget": 25}}  # fmt: skip
    jobs = {"train": kinds, "plan": [plan], "embed": {"jobs": 4, "images": 600}}
    kit = replace(kit, jobs=jobs)
    rows = {row.what.split(",")[0].split()[0]: row.measured for row in hour(kit)}
    # a plan of the small kit is of 2 iterations x 5 blocks; three times one process's rate
    assert rows == pytest.approx({
        "training": (900 * 0.2 + 100 * 1.8) / 3 / 60,
        "planning": 8 * 2 * 15 / 10 / 4 / 60,
        "embedding": 1.0,
        "starting": 16 * 8.0 / 2 / 60,
        "all": 2.0 + 0.1 + 1.0 + 64 / 60,
    })  # fmt: skip

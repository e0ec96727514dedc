import dataclasses

import pytest

from smwm.benchmark.gpu.processes import side_by_side


@pytest.mark.slow
def test_processes_work_at_the_same_time_and_their_rates_add_up(kit):
    rates = side_by_side(kit, "plan", 2)
    assert rates.together > 0
    assert rates.start > 0
    assert side_by_side(kit, "plan", 2) is rates  # not measured again


@pytest.mark.slow
def test_the_reason_of_a_process_that_fails_is_told(kit, tmp_path):
    model = dataclasses.replace(kit.scales["gpu"].model, encoder="vit", patch=7)
    scales = {"gpu": dataclasses.replace(kit.scales["gpu"], model=model)}
    broken = dataclasses.replace(kit, folder=tmp_path, scales=scales)
    with pytest.raises(RuntimeError, match="InputError: patch: 7 does not divide images"):
        side_by_side(broken, "train", 2)

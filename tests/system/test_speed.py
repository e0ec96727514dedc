import re

import pytest
import torch

from smwm.system.speed import Speedometer, counted, peak_flops

CPU = torch.device("cpu")


def test_operations_of_a_step_are_counted_once():
    meter = Speedometer(CPU)
    weight = torch.randn(8, 4, requires_grad=True)
    for _ in range(3):
        with meter.step():
            (torch.randn(16, 8) @ weight).sum().backward()
    # forward and the weight's gradient: 2 * 16 * 8 * 4 each
    assert meter.flops == 2 * 2 * 16 * 8 * 4
    assert re.fullmatch(
        r"[\d.e+]+ steps/s, [\d.e-]+ TFLOP/s in float32, peak memory \d+ MB",
        meter.summary("float32"),
    )


@pytest.mark.parametrize("steps", [1, 2])
def test_what_may_be_compiled_has_no_speed(steps):
    meter = Speedometer(CPU)
    for _ in range(steps):
        with meter.step():
            pass
    assert meter.summary("float32") == "too few steps to tell their speed"


def test_what_is_counted_is_still_compiled_afterwards():
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    product = torch.compile(lambda a: a @ a, backend=backend)
    with counted() as counter:
        product(torch.ones(4, 4))
    assert counter.get_total_flops() == 2 * 4**3
    assert not graphs
    product(torch.ones(4, 4))
    assert len(graphs) == 1


def test_peak_is_a_rate():
    assert peak_flops("float32", CPU, size=64, tries=2) > 0

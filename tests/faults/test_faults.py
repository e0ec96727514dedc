"""Each fault ends in the bytes of an undisturbed run, or in one clear line."""

import pytest
from cases import CASES
from runs import LINE, OTHER, SAME, ImpossibleError
from stages import Workshop

SEEDS = 1  # make faults tries more


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize(
    ("case", "seed"),
    [pytest.param(case, seed, id=f"{case.name}-{seed}") for case in CASES for seed in range(SEEDS)],
)
def test_ends_well(workshop, case, seed):
    workshop.inputs  # noqa: B018
    try:
        ending = case.run(workshop, seed)
    except ImpossibleError as reason:
        pytest.skip(str(reason))
    assert ending in ({SAME, LINE, OTHER} if case.random else {SAME, LINE})

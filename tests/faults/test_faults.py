"""Each fault ends in the bytes of an undisturbed run, or in one clear line."""

import pytest
import report
from cases import CASES, Case
from runs import LINE, OTHER, SAME, EndingError, ImpossibleError
from stages import Workshop

SEED = 0  # `make faults` tries many


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    made = Workshop(tmp_path_factory.mktemp("faults"))
    assert {"train.h5", "model.pt", "record.json"} <= {path.name for path in made.inputs.iterdir()}
    return made


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_ends_well(workshop, case):
    try:
        ending = case.run(workshop, SEED)
    except ImpossibleError as reason:
        pytest.skip(str(reason))
    assert ending in ({SAME, LINE, OTHER} if case.random else {SAME, LINE})


def test_report_counts_every_case_and_names_the_seed_of_a_failure(tmp_path, monkeypatch):
    def third_fails(workshop, seed):
        if seed == 2:
            raise EndingError(f"traceback: at {workshop.folder}/made/model.pt")
        return SAME

    cases = [Case("train", "odd", third_fails, True), Case("plan", "f: x", lambda workshop: LINE)]
    monkeypatch.setattr(report, "CASES", cases)
    monkeypatch.setattr(report.Workshop, "inputs", tmp_path)
    text = report.describe(*report.try_all(4, 1), 4)
    assert "| train | odd | 4 | 3 | 0 | 0 | 1 | 0 |" in text
    assert "| plan | f: crafted | 1 | 0 | 1 | 0 | 0 | 0 |" in text
    assert "- train: odd, seed 2: `traceback: at .../made/model.pt`" in text

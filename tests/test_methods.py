from smwm.methods import METHODS, TRAINED
from smwm.planning.evaluate import PLANNERS
from smwm.system.provenance import sources
from smwm.training.objectives import OBJECTIVES


def test_what_people_see_and_what_is_trained_agree():
    assert tuple(OBJECTIVES) == TRAINED
    assert tuple(METHODS) == PLANNERS
    assert not METHODS["random"].trained


def test_another_colour_trains_plans_and_embeds_nothing():
    for stage in ("train", "planning.evaluate", "planning.tasks", "analysis.embed"):
        names = {path.name for path in sources(f"smwm.{stage}")}
        assert "methods.py" not in names, stage


def test_a_bar_chart_does_not_import_networks():
    names = {path.name for path in sources("smwm.figures.planning_success")}
    assert not names & {"transformer.py", "world_model.py", "objectives.py"}


def test_every_baseline_tells_its_source_and_what_is_simplified():
    for name in ("pldm", "ema", "reconstruction", "frozen"):
        assert "arXiv" in METHODS[name].source
        assert METHODS[name].simplified
    assert len({method.colour for method in METHODS.values()}) == len(METHODS)

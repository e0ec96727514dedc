from importlib import import_module

import pytest

from smwm.analysis.tables import CLAIM_TABLES, SEED_TABLES
from smwm.figures.draw import FIGURES
from smwm.measures.names import FLAGS, MEASURES
from smwm.measures.over_seeds import NUMBERS
from smwm.system.provenance import PACKAGE, sources

WHERE = {f"smwm.measures.{module}" for module, _, _ in MEASURES.values()}
WRITING = ("replication", "report")


def names(module):
    return {str(path.relative_to(PACKAGE)) for path in sources(module)}


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_a_function_of_its_flags(name):
    module, flags, _ = MEASURES[name]
    function = getattr(import_module(f"smwm.measures.{module}"), name)
    assert set(flags) <= set(FLAGS)
    assert tuple(function.__annotations__) == (*flags, "return")


@pytest.mark.parametrize("module", sorted(WHERE))
def test_another_colour_figure_or_verdict_measures_nothing(module):
    found = names(module)
    assert not {"methods.py", "analysis/verdicts.py", "analysis/claims.py"} & found
    assert not [name for name in found if name.startswith("figures/")]


@pytest.mark.parametrize("figure", [name for name in FIGURES if name not in WRITING])
def test_a_figure_asks_no_other_figure_and_no_measure_or_verdict(figure):
    found = names(f"smwm.figures.{figure}")
    shared = {f"figures/{name}.py" for name in (figure, "style", "__init__")}
    assert {name for name in found if name.startswith("figures/")} == shared
    assert not [name for name in found if name.startswith("measures/")]
    assert "analysis/verdicts.py" not in found


def test_the_verdicts_measure_nothing():
    found = names("smwm.figures.replication")
    assert not [name for name in found if name.startswith(("measures/", "models/", "training/"))]


def test_every_table_of_a_claim_is_a_measure():
    renamed = {"embeddings_smwm": "spectrum"}
    assert set(CLAIM_TABLES) <= set(MEASURES)
    assert {renamed.get(name, name) for name in SEED_TABLES} <= set(MEASURES)
    assert tuple(NUMBERS) == SEED_TABLES

"""Which files a configuration asks for."""

import pytest

from conftest import ROOT
from smwm.config.configuration import Configuration
from smwm.workflow.run import Run, kind_of, probes


@pytest.fixture
def only_two_rooms(tmp_path):
    """A scale of two rooms and one dot."""
    (tmp_path / "scale").mkdir()
    (tmp_path / "scale/one.yaml").write_text(
        "description: one\nseeds: [3, 1]\nmethods: {smwm: {}, sigreg: {}, random: {}}\n"
        "envs: {two_room: {}}\nworlds: {single_dot: {}}\n"
    )
    (tmp_path / "config.yaml").write_text("scale: one\n")
    return lambda **values: Run(Configuration({"scale": "one"} | values, tmp_path))


def test_records_are_of_each_environment_method_and_seed(only_two_rooms):
    assert only_two_rooms().planning_records() == [
        f"results/one/planning/two_room/{method}/seed{seed}.json"
        for method in ("smwm", "sigreg", "random")
        for seed in (3, 1)
    ]


def test_what_has_no_model_is_neither_logged_nor_embedded(only_two_rooms):
    run = only_two_rooms()
    assert run.training_curves() == [
        f"data/checkpoints/one/two_room/{method}/seed{seed}.csv"
        for method in ("smwm", "sigreg")
        for seed in (3, 1)
    ]
    assert run.embeddings(methods=["sigreg"]) == [
        f"results/one/embeddings/two_room/sigreg/seed{seed}.npz" for seed in (3, 1)
    ]
    assert probes(run.embeddings(methods=["sigreg"])) == [
        f"results/one/probes/two_room/sigreg/seed{seed}.csv" for seed in (3, 1)
    ]


def test_tables_without_inputs_are_not_measured_nor_drawn(only_two_rooms):
    run = only_two_rooms()
    tables = run.tables()
    assert tables["dot_geometry"] == {
        "embeddings": [f"results/one/embeddings/single_dot/smwm/seed{seed}.npz" for seed in (3, 1)]
    }
    assert not {"latent_dimension", "sprite_decoding"} & set(tables)
    drawn = {name for name in run.figures() if name in tables}
    assert {"planning_success", "dot_geometry", "embeddings_sigreg"} <= drawn
    assert not {"latent_dimension", "sprite_decoding"} & set(run.figures())


def test_every_figure_of_every_scale_has_its_table():
    others = {"environments", "planning_rollouts", "data_coverage", "training_curves"}
    for path in (ROOT / "config/scale").glob("*.yaml"):
        run = Run(Configuration({"scale": path.stem}, ROOT / "config"))
        assert set(run.figures()) - others <= set(run.tables())


def test_claims_rest_on_the_extension_only_where_it_is_made(only_two_rooms):
    extended = {"distractor_envs": ["two_room"], "target": "all"}
    distractors = "results/one/tables/distractors.csv"
    assert distractors in only_two_rooms(extension=extended).claim_tables()
    apart = only_two_rooms(extension=extended | {"target": "extension"})
    assert distractors not in apart.claim_tables()
    assert "results/one/tables/planning_success.csv" in apart.claim_tables()
    assert "distractors" in apart.extension_figures()
    assert "distractors" not in apart.figures()


def test_a_swept_weight_is_the_main_models_where_all_else_is_theirs(only_two_rooms):
    folder = "data/checkpoints/one/two_room"
    same = only_two_rooms(lambda_sweep={"steps": 0})
    assert same.swept_checkpoint("two_room", "1", "3") == f"{folder}/smwm/seed3.pt"
    assert same.swept_checkpoint("two_room", "10", "3") == f"{folder}/lambda10/seed3.pt"
    shorter = only_two_rooms(lambda_sweep={"steps": 7})
    assert shorter.swept_checkpoint("two_room", "1", "3") == f"{folder}/lambda1/seed3.pt"


def test_the_page_plays_what_it_can_compute(only_two_rooms):
    assert only_two_rooms().page() == ["figures/one/explore.html"]
    assert only_two_rooms(model={"forward_model": "transformer"}).page() == []
    assert only_two_rooms(envs={"reacher": {}}).page() == []
    elsewhere = {"distractor_envs": ["push_t"]}
    both = only_two_rooms(envs={"two_room": {}, "push_t": {}}, extension=elsewhere)
    assert both.distracted_page() == []
    assert only_two_rooms().distracted_page() == ["figures/one/explore_distractor.html"]


def test_the_first_seeds_alone_are_shown(only_two_rooms):
    run = only_two_rooms(envs={"reacher": {}})
    assert run.page_paths() == [
        f"results/one/planning/reacher/{method}/seed3.npz" for method in ("smwm", "sigreg")
    ]


def test_tables_by_another_name_have_a_kind():
    assert kind_of("baselines") == "planning_success"
    assert kind_of("folding") == "folding"

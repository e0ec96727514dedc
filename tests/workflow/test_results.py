"""What is measured and drawn of a configuration."""

from conftest import ROOT
from smwm.config.configuration import Configuration
from smwm.workflow.results import (
    claim_tables,
    drawings,
    figures,
    kind_of,
    probes,
    reported,
    tables,
    targets,
)
from smwm.workflow.run import Run


def test_tables_without_inputs_are_not_measured_nor_drawn(only_two_rooms):
    run = only_two_rooms()
    found = tables(run)
    assert found["dot_geometry"] == {
        "embeddings": [f"results/one/embeddings/single_dot/smwm/seed{seed}.npz" for seed in (3, 1)]
    }
    assert not {"latent_dimension", "sprite_decoding"} & set(found)
    drawn = reported(run)
    assert {"planning_success", "dot_geometry", "embeddings_sigreg"} <= set(drawn)
    assert not {"latent_dimension", "sprite_decoding"} & set(drawn)


def test_a_figure_is_drawn_from_the_table_of_its_name_in_every_scale():
    pictures = {"environments", "training_curves"}
    for path in (ROOT / "config/scale").glob("*.yaml"):
        run = Run(Configuration({"scale": path.stem}, ROOT / "config"))
        found = drawings(run)
        assert {"sprite_decoding", "horizon_sweep", "distractors"} <= found.keys()
        for name in found.keys() - pictures:
            assert found[name].inputs["table"] == f"results/{path.stem}/tables/{name}.csv"
            assert name in tables(run)


def test_claims_rest_on_the_extension_only_where_it_is_made(only_two_rooms):
    extended = {"distractor_envs": ["two_room"], "target": "all"}
    distractors = "results/one/tables/distractors.csv"
    assert distractors in claim_tables(only_two_rooms(extension=extended))
    apart = only_two_rooms(extension=extended | {"target": "extension"})
    assert distractors not in claim_tables(apart)
    assert "results/one/tables/planning_success.csv" in claim_tables(apart)
    assert figures(apart, extension=True) == ["distractors"]
    assert "distractors" not in reported(apart)


def test_tables_by_another_name_have_a_kind():
    assert kind_of("baselines") == "planning_success"
    assert kind_of("embeddings_sigreg") == "spectrum"
    assert kind_of("folding") == "folding"


def test_probes_lie_where_their_exports_do():
    export = "results/one/embeddings/two_room/sigreg/seed3.npz"
    assert probes([export]) == ["results/one/probes/two_room/sigreg/seed3.csv"]


def test_without_smwm_nothing_of_its_latents_is_shown(only_two_rooms):
    run = only_two_rooms(methods={"sigreg": {}, "forward_only": {}})
    assert not {"dot_geometry", "latent_rollout", "embeddings_smwm"} & drawings(run).keys()
    assert {"folding", "embeddings_sigreg", "training_curves"} <= drawings(run).keys()


def test_a_command_tells_which_of_its_kind_a_figure_is():
    found = drawings(Run(Configuration({"scale": "smoke"}, ROOT / "config")))
    assert found["folding"].command == "folding"
    assert found["baselines"].command == "planning_success --name baselines"
    assert found["embeddings_smwm"].command == "embeddings --method smwm"
    assert found["embeddings_smwm"].module == "embeddings"
    assert ".tex" in found["baseline_probes"].beside


def test_targets_are_records_figures_and_the_report(only_two_rooms):
    apart, whole = (
        targets(only_two_rooms(extension={"distractor_envs": ["two_room"], "target": target}))
        for target in ("extension", "all")
    )
    assert {
        "results/one/planning/two_room/random/seed1.json",
        "results/one/embeddings/single_dot/smwm/seed3.npz",
        "figures/one/planning_success.pdf",
        "figures/one/replication.html",
        "figures/one/metrics.json",
        "figures/one/explore.html",
    } <= set(apart)
    assert set(whole) - set(apart) == {
        "figures/one/distractors.pdf",
        "figures/one/distractors.png",
        "figures/one/explore_distractor.html",
    }


def test_what_is_told_over_seeds_is_of_the_tables_that_there_are(only_two_rooms):
    names = ("collapse", "dot_geometry", "latent_rollout", "folding", "embeddings_smwm")
    expected = [f"results/one/tables/{name}.csv" for name in names]
    assert tables(only_two_rooms())["over_seeds"] == {"tables": expected}
    untrained = only_two_rooms(methods={"random": {}})
    assert "over_seeds" not in tables(untrained)

"""Which files a configuration asks for."""


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


def test_a_world_has_no_trajectories(only_two_rooms):
    run = only_two_rooms()
    assert run.dataset("two_room", "eval") == ["data/datasets/one/two_room/eval.h5"]
    assert run.dataset("two_room_distractor", "train") == [
        "data/datasets/one/two_room_distractor/train.h5"
    ]
    assert run.dataset("single_dot", "train") == []


def test_data_come_from_a_file_only_where_one_is_named(only_two_rooms):
    assert only_two_rooms().source("two_room") == []
    assert only_two_rooms(collect={"source": "my.h5"}).source("two_room") == ["my.h5"]


def test_random_actions_have_no_model(only_two_rooms):
    run = only_two_rooms()
    assert run.checkpoint("two_room", "random", "3") == []
    assert run.checkpoint("two_room", "sigreg", "3") == [
        "data/checkpoints/one/two_room/sigreg/seed3.pt"
    ]


def test_environments_are_those_of_the_scale_and_their_variants(only_two_rooms):
    assert only_two_rooms().envs == ["two_room", "two_room_distractor"]
    assert only_two_rooms(extension={"distractor_envs": ["push_t"]}).envs == ["two_room"]


def test_the_main_models_are_one_of_those_with_other_training_and_data(only_two_rooms):
    sweep = {"envs": ["two_room"], "methods": ["smwm"], "steps": [4], "data": [0.5]}
    run = only_two_rooms(scaling=sweep | {"most_seeds": 1})
    assert run.scaling_records() == [
        "results/one/planning/two_room/smwm/seed3.json",
        "results/one/scaling/two_room/smwm/steps4_data1/seed3.json",
        "results/one/scaling/two_room/smwm/steps1_data0.5/seed3.json",
    ]


def test_training_is_a_multiple_of_the_main_steps(only_two_rooms):
    run = only_two_rooms(train={"steps": 1001})
    assert run.scaled_training("two_room", "smwm", 0.25, 0.5) == {"steps": 250, "data_share": 0.5}
    assert run.scaled_training("two_room", "smwm", 0.0001, 1.0)["steps"] == 1

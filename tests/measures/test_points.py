import numpy as np

from smwm.analysis.exports import read_export
from smwm.envs import ENVIRONMENTS
from smwm.measures.points import COLUMNS, POINTS, physical, points_table
from synthetic import (
    RNG,
    ROOMS,
    TURNS,
    measured,
    not_measured,
    read_csv,
    write_export,
    write_known,
)


def test_joint_angles_are_shown_in_degrees(tmp_path):
    angles, name, unit = physical(
        read_export(write_known(tmp_path / "r.npz", "reacher"), ENVIRONMENTS)
    )
    np.testing.assert_allclose(angles, np.degrees(TURNS[200:, :2]))
    assert (name, unit) == ("joint_angles", "degrees")


def test_the_agent_is_shown_of_push_t(tmp_path):
    states = RNG.uniform(100, 400, (20, 7))
    path = write_export(tmp_path / "p.npz", "push_t", states, states, lambda s: s[:, :2])
    positions, name, unit = physical(read_export(path, ENVIRONMENTS))
    np.testing.assert_allclose(positions, states[:, :2])
    assert (name, unit) == ("agent_position", "px")


def test_points_are_of_held_out_images_of_the_first_seed(tmp_path):
    paths = [write_known(tmp_path / f"{seed}.npz", seed=seed) for seed in (1, 0)]
    table = read_csv(measured("latent_points", tmp_path / "out", embeddings=paths))
    assert tuple(table) == COLUMNS
    assert set(table["seed"]) == {0}
    np.testing.assert_allclose(table[["x", "y"]], ROOMS[200:])
    assert table["component_1"].var() > table["component_2"].var() > table["component_3"].var()


def test_shares_are_of_all_held_out_states(tmp_path):
    states = np.linspace([0.0, 10], [100, 10], 2 * POINTS)
    path = write_export(tmp_path / "e.npz", "two_room", ROOMS, states, lambda s: s)
    table = points_table([read_export(path, ENVIRONMENTS)])
    assert len(table) == POINTS
    assert table["x_share"].min() == 0
    np.testing.assert_allclose(table["x_share"].max(), 0.5, atol=1e-3)
    assert (table["y_share"] == 0).all()  # a state that never changes


def test_exports_of_worlds_are_refused(tmp_path, capsys):
    path = write_export(tmp_path / "e.npz", "coupled", ROOMS, ROOMS, lambda s: s)
    message = not_measured(capsys, "latent_points", tmp_path / "out", embeddings=[path])
    assert f"{path}: is of 'coupled', allowed: two_room, reacher" in message

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.analysis.exports import read_export
from smwm.envs import ENVIRONMENTS
from smwm.figures.probe_r2 import as_latex, draw, probe_table, read_paper
from synthetic import LATENT_DIM, assert_readable, drawn_twice, refusal, write_export

COLUMNS = ["env", "quantity", "probe", "method", "seed", "r2", "paper"]
RNG = np.random.default_rng(0)
ROOMS = RNG.uniform(20, 200, (400, 2))
BOARD = RNG.uniform(100, 400, (400, 7))
PAPER = """env,quantity,probe,method,r2
two_room,agent_position,linear,smwm,0.75
two_room,agent_position,mlp,smwm,0.8
two_room,agent_position,linear,sigreg,0.5
"""


def nothing(states):
    return np.random.default_rng(len(states)).normal(size=(len(states), LATENT_DIM))


def write(path, states, env, function, **changes):
    return write_export(path, env, states[:300], states[300:], function, **changes)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "paper.csv").write_text(PAPER)
    paths = [
        write(tmp_path / "a.npz", ROOMS, "two_room", lambda s: s, seed=0),
        write(tmp_path / "b.npz", ROOMS, "two_room", nothing, method="sigreg", seed=1),
        write(tmp_path / "c.npz", BOARD, "push_t", lambda s: s[:, :2]),
    ]
    return {"embeddings": paths, "paper": tmp_path / "paper.csv"}


def test_what_the_latent_is_has_r2_one_and_noise_has_none(files, tmp_path):
    table = drawn_twice("probe_r2", tmp_path / "out", **files)
    assert list(table) == COLUMNS
    assert table[COLUMNS[:-1]].notna().all(axis=None)
    assert set(table["probe"]) == {"linear", "mlp"}
    push_t = ["agent_position", "block_position", "block_orientation"]
    assert table["quantity"].unique().tolist() == push_t
    assert len(table) == 2 + 2 + 6
    known = (table["method"] == "smwm") & (table["quantity"] == "agent_position")
    linear = table["probe"] == "linear"
    assert (table[known & linear]["r2"] > 0.999).all()
    assert (table[known & ~linear]["r2"] > 0.95).all()
    assert (table[~known]["r2"] < 0.1).all()
    paper = table.set_index(["env", "quantity", "probe", "method"])["paper"]
    assert paper["two_room", "agent_position", "linear", "smwm"] == 0.75
    assert paper["two_room", "agent_position", "mlp", "smwm"] == 0.8
    assert paper["two_room", "agent_position", "linear", "sigreg"] == 0.5
    assert paper.notna().sum() == 3
    assert (tmp_path / "out/once/probe_r2.tex").read_text() == as_latex(table)


def table_of(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_latex_has_means_over_seeds_and_the_paper_in_brackets():
    where = ("two_room", "agent_position", "linear")
    lines = as_latex(
        table_of(
            (*where, "smwm", 0, 0.8, 0.75),
            (*where, "smwm", 1, 0.9, 0.75),
            (*where, "forward_only", 0, 0.25, np.nan),
            ("cube", "gripper_opening", "mlp", "smwm", 0, -0.5, np.nan),
        )
    ).splitlines()
    assert lines[0] == r"\begin{tabular}{lllrr}"
    assert lines[2] == r"task & quantity & probe & SMWM & Forward only ($\lambda$ = 0) \\"
    assert lines[4] == r"Two rooms & agent position & linear & 0.850 (0.750) & 0.250 \\"
    assert lines[5] == r"Cube & gripper opening & mlp & -0.500 & -- \\"
    assert lines[6:] == [r"\bottomrule", r"\end{tabular}"]


def test_bars_are_means_over_seeds_and_never_below_zero():
    where = ("two_room", "agent_position", "linear")
    rows = [(*where, "smwm", 0, 0.8, 0.7), (*where, "smwm", 1, 0.6, 0.7)]
    figure = draw(table_of(*rows, (*where, "sigreg", 0, -3.0, np.nan)))
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights[:2] == pytest.approx([0.7, 0])
    assert figure.axes[0].lines[0].get_ydata() == [0.7]


def test_nothing_overlaps_with_every_quantity_there_is():
    paper = read_paper(ROOT / "resources/paper/probe_r2.csv")
    assert set(paper["env"]) <= set(ENVIRONMENTS)
    figure = draw(paper.assign(seed=0, paper=paper["r2"]))
    assert_readable(figure)


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_quantities_must_be_read_from_held_out_images(part, files, tmp_path):
    count = 100 if part == "latents" else 300
    path = write(
        tmp_path / "n.npz", ROOMS, "two_room", lambda s: s / 50,
        **{part: nothing(np.zeros(count)).astype(np.float32)},
    )  # fmt: skip
    table = probe_table([read_export(path, ENVIRONMENTS)], read_paper(files["paper"]))
    assert (table["r2"] < 0.2).all()


def test_angles_are_probed_as_sine_and_cosine(tmp_path, files):
    path = write(
        tmp_path / "t.npz",
        BOARD,
        "push_t",
        lambda s: np.stack([np.sin(s[:, 6]), np.cos(s[:, 6])]).T,
    )
    table = probe_table([read_export(path, ENVIRONMENTS)], read_paper(files["paper"]))
    r2 = table[table["probe"] == "linear"].set_index("quantity")["r2"]
    assert r2["block_orientation"] > 0.999
    assert r2["block_position"] < 0.1


@pytest.mark.parametrize(
    "content", [None, "env,quantity\na,b\n", PAPER.replace("0.75", "high"), "\x00", ""]
)
def test_other_tables_are_refused(content, files, tmp_path, capsys):
    files["paper"].unlink()
    if content is not None:
        files["paper"].write_text(content)
    message = refusal(capsys, "probe_r2", tmp_path / "out", **files)
    assert f"{files['paper']}: not a table of probe R^2" in message


def test_worlds_are_refused(files, tmp_path, capsys):
    path = write(files["embeddings"][2], ROOMS, "single_dot", lambda s: s)
    message = refusal(capsys, "probe_r2", tmp_path / "out", **files)
    assert f"{path}: is of 'single_dot', allowed: two_room, reacher, push_t, cube" in message

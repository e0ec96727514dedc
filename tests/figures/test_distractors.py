import json

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.exports import read_export
from smwm.analysis.records import read_records
from smwm.figures.distractors import COLUMNS, VARIANTS, distractor_table, draw, probe_rows
from synthetic import assert_readable, drawn_twice, refusal, write_export, write_record

RNG = np.random.default_rng(0)
STATES = np.concatenate([RNG.uniform(20, 200, (400, 2)), RNG.uniform(0, 1, (400, 4))], 1)
OUTCOMES = {  # method, without, with
    "smwm": ([1, 1, 1, 1], [1, 1, 1, 0]),
    "sigreg": ([1, 1, 1, 1], [1, 0, 0, 0]),
}


def write(path, method, seed, columns):
    function = lambda states: states[:, columns]  # noqa: E731
    data = (STATES[:300], STATES[300:], function)
    return write_export(path, "two_room_distractor", *data, method=method, seed=seed)


@pytest.fixture
def files(tmp_path):
    """SMWM's latents hold the agent's position alone, SIGReg's the dot's as well."""
    records, exports = [], []
    for method, outcomes in OUTCOMES.items():
        for seed in (0, 1):
            for env, solved in zip(("two_room", "two_room_distractor"), outcomes, strict=True):
                path = tmp_path / f"{env}-{method}{seed}.json"
                records.append(write_record(path, env, solved, method, seed))
            columns = [0, 1] if method == "smwm" else [0, 1, 2, 3]
            exports.append(write(tmp_path / f"{method}{seed}.npz", method, seed, columns))
    return {"records": records, "embeddings": exports}


def test_success_and_probes_by_hand(files, tmp_path):
    table = drawn_twice("distractors", tmp_path / "out", **files)
    assert list(table) == list(COLUMNS)
    rows = table.set_index(["env", "method", "measure"]).loc["two_room"]
    assert len(rows) == 2 * (2 + 2 * 2)
    value = rows["value"]
    assert value["smwm", "success without [%]"] == 100
    assert value["smwm", "success with [%]"] == 75
    assert value["sigreg", "success with [%]"] == 25
    for probe in ("linear", "MLP"):
        assert value["smwm", f"{probe} R² of agent position"] > 0.95
        assert value["smwm", f"{probe} R² of distractor position"] < 0.1
        assert value["sigreg", f"{probe} R² of distractor position"] > 0.95
    assert (rows["seeds"] == 2).all()
    assert (rows["ci_low"] <= value).all()
    assert (rows["ci_high"] >= value).all()


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_quantities_must_be_read_from_held_out_images(part, tmp_path):
    count = 100 if part == "latents" else 300
    noise = np.random.default_rng(1).normal(size=(count, 6)).astype(np.float32)
    data = (STATES[:300], STATES[300:], lambda states: states)
    path = write_export(tmp_path / "e.npz", "two_room_distractor", *data, **{part: noise})
    for *_, r2, _, _ in probe_rows([read_export(path, VARIANTS)]):
        assert r2 < 0.2


def test_pale_bars_are_without_the_distractor(files, tmp_path):
    records, exports = read_records(files["records"]), files["embeddings"]
    table = distractor_table(records, [read_export(path, VARIANTS) for path in exports])
    panel = draw(table).axes[0]
    heights = {
        (patch.get_alpha(), int(patch.get_x() + 0.5)): patch.get_height()
        for patch in panel.patches
        if np.isfinite(patch.get_height())
    }
    assert heights == {(0.45, 0): 100, (1.0, 0): 75, (0.45, 1): 100, (1.0, 1): 25}
    handles, labels = panel.get_legend_handles_labels()
    words = {bars[0].get_alpha(): label for bars, label in zip(handles, labels, strict=True)}
    assert words == {0.45: "without distractor", None: "with distractor"}


def test_with_one_seed_probes_have_no_interval(files, tmp_path):
    files = {key: [path for path in paths if "0." in path.name] for key, paths in files.items()}
    table = drawn_twice("distractors", tmp_path / "out", **files)
    probes = table["measure"].str.contains("R²")
    assert table[probes]["ci_low"].isna().all()
    assert table[~probes]["ci_low"].notna().all()


def test_nothing_overlaps_with_every_variant_and_many_methods():
    rows = [
        (env, method, measure, 1, 4, 50 if "%" in measure else 0.5, 30, 60)
        for env in ("two_room", "push_t")
        for method in ("smwm", "sigreg", "reconstruction", "forward_only")
        for measure in (
            "success with [%]",
            "success without [%]",
            "MLP R² of distractor position",
            "MLP R² of agent position",
            "MLP R² of block position",
            "MLP R² of block orientation",
        )
    ]
    figure = draw(pd.DataFrame(rows, columns=list(COLUMNS)))
    assert len(figure.axes) == 4
    assert_readable(figure)


def test_a_variant_needs_its_original(files, tmp_path, capsys):
    files["records"] = [path for path in files["records"] if "two_room-s" not in path.name]
    message = refusal(capsys, "distractors", tmp_path / "out", **files)
    assert "lacks one of: with, without distractor" in message


def test_exports_without_a_distractor_are_refused(files, tmp_path, capsys):
    path = files["embeddings"][0]
    write_export(path, "two_room", STATES[:300, :2], STATES[300:, :2], lambda states: states)
    message = refusal(capsys, "distractors", tmp_path / "out", **files)
    assert f"{path}: is of 'two_room', allowed: {', '.join(VARIANTS)}" in message


def test_the_origin_tells_the_inputs(files, tmp_path):
    drawn_twice("distractors", tmp_path / "out", **files)
    origin = json.loads((tmp_path / "out/once/distractors.json").read_text())
    assert {group["env"] for group in origin["settings"]} == {"two_room", "two_room_distractor"}
    assert distractor_table([], []).empty

"""Exports and records made by hand, whose figures have a known answer, and how to draw them."""

import json

import numpy as np
import pandas as pd
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.analysis.measured import write_measured
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel
from smwm.system.files import sha256

LATENT_DIM = 6


def embed_by(function, states):
    """Latents (N, LATENT_DIM) float32: `function` of the states, then zeros."""
    latents = np.asarray(function(states), np.float32)
    return np.pad(latents, ((0, 0), (0, LATENT_DIM - latents.shape[1])))


def write_export(path, place, fit_states, states, function, /, **changes):
    """An export of a model that encodes states by `function`; `changes` to it by key."""
    model = {"env": place, "method": changes.pop("method", "smwm"), "seed": changes.pop("seed", 0)}
    origin = {
        "model": model,
        "checkpoint_sha256": changes.pop("checkpoint", "none"),
        "pairs": {"world_seed": 0},
        "settings": {"images": len(states)},
    }
    arrays = {
        "rows": np.arange(len(states)),
        "latents": embed_by(function, states),
        "states": states,
        "fit_rows": np.arange(len(fit_states)),
        "fit_latents": embed_by(function, fit_states),
        "fit_states": fit_states,
        "origin": json.dumps(origin),
    }
    arrays = {key: value for key, value in (arrays | changes).items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def write_record(path, env, solved, /, method="smwm", seed=0, offset=25, weight=1.0, **changes):
    """A record of `smwm plan` with given outcomes; `changes` to it by key, None leaves out."""
    training = {"weight": weight, "steps": 100}
    model = {"env": env, "method": method, "seed": seed, "settings": training}
    record = {
        "env": env,
        "method": method,
        "seed": seed,
        "settings": {"offset": offset, "budget": 2 * offset},
        "model": model,
        "solved": [bool(outcome) for outcome in solved],
        "solved_at_start": [False] * len(solved),
        "replay_success": [True] * len(solved),
    } | changes
    record = {key: value for key, value in record.items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


def write_model(path, env, method="smwm", image_size=64, action_dim=2):
    """An untrained model of `env`, the same every time; its SHA-256."""
    torch.manual_seed(0)
    provenance = {"env": env, "method": method, "seed": 0}
    save_model(path, WorldModel(TINY_MODEL, image_size, action_dim), provenance)
    return sha256(path)


def draw(figure, out, *words, **files):
    """The status of `smwm figure`; `files`: paths by flag, one or several."""
    return main(["figure", figure, *words, *as_flags(files), "--out", str(out)])


def measure(name, path, **files):
    """The status of `smwm measure`, which writes `path`."""
    return main(["measure", name, *as_flags(files), "--out", str(path)])


def as_flags(files):
    given = {flag: paths if isinstance(paths, list) else [paths] for flag, paths in files.items()}
    return [word for flag, paths in given.items() for word in (f"--{flag}", *map(str, paths))]


def measured(name, folder, **files):
    """The path of a table, after a check that it comes out the same twice and tells its inputs."""
    once, again = (folder / part / f"{name}.csv" for part in ("once", "again"))
    for path in (once, again):
        assert measure(name, path, **files) == 0
        assert path.read_bytes() == once.read_bytes()
    assert once.with_suffix(".json").read_bytes() == again.with_suffix(".json").read_bytes()
    used = json.loads(once.with_suffix(".json").read_text())["inputs"]
    paths = [path for given in files.values() for path in np.atleast_1d(given)]
    assert used == {str(path): sha256(path) for path in paths}
    return once


def written(path, rows, columns=None, settings=()):
    """A table as `smwm measure` leaves it, of rows made by hand."""
    write_measured(path, "smwm.errors", pd.DataFrame(rows, columns=columns), [], list(settings))
    return path


def drawn_twice(figure, folder, *words, stem=None, **files):
    """The table of a figure, after a check that all its files are there and come out the same."""
    for out in (folder / "once", folder / "again"):
        assert draw(figure, out, *words, **files) == 0
    stem = stem or figure
    once = {path.name: path.read_bytes() for path in (folder / "once").iterdir()}
    assert {f"{stem}.{ending}" for ending in ("pdf", "png", "csv", "json")} <= once.keys()
    assert once == {path.name: path.read_bytes() for path in (folder / "again").iterdir()}
    assert once[f"{stem}.pdf"].startswith(b"%PDF")
    assert once[f"{stem}.png"].startswith(b"\x89PNG")
    used = json.loads(once[f"{stem}.json"])["inputs"]
    paths = [path for given in files.values() for path in np.atleast_1d(given)]
    assert used.items() >= {str(path): sha256(path) for path in paths}.items()
    return read_csv(folder / "once" / f"{stem}.csv")


def read_csv(path):
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def refusal(capsys, figure, out, *words, **files):
    """The one line that refuses to draw; nothing is drawn then."""
    assert draw(figure, out, *words, **files) == 2
    return _one_line(capsys, out)


def not_measured(capsys, name, out, **files):
    """The one line that refuses to measure; no table is written then."""
    assert measure(name, out / "table.csv", **files) == 2
    return _one_line(capsys, out)


def _one_line(capsys, out):
    output = capsys.readouterr().err
    assert len(output.splitlines()) == 1
    assert not [*out.glob("*.p*"), *out.glob("*.csv"), *out.glob("*.json")]
    return output


def drawn_lines(panel):
    """x and y of each line with intervals of a panel, by its colour."""
    lines = [one.lines[0] for one in panel.containers]
    return {
        line.get_color(): (line.get_xdata().tolist(), line.get_ydata().tolist())
        for line in lines
        if len(line.get_xdata())
    }


def assert_readable(figure):
    """No text of a figure overlaps another or is cut."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    texts = [text for legend in figure.legends for text in legend.get_texts()]
    for panel in figure.axes:
        texts += [panel.title, panel.xaxis.label, panel.yaxis.label]
        if panel.axison:
            for i, axis in enumerate((panel.xaxis, panel.yaxis)):
                low, high = sorted(axis.get_view_interval())
                labels = axis.get_majorticklabels()
                texts += [label for label in labels if low <= label.get_position()[i] <= high]
    texts = [text for text in texts if text.get_visible() and text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for i, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, f"{text} is cut"
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, f"{text} is cut"
        if text.get_rotation() % 90 == 0:  # the box of slanted text is larger than the text
            for other, near in zip(texts[:i], boxes, strict=False):
                assert other.get_rotation() % 90 or not box.overlaps(near), f"{text} on {other}"


RNG = np.random.default_rng(0)
ROOMS = RNG.uniform(20, 200, (300, 2))
TURNS = np.concatenate([RNG.uniform(-np.pi, np.pi, (300, 2)), RNG.normal(size=(300, 4))], 1)


def torus(states):
    """The sines and cosines of both joints."""
    return np.concatenate([np.sin(states[:, :2]), np.cos(states[:, :2])], 1)


def write_known(path, env="two_room", **changes):
    """An export whose latents are the agent's position, or a torus of the reacher's joints."""
    if env == "two_room":
        return write_export(path, env, ROOMS[:200], ROOMS[200:], lambda s: s / 50, **changes)
    return write_export(path, env, TURNS[:200], TURNS[200:], torus, **changes)

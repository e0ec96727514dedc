"""Planning with a distractor in the image: an extension of the paper's claim about dots."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.exports import Export, read_export
from smwm.analysis.intervals import mean
from smwm.analysis.probes import PROBES, probe_r2
from smwm.analysis.records import Record, rates_by, read_records, settings_behind
from smwm.envs import DISTRACTOR, ENVIRONMENTS, make_environment
from smwm.errors import InputError
from smwm.figures.style import new_figure, save_all
from smwm.methods import METHODS

COLUMNS = ("env", "method", "measure", "seeds", "episodes", "value", "ci_low", "ci_high")
WITHOUT, WITH = "success without [%]", "success with [%]"
VARIANTS = [name for name in ENVIRONMENTS if name.endswith(DISTRACTOR)]


def success_rows(records: list[Record]) -> list[tuple]:
    """Success in percent with and without the distractor, 95 % interval over seeds and tasks."""
    rows = []
    for env, method, seeds, episodes, *estimate in rates_by(
        lambda r: (r["env"], r["method"]), records
    ):
        measure = WITH if env.endswith(DISTRACTOR) else WITHOUT
        rows.append((env.removesuffix(DISTRACTOR), method, measure, seeds, episodes, *estimate))
    return rows


def probe_rows(exports: list[Export]) -> list[tuple]:
    """R^2 of each quantity and probe with the distractor, 95 % interval over seeds."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for export in exports:
        environment = make_environment(export.place, 1)
        fit, held_out = map(environment.quantities, (export.fit_states, export.states))
        for quantity, targets in held_out.items():
            for probe in PROBES:
                data = (export.fit_latents, fit[quantity], export.latents, targets)
                r2 = probe_r2(probe, *data, seed=export.seed)
                key = export.place, export.method, measure_of(probe, quantity)
                found.setdefault(key, []).append(r2)
    return [
        (env.removesuffix(DISTRACTOR), method, measure, len(values), len(values), *mean(values))
        for (env, method, measure), values in found.items()
    ]


def measure_of(probe: str, quantity: str) -> str:
    """What a row of R^2 is called."""
    return f"{'MLP' if probe == 'mlp' else probe} R² of {quantity.replace('_', ' ')}"


def distractor_table(records: list[Record], exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS. Raises InputError if a variant stands without its original."""
    table = pd.DataFrame([*success_rows(records), *probe_rows(exports)], columns=list(COLUMNS))
    for (env, method), rows in table.groupby(["env", "method"]):
        if not {WITH, WITHOUT} <= set(rows["measure"]):
            raise InputError(f"--records: {method} in {env} lacks one of: with, without distractor")
    return table


def draw(table: pd.DataFrame) -> Figure:
    """A row an environment: success with and without, then what an MLP reads from the latents."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 0.7 + 2.3 * len(envs))
    panels = figure.subplots(len(envs), 2, squeeze=False)
    for row, env in zip(panels, envs, strict=True):
        mine = table[table["env"] == env].set_index(["method", "measure"])
        quantities = make_environment(env, 1).probes
        read = [measure_of("mlp", quantity) for quantity in quantities]
        ignored = measure_of("mlp", "distractor_position")
        for x, method in enumerate(methods):
            if (method, WITH) not in mine.index:
                continue
            colour = METHODS[method].colour
            _bar(row[0], x - 0.2, mine.loc[(method, WITHOUT)], colour, 0.45)
            _bar(row[0], x + 0.2, mine.loc[(method, WITH)], colour, 1.0)
            if (method, ignored) not in mine.index:
                continue
            own = mine.loc[[(method, measure) for measure in read], "value"].clip(lower=0).mean()
            row[1].bar(x - 0.2, own, 0.38, color=colour, alpha=0.45)
            _bar(row[1], x + 0.2, mine.loc[(method, ignored)], colour, 1.0)
        row[0].set_ylim(0, 105)
        row[1].set_ylim(0, 1.05)
        row[0].set_ylabel("planning success [%]")
        row[1].set_ylabel("R², MLP probe")
        seeds = int(mine["seeds"].max())
        row[0].set_title(f"{ENVIRONMENTS[env].label}, {seeds} seed{'s' * (seeds > 1)}")
        for panel in row:
            labels = [METHODS[m].label.replace(" (", "\n(") for m in methods]
            panel.set_xticks(range(len(methods)), labels, fontsize=6)
    panels[0, 0].bar(np.nan, np.nan, color="#555555", alpha=0.45, label="without distractor")
    panels[0, 0].bar(np.nan, np.nan, color="#555555", label="with distractor")
    panels[0, 1].bar(np.nan, np.nan, color="#555555", alpha=0.45, label="task's quantities, mean")
    panels[0, 1].bar(np.nan, np.nan, color="#555555", label="the distractor's position")
    for panel in panels[0]:
        panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=2, fontsize=7)
    return figure


def _bar(panel: Axes, x: float, row: pd.Series, colour: str, alpha: float) -> None:
    value = max(row["value"], 0)
    panel.bar(x, value, 0.38, color=colour, alpha=alpha)
    if np.isfinite(row["ci_low"]):
        errors = [[max(value - row["ci_low"], 0)], [max(row["ci_high"] - value, 0)]]
        panel.errorbar(x, value, errors, color="black", lw=1, capsize=2)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="of the variants")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records)
    exports = [read_export(path, VARIANTS) for path in arguments.embeddings]
    table = distractor_table(records, exports)
    inputs = [*arguments.records, *arguments.embeddings]
    settings = settings_behind(records)
    save_all(arguments.out / "distractors", __name__, table, draw(table), inputs, settings)

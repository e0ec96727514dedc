"""Tables of probes that were fitted before: beside the paper's, and with a distractor."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.intervals import mean
from smwm.analysis.measured import read_measured, read_table
from smwm.analysis.records import Record, outcomes, rates_by, read_records, settings_behind
from smwm.envs import DISTRACTOR, ENVIRONMENTS
from smwm.errors import InputError
from smwm.measures.probing import COLUMNS as PROBE

Settings = list[dict[str, Any]]
PROBES = (*PROBE, "mean", "ci_low", "ci_high", "paper")
DISTRACTED = (
    "env", "method", "measure", "quantity", "seeds", "episodes", "value", "ci_low", "ci_high",
    "by_seed",
)  # fmt: skip
VARIANTS = [name for name in ENVIRONMENTS if name.endswith(DISTRACTOR)]


def read_probes(paths: list[Path]) -> tuple[pd.DataFrame, Settings]:
    """Tables of `smwm measure probes` as one, and the settings behind them."""
    found = [read_measured(path, PROBE) for path in paths]
    table = pd.concat([one.table for one in found], ignore_index=True)
    return table, [origin for one in found for origin in one.settings]


def beside_paper(probes: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Rows of PROBES: with the mean over seeds, its 95 % interval, and the paper's R^2."""
    keys = ["env", "quantity", "probe", "method"]
    known = paper.set_index(keys)["r2"].to_dict()
    shared = {
        key: (*mean(rows["r2"]), known.get(key, np.nan)) for key, rows in probes.groupby(keys)
    }
    rows = [(*row, *shared[row[:4]]) for row in probes[list(PROBE)].itertuples(index=False)]
    return pd.DataFrame(rows, columns=list(PROBES))


def paper_probes(path: Path) -> pd.DataFrame:
    """The paper's R^2: columns env, quantity, probe, method, r2."""
    columns = {"env": str, "quantity": str, "probe": str, "method": str, "r2": float}
    return read_table(path, columns, "a table of probe R^2")


def distractor_table(records: list[Record], probes: pd.DataFrame) -> pd.DataFrame:
    """Rows of DISTRACTED, of each environment without the end of its variant's name.

    measure: success_without or success_with [%], 95 % interval over seeds and tasks; r2_linear or
    r2_mlp of a `quantity` with the distractor, 95 % interval over seeds. by_seed: the value of each
    seed in order, with spaces between. Raises InputError if a variant stands without its original.
    """
    rows = []
    for env, method, *found in rates_by(lambda r: (r["env"], r["method"]), records):
        measure = "success_with" if env.endswith(DISTRACTOR) else "success_without"
        by_seed = 100 * outcomes(records, env, method).mean(1)
        known = (env.removesuffix(DISTRACTOR), method, measure, "")
        rows.append((*known, *found, _spaced(by_seed)))
    keys = ["env", "method", "probe", "quantity"]
    for (env, method, probe, quantity), seeds in probes.groupby(keys, sort=False):
        count = len(seeds)
        known = (env.removesuffix(DISTRACTOR), method, f"r2_{probe}", quantity)
        by_seed = seeds.sort_values("seed")["r2"]
        rows.append((*known, count, count, *mean(by_seed), _spaced(by_seed)))
    table = pd.DataFrame(rows, columns=list(DISTRACTED))
    for (env, method), found in table.groupby(["env", "method"]):
        if not {"success_with", "success_without"} <= set(found["measure"]):
            raise InputError(f"--records: {method} in {env} lacks one of: with, without distractor")
    return table


def _spaced(values: Iterable[float]) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def probe_r2(probes: list[Path], paper: list[Path]) -> tuple[pd.DataFrame, Settings]:
    table, settings = read_probes(probes)
    return beside_paper(table, paper_probes(paper[0])), settings


def distractors(records: list[Path], probes: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records)
    table, _ = read_probes(probes)
    for env in set(table["env"]) - set(VARIANTS):
        raise InputError(f"--probes: are of {env!r}, allowed: {', '.join(VARIANTS)}")
    return distractor_table(found, table), settings_behind(found)

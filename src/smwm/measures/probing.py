"""Physical quantities read from the latents of models, by probes fitted once an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from smwm.analysis.exports import Export, read_export
from smwm.analysis.probes import PROBES, probe_r2
from smwm.envs import ENVIRONMENTS, make_environment

COLUMNS = ("env", "quantity", "probe", "method", "seed", "r2")


def probed(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: one an export, quantity and probe; R^2 on held-out images."""
    rows = []
    for export in exports:
        environment = make_environment(export.domain, 1)
        fit = environment.quantities(export.fit_states)
        held_out = environment.quantities(export.states)
        for quantity, targets in held_out.items():
            for probe in PROBES:
                data = (export.fit_latents, fit[quantity], export.latents, targets)
                r2 = probe_r2(probe, *data, seed=export.seed)
                rows.append((export.domain, quantity, probe, export.method, export.seed, r2))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def probes(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    exports = [read_export(path, ENVIRONMENTS) for path in embeddings]
    return probed(exports), [export.origin for export in exports]

"""Principal components of embeddings: their spectra, and whether they collapse beside SMWM's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.dimension import DEFINITION, effective_dimension, principal_axes, shares
from smwm.analysis.exports import Export, read_arrays, read_export
from smwm.envs import ENVIRONMENTS

SPECTRUM = ("env", "method", "seed", "component", "share", "effective_dim")
COLLAPSE = ("env", "method", "seed", "embedding_std", "components")
COMPONENTS = 10  # kept of a spectrum
SIGNIFICANT = 0.01  # of SMWM's first variance: what is under it does not count


def spectrum_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of SPECTRUM: a component's share [%] of the variance, a model's effective dimension."""
    rows = []
    for export in exports:
        variances = principal_axes(export.fit_latents).variances
        found = effective_dimension(variances)
        who = (export.domain, export.method, export.seed)
        for component, share in enumerate(shares(variances)[:COMPONENTS], start=1):
            rows.append((*who, component, share, found))
    return pd.DataFrame(rows, columns=list(SPECTRUM))


def collapse_table(latents: dict[tuple[str, str, int], np.ndarray]) -> pd.DataFrame:
    """Rows of COLLAPSE; `latents` (N, D) of held-out images by environment, method and seed.

    components: how many have more than 1 % of the first variance of SMWM's of the same
    environment and seed; NaN without one.
    """
    variances = {who: principal_axes(found).variances for who, found in latents.items()}
    rows = []
    for (env, method, seed), found in variances.items():
        ours = variances.get((env, "smwm", seed))
        count = np.nan if ours is None else (found > SIGNIFICANT * ours[0]).sum()
        rows.append((env, method, seed, found.mean() ** 0.5, count))
    return pd.DataFrame(rows, columns=list(COLLAPSE))


def spectrum(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    exports = [read_export(path, ENVIRONMENTS) for path in embeddings]
    settings = [{"definition": DEFINITION}, *(export.origin for export in exports)]
    return spectrum_table(exports), settings


def collapse(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    kind = "an export of `smwm embed`"
    files = [read_arrays(path, ["latents"], kind) for path in embeddings]
    models = [origin["model"] for _, origin in files]
    latents = {
        (model["env"], model["method"], model["seed"]): arrays["latents"]
        for model, (arrays, _) in zip(models, files, strict=True)
    }
    return collapse_table(latents), [origin for _, origin in files]

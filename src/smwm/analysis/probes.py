"""How well physical quantities can be read from embeddings: linear and MLP probes."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

PROBES = ("linear", "mlp")


def probe_r2(
    kind: str,
    fit_latents: np.ndarray,
    fit_targets: np.ndarray,
    latents: np.ndarray,
    targets: np.ndarray,
    seed: int = 0,
) -> float:
    """R^2 on held-out data of a probe fitted to training data, a mean over the targets.

    latents (N, D), targets (N, d); both are standardised with the training data. Dimensions of
    the target that do not vary are left out; NaN if none is left.
    """
    varies = fit_targets.std(0) > 1e-9
    if not varies.any():
        return float("nan")
    scaler = StandardScaler().fit(fit_targets[:, varies])
    model = _model(kind, seed)
    # On layers this small, a second thread costs up to 20 times the time that it saves.
    with (
        warnings.catch_warnings(action="ignore", category=ConvergenceWarning),
        threadpool_limits(1),
    ):
        # In the latents' precision: with targets in another the MLP takes twice the time.
        wanted = scaler.transform(fit_targets[:, varies]).astype(fit_latents.dtype)
        model.fit(fit_latents, wanted if wanted.shape[1] > 1 else wanted.ravel())
    predicted = model.predict(latents).reshape(len(latents), -1)
    return float(r2_score(scaler.transform(targets[:, varies]), predicted))


def _model(kind: str, seed: int) -> Pipeline:
    probes = {
        "linear": Ridge(alpha=1e-3),
        "mlp": MLPRegressor(
            hidden_layer_sizes=(256, 128), early_stopping=True, n_iter_no_change=5,
            max_iter=60, random_state=seed,
        ),
    }  # fmt: skip
    return make_pipeline(StandardScaler(), probes[kind])

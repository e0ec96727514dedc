"""Which measured tables the claims are judged by; the report is made after these."""

CLAIM_TABLES = (
    "planning_success",
    "planning_differences",
    "over_seeds",
    "probe_r2",
    "lambda_sweep",
    "horizon_sweep",
    "distractors",
)
# Those that `over_seeds` sums up; the models behind them are listed in the report in this order.
SEED_TABLES = (
    "collapse",
    "dot_geometry",
    "latent_rollout",
    "latent_dimension",
    "sprite_decoding",
    "folding",
    "embeddings_smwm",
)

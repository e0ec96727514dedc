"""Which measured tables the claims are judged by; the report is made after these."""

CLAIM_TABLES = (
    "planning_success",
    "planning_differences",
    "collapse",
    "dot_geometry",
    "latent_rollout",
    "latent_dimension",
    "sprite_decoding",
    "probe_r2",
    "lambda_sweep",
    "horizon_sweep",
    "folding",
    "embeddings_smwm",
    "distractors",
)

"""What can be measured: each table's name, the module that measures it, and its input files."""

FLAGS = {
    "data": "datasets of `smwm collect`",
    "tasks": "of `smwm tasks`",
    "paths": "of `smwm plan` through the tasks",
    "records": "of `smwm plan`",
    "embeddings": "of `smwm embed`",
    "checkpoints": "the models behind the embeddings, in the same order",
    "probes": "of `smwm measure probes`",
    "tables": "of `smwm measure`, by their names",
    "paper": "the paper's numbers, CSV",
}
# Each is a function of that name in a module of this package, which takes lists of paths by the
# flags' names and gives the table and the settings behind it.
MEASURES = {
    "data_coverage": ("coverage", ("data",), "poses, motion and events that data cover"),
    "data_histograms": ("coverage", ("data",), "how often data have which poses and motion"),
    "planning_rollouts": ("episodes", ("tasks", "paths"), "which episodes of planning are shown"),
    "planning_success": ("rates", ("records", "paper"), "planning success of each method"),
    "planning_differences": ("rates", ("records",), "differences of methods on the same tasks"),
    "lambda_sweep": ("rates", ("records",), "success over the weight of the inverse term"),
    "horizon_sweep": ("rates", ("records", "paper"), "success over the distance of the goal"),
    "scaling": ("rates", ("records",), "success over training steps and training episodes"),
    "collapse": ("spectra", ("embeddings",), "how widely embeddings spread, beside SMWM's"),
    "over_seeds": ("over_seeds", ("tables",), "what the seeds say together, for the claims"),
    "spectrum": ("spectra", ("embeddings",), "principal components of each model's embeddings"),
    "latent_points": ("points", ("embeddings",), "latents by components, and where the state was"),
    "folding": ("growths", ("embeddings",), "how latent distance grows with distance in state"),
    "probes": ("probing", ("embeddings",), "physical quantities read from the latents"),
    "probe_r2": ("probe_tables", ("probes", "paper"), "probes of several models, and the paper's"),
    "distractors": ("probe_tables", ("records", "probes"), "success and probes with a distractor"),
    "latent_dimension": ("dots", ("embeddings",), "significant components of the dot worlds"),
    "dot_geometry": ("dots", ("embeddings",), "principal components of one dot's latent"),
    "dot_grid": ("dots", ("embeddings", "checkpoints"), "a grid of positions in the latent"),
    "latent_rollout": ("rollouts", ("embeddings", "checkpoints"), "errors of predicted latents"),
    "rollout_paths": ("rollouts", ("embeddings", "checkpoints"), "some predicted paths"),
    "sprite_decoding": ("sprites", ("embeddings",), "what the latent keeps of a triangle"),
}

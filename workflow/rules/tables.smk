# What is measured from what, and what is drawn.


def paper(name):
    """A table of the paper's numbers."""
    return f"resources/paper/{name}.csv"


def probes(exports):
    """The probes of each export of embeddings."""
    return [path.replace("embeddings/", "probes/", 1).replace(".npz", ".csv") for path in exports]


def of_places(paths, envs, methods):
    """Those of `paths` that are of one of `envs` and one of `methods`."""
    return [path for path in paths if any(f"/{e}/{m}/" in path for e in envs for m in methods)]


def tables():
    """The measure and the inputs, by flag, of each table that this configuration can fill."""
    single, known = ["single_dot"], [
        m for m in [*CONFIG.methods, *CONFIG.baselines] if m in TRAINED
    ]
    dots = {
        "embeddings": world_files("embeddings", single, DOT_METHODS),
        "checkpoints": world_files("checkpoints", single, DOT_METHODS),
    }
    rolled = {kind: of_places(files, single, ["smwm"]) for kind, files in dots.items()}
    planning = "results/{scale}/planning/{env}/{method}/seed{seed}.json"
    export = "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz"
    variants = [env + DISTRACTOR for env in EXTENSION.distractor_envs]
    compared, distracted = EXTENSION.baseline_envs, EXTENSION.distractor_methods
    spectra = {
        f"embeddings_{m}": ("spectrum", {"embeddings": of_places(embeddings(), CONFIG.envs, [m])})
        for m in ("smwm", "sigreg")
    }
    found = {
        "planning_success": (
            "planning_success",
            {"records": planning_records(), "paper": paper("planning_success")},
        ),
        "planning_differences": ("planning_differences", {"records": planning_records()}),
        "collapse": ("collapse", {"embeddings": embeddings()}),
        "dot_geometry": ("dot_geometry", {"embeddings": dots["embeddings"]}),
        "dot_grid": ("dot_grid", dots),
        "latent_rollout": ("latent_rollout", rolled),
        "rollout_paths": ("rollout_paths", rolled),
        "latent_dimension": (
            "latent_dimension",
            {"embeddings": world_files("embeddings", DOT_WORLDS, ["smwm"])},
        ),
        "sprite_decoding": (
            "sprite_decoding",
            {"embeddings": world_files("embeddings", SPRITES, ["smwm"])},
        ),
        "folding": ("folding", {"embeddings": of_places(embeddings(), FOLDED, PLANNERS)}),
        **spectra,
        "probe_r2": ("probe_r2", {"probes": probes(embeddings()), "paper": paper("probe_r2")}),
        "lambda_sweep": ("lambda_sweep", {"records": lambda_records()}),
        "horizon_sweep": (
            "horizon_sweep",
            {"records": horizon_records(), "paper": paper("horizon_sweep")},
        ),
        "baselines": (
            "planning_success",
            {
                "records": extension_files(
                    planning, compared, [*CONFIG.methods, *CONFIG.baselines]
                ),
                "paper": paper("planning_success"),
            },
        ),
        "baseline_probes": (
            "probe_r2",
            {
                "probes": probes(extension_files(export, compared, known)),
                "paper": paper("probe_r2"),
            },
        ),
        "distractors": (
            "distractors",
            {
                "records": extension_files(
                    planning, [*EXTENSION.distractor_envs, *variants], distracted
                ),
                "probes": probes(extension_files(export, variants, distracted)),
            },
        ),
    }
    return {name: entry for name, entry in found.items() if all(entry[1].values())}


TABLES = tables()


def claim_tables():
    """The tables that the claims are judged by; those of an extension only if it is made."""
    left_out = [] if EXTENSION.target == "all" else extension_figures()
    return [
        f"results/{CONFIG.scale}/tables/{name}.csv"
        for name in CLAIM_TABLES
        if name in TABLES and name not in left_out
    ]


def measure_sources(table):
    """The package's files that measuring a table uses; distances in state ask the environments."""
    measured_in = MEASURES[TABLES[table][0]][0]
    asked = FOLDED if measured_in == "growths" else []
    return source_files(f"smwm.measures.{measured_in}", *map(environment_module, asked))


# Figures of measured tables, each under the table's name: the module that draws it, its category in
# Snakemake's report, and what it shows beside the table, by flag.
DRAWN = {
    "planning_success": ("planning_success", "Planning", {}),
    "lambda_sweep": ("lambda_sweep", "Planning", {}),
    "horizon_sweep": ("horizon_sweep", "Planning", {}),
    "dot_geometry": ("dot_geometry", "Latents", {"grid": "results/{scale}/tables/dot_grid.csv"}),
    "latent_rollout": (
        "latent_rollout",
        "Latents",
        {"paths": "results/{scale}/tables/rollout_paths.csv"},
    ),
    "latent_dimension": ("latent_dimension", "Latents", {}),
    "sprite_decoding": (
        "sprite_decoding",
        "Latents",
        {"decoded": world_files("decoded", SPRITES, ["smwm"], seeds=1)},
    ),
    "folding": ("folding", "Latents", {}),
    "probe_r2": ("probe_r2", "Latents", {}),
    "baselines": ("planning_success", "Extension", {}),
    "baseline_probes": ("probe_r2", "Extension", {}),
    "distractors": ("distractors", "Extension", {}),
}
KINDS = {"probe_r2": [".csv", ".tex", ".json"]}  # where they are others than CSV and JSON

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
    """The inputs, by flag, of each table that this configuration can fill."""
    everyone = [*CONFIG.methods, *CONFIG.baselines]
    trained = [method for method in everyone if method in TRAINED]
    kinds = ("embeddings", "checkpoints")
    dots = {kind: world_files(kind, ["single_dot"], DOT_METHODS) for kind in kinds}
    rolled = {kind: world_files(kind, ["single_dot"], ["smwm"]) for kind in kinds}
    planning = "results/{scale}/planning/{env}/{method}/seed{seed}.json"
    export = "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz"
    compared, distracted = EXTENSION.baseline_envs, EXTENSION.distractor_methods
    variants = [env + DISTRACTOR for env in EXTENSION.distractor_envs]
    both = [*EXTENSION.distractor_envs, *variants]
    found = dict(
        planning_success=dict(records=planning_records(), paper=paper("planning_success")),
        planning_differences=dict(records=planning_records()),
        lambda_sweep=dict(records=lambda_records()),
        horizon_sweep=dict(records=horizon_records(), paper=paper("horizon_sweep")),
        collapse=dict(embeddings=embeddings()),
        embeddings_smwm=dict(embeddings=of_places(embeddings(), CONFIG.envs, ["smwm"])),
        embeddings_sigreg=dict(embeddings=of_places(embeddings(), CONFIG.envs, ["sigreg"])),
        folding=dict(embeddings=of_places(embeddings(), FOLDED, PLANNERS)),
        probe_r2=dict(probes=probes(embeddings()), paper=paper("probe_r2")),
        dot_geometry=dict(embeddings=dots["embeddings"]),
        dot_grid=dots,
        latent_rollout=rolled,
        rollout_paths=rolled,
        latent_dimension=dict(embeddings=world_files("embeddings", DOT_WORLDS, ["smwm"])),
        sprite_decoding=dict(embeddings=world_files("embeddings", SPRITES, ["smwm"])),
        baselines=dict(
            records=extension_files(planning, compared, everyone),
            paper=paper("planning_success"),
        ),
        baseline_probes=dict(
            probes=probes(extension_files(export, compared, trained)),
            paper=paper("probe_r2"),
        ),
        distractors=dict(
            records=extension_files(planning, both, distracted),
            probes=probes(extension_files(export, variants, distracted)),
        ),
    )
    return {name: inputs for name, inputs in found.items() if all(inputs.values())}


TABLES = tables()
# What measures a table, and the module that draws it, where they go by another name.
KIND_OF = {
    "embeddings_smwm": "spectrum",
    "embeddings_sigreg": "spectrum",
    "baselines": "planning_success",
    "baseline_probes": "probe_r2",
}
# Figures that draw the table of their name: category in Snakemake's report, and what they show
# beside the table, by flag.
DRAWN = {
    "planning_success": ("Planning", {}),
    "lambda_sweep": ("Planning", {}),
    "horizon_sweep": ("Planning", {}),
    "dot_geometry": ("Latents", {"grid": "results/{scale}/tables/dot_grid.csv"}),
    "latent_rollout": ("Latents", {"paths": "results/{scale}/tables/rollout_paths.csv"}),
    "latent_dimension": ("Latents", {}),
    "sprite_decoding": (
        "Latents",
        {"decoded": world_files("decoded", SPRITES, ["smwm"], seeds=1)},
    ),
    "folding": ("Latents", {}),
    "probe_r2": ("Latents", {}),
    "baselines": ("Extension", {}),
    "baseline_probes": ("Extension", {}),
    "distractors": ("Extension", {}),
}


def kind_of(name):
    """What measures a table, or the module that draws it."""
    return KIND_OF.get(name, name)


def measure_sources(table):
    """The package's files that measuring a table uses; distances in state ask the environments."""
    where, *_ = MEASURES[kind_of(table)]
    asked = FOLDED if table == "folding" else []
    return source_files(f"smwm.measures.{where}", *map(environment_module, asked))


def claim_tables():
    """The tables that the claims are judged by; those of an extension only if it is made."""
    left_out = [] if EXTENSION.target == "all" else extension_figures()
    return [
        f"results/{CONFIG.scale}/tables/{name}.csv"
        for name in CLAIM_TABLES
        if name in TABLES and name not in left_out
    ]

# What is shown of the latents.


use rule planning_success as dot_geometry with:
    input:
        embeddings=world_files("embeddings", ["single_dot"], DOT_METHODS),
        checkpoints=world_files("checkpoints", ["single_dot"], DOT_METHODS),
        code=source_files("smwm.figures.dot_geometry"),
    output:
        drawn("dot_geometry", "Latents"),
    log:
        "results/{scale}/logs/figures/dot_geometry.log",
    benchmark:
        "results/{scale}/benchmarks/figures/dot_geometry.tsv"


use rule planning_success as latent_rollout with:
    input:
        embeddings=world_files("embeddings", ["single_dot"], ["smwm"]),
        checkpoints=world_files("checkpoints", ["single_dot"], ["smwm"]),
        code=source_files("smwm.figures.latent_rollout"),
    output:
        drawn("latent_rollout", "Latents"),
    log:
        "results/{scale}/logs/figures/latent_rollout.log",
    benchmark:
        "results/{scale}/benchmarks/figures/latent_rollout.tsv"


use rule planning_success as latent_dimension with:
    input:
        embeddings=world_files("embeddings", DOT_WORLDS, ["smwm"]),
        code=source_files("smwm.figures.latent_dimension"),
    output:
        drawn("latent_dimension", "Latents"),
    log:
        "results/{scale}/logs/figures/latent_dimension.log",
    benchmark:
        "results/{scale}/benchmarks/figures/latent_dimension.tsv"


# The figures that take longest come first, so that no core waits for them at the end.
use rule planning_success as sprite_decoding with:
    input:
        embeddings=world_files("embeddings", SPRITES, ["smwm"]),
        decoded=world_files("decoded", SPRITES, ["smwm"], seeds=1),
        code=source_files("smwm.figures.sprite_decoding"),
    output:
        drawn("sprite_decoding", "Latents"),
    log:
        "results/{scale}/logs/figures/sprite_decoding.log",
    benchmark:
        "results/{scale}/benchmarks/figures/sprite_decoding.tsv"
    priority: 2


use rule planning_success as probe_r2 with:
    input:
        embeddings=embeddings(),
        paper="resources/paper/probe_r2.csv",
        code=source_files("smwm.figures.probe_r2", *map(environment_module, CONFIG.envs)),
    output:
        drawn("probe_r2", "Latents", ".csv", ".tex", ".json"),
    log:
        "results/{scale}/logs/figures/probe_r2.log",
    benchmark:
        "results/{scale}/benchmarks/figures/probe_r2.tsv"
    priority: 2
    conda:
        "../envs/scenes.yaml"


use rule planning_success as folding with:
    input:
        embeddings=[
            path
            for path in embeddings()
            if any(f"/{env}/{method}/" in path for env in FOLDED for method in PLANNERS)
        ],
        code=source_files("smwm.figures.folding", *map(environment_module, FOLDED)),
    output:
        drawn("folding", "Latents"),
    log:
        "results/{scale}/logs/figures/folding.log",
    benchmark:
        "results/{scale}/benchmarks/figures/folding.tsv"
    conda:
        "../envs/scenes.yaml"


use rule planning_success as embeddings with:
    input:
        embeddings=lambda wildcards: [e for e in embeddings() if f"/{wildcards.method}/" in e],
        code=source_files("smwm.figures.embeddings", *map(environment_module, CONFIG.envs)),
    output:
        drawn("embeddings_{method}", "Latents", caption="embeddings"),
    log:
        "results/{scale}/logs/figures/embeddings_{method}.log",
    benchmark:
        "results/{scale}/benchmarks/figures/embeddings_{method}.tsv"
    conda:
        "../envs/scenes.yaml"

# Beyond the paper: more baselines, and a distractor in the image.


rule extension:
    input:
        expand(
            "figures/{scale}/{figure}.{kind}",
            scale=CONFIG.scale,
            figure=extension_figures(),
            kind=["pdf", "png"],
        ),
        explored_with_distractor(),


use rule planning_success as baselines with:
    input:
        records=extension_files(
            "results/{scale}/planning/{env}/{method}/seed{seed}.json",
            EXTENSION.baseline_envs,
            [*CONFIG.methods, *CONFIG.baselines],
        ),
        paper="resources/paper/planning_success.csv",
        code=source_files("smwm.figures.planning_success"),
    output:
        drawn("baselines", "Extension"),
    log:
        "results/{scale}/logs/figures/baselines.log",
    benchmark:
        "results/{scale}/benchmarks/figures/baselines.tsv"


use rule planning_success as baseline_probes with:
    input:
        embeddings=extension_files(
            "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz",
            EXTENSION.baseline_envs,
            [method for method in [*CONFIG.methods, *CONFIG.baselines] if method in TRAINED],
        ),
        paper="resources/paper/probe_r2.csv",
        code=source_files(
            "smwm.figures.probe_r2", *map(environment_module, EXTENSION.baseline_envs)
        ),
    output:
        drawn("baseline_probes", "Extension", ".csv", ".tex", ".json"),
    log:
        "results/{scale}/logs/figures/baseline_probes.log",
    benchmark:
        "results/{scale}/benchmarks/figures/baseline_probes.tsv"
    conda:
        "../envs/scenes.yaml"


use rule planning_success as distractors with:
    input:
        records=extension_files(
            "results/{scale}/planning/{env}/{method}/seed{seed}.json",
            [env + end for env in EXTENSION.distractor_envs for end in ("", DISTRACTOR)],
            EXTENSION.distractor_methods,
        ),
        embeddings=extension_files(
            "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz",
            [env + DISTRACTOR for env in EXTENSION.distractor_envs],
            EXTENSION.distractor_methods,
        ),
        code=source_files(
            "smwm.figures.distractors",
            *(environment_module(env + DISTRACTOR) for env in EXTENSION.distractor_envs),
        ),
    output:
        drawn("distractors", "Extension"),
    log:
        "results/{scale}/logs/figures/distractors.log",
    benchmark:
        "results/{scale}/benchmarks/figures/distractors.tsv"
    conda:
        "../envs/scenes.yaml"

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


rule baselines:
    input:
        records=extension_files(
            "results/{scale}/planning/{env}/{method}/seed{seed}.json",
            EXTENSION.baseline_envs,
            [*CONFIG.methods, *CONFIG.baselines],
        ),
        paper="resources/paper/planning_success.csv",
        code=source_files("smwm.figures.planning_success"),
    output:
        report(
            "figures/{scale}/baselines.png",
            caption="../report/baselines.rst",
            category="Extension",
        ),
        multiext("figures/{scale}/baselines", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/baselines.log",
    benchmark:
        "results/{scale}/benchmarks/figures/baselines.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing baselines"
    shell:
        "python -m smwm figure planning_success --records {input.records:q}"
        " --paper {input.paper:q} --out {params.folder:q} --name baselines > {log:q} 2>&1"


rule baseline_probes:
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
        report(
            "figures/{scale}/baseline_probes.png",
            caption="../report/baseline_probes.rst",
            category="Extension",
        ),
        multiext("figures/{scale}/baseline_probes", ".pdf", ".csv", ".tex", ".json"),
    log:
        "results/{scale}/logs/figures/baseline_probes.log",
    benchmark:
        "results/{scale}/benchmarks/figures/baseline_probes.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing baseline_probes"
    shell:
        "python -m smwm figure probe_r2 --embeddings {input.embeddings:q}"
        " --paper {input.paper:q} --out {params.folder:q} --name baseline_probes > {log:q} 2>&1"


rule distractors:
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
        report(
            "figures/{scale}/distractors.png",
            caption="../report/distractors.rst",
            category="Extension",
        ),
        multiext("figures/{scale}/distractors", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/distractors.log",
    benchmark:
        "results/{scale}/benchmarks/figures/distractors.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing distractors"
    shell:
        "python -m smwm figure distractors --records {input.records:q}"
        " --embeddings {input.embeddings:q} --out {params.folder:q} > {log:q} 2>&1"

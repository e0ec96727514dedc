# What a reader looks at. An input's name is the flag that hands it over, and what is drawn is named
# by the output.


rule environments:
    input:
        tasks=expand("results/{{scale}}/tasks/{env}.npz", env=CONFIG.envs),
        data=expand("data/datasets/{{scale}}/{env}/eval.h5", env=CONFIG.envs),
        code=source_files("smwm.figures.environments", *map(environment_module, CONFIG.envs)),
    output:
        drawn("environments", "Data", ".json"),
    log:
        "results/{scale}/logs/figures/environments.log",
    benchmark:
        "results/{scale}/benchmarks/figures/environments.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        figure=lambda wildcards, output: drawn_by(output),
        files=lambda wildcards, input: as_flags(input),
        folder=subpath(output[0], parent=True),
    message:
        "drawing {output[0]}"
    shell:
        "python -m smwm figure {params.figure} {params.files} --out {params.folder:q}"
        " > {log:q} 2>&1"


use rule environments as data_coverage with:
    input:
        data=expand("data/datasets/{{scale}}/{env}/train.h5", env=CONFIG.envs),
        code=source_files("smwm.figures.data_coverage", *map(environment_module, CONFIG.envs)),
    output:
        drawn("data_coverage", "Data"),
    log:
        "results/{scale}/logs/figures/data_coverage.log",
    benchmark:
        "results/{scale}/benchmarks/figures/data_coverage.tsv"


use rule environments as planning_rollouts with:
    input:
        tasks=expand("results/{{scale}}/tasks/{env}.npz", env=CONFIG.envs),
        paths=RUN.planning_paths(),
        code=source_files("smwm.figures.planning_rollouts", *map(environment_module, CONFIG.envs)),
    output:
        drawn("planning_rollouts", "Planning", ".csv", ".gif", ".json"),
    log:
        "results/{scale}/logs/figures/planning_rollouts.log",
    benchmark:
        "results/{scale}/benchmarks/figures/planning_rollouts.tsv"


use rule environments as training_curves with:
    input:
        curves=RUN.training_curves(),
        code=source_files("smwm.figures.training_curves"),
    output:
        drawn("training_curves", "Training"),
    log:
        "results/{scale}/logs/figures/training_curves.log",
    benchmark:
        "results/{scale}/benchmarks/figures/training_curves.tsv"
    conda:
        "../envs/figures.yaml"


use rule environments as embeddings with:
    input:
        table="results/{scale}/tables/embeddings_{method}.csv",
        embeddings=lambda wildcards: RUN.embeddings(methods=[wildcards.method]),
        code=source_files("smwm.figures.embeddings", *map(environment_module, CONFIG.envs)),
    output:
        drawn("embeddings_{method}", "Latents", caption="embeddings"),
    log:
        "results/{scale}/logs/figures/embeddings_{method}.log",
    benchmark:
        "results/{scale}/benchmarks/figures/embeddings_{method}.tsv"


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
        {"decoded": RUN.decoded()},
    ),
    "folding": ("Latents", {}),
    "probe_r2": ("Latents", {}),
    "baselines": ("Extension", {}),
    "baseline_probes": ("Extension", {}),
    "distractors": ("Extension", {}),
}

# One rule for each of them, under its name.
for figure, (category, shown) in DRAWN.items():

    rule:
        name:
            figure
        input:
            **shown,
            table=f"results/{{scale}}/tables/{figure}.csv",
            code=source_files(f"smwm.figures.{kind_of(figure)}"),
        output:
            drawn(figure, category),
            # The table of probes comes as LaTeX, too.
            *([f"figures/{{scale}}/{figure}.tex"] if kind_of(figure) == "probe_r2" else []),
        log:
            f"results/{{scale}}/logs/figures/{figure}.log",
        benchmark:
            f"results/{{scale}}/benchmarks/figures/{figure}.tsv"
        conda:
            "../envs/figures.yaml"
        params:
            figure=rules.environments.params.figure,
            files=rules.environments.params.files,
            folder=subpath(output[0], parent=True),
        message:
            "drawing {output[0]}"
        shell:
            "python -m smwm figure {params.figure} {params.files} --out {params.folder:q}"
            " > {log:q} 2>&1"


rule replication:
    input:
        tables=RUN.claim_tables(),
        paper=sorted(map(str, Path("resources/paper").glob("*.csv"))),
        code=source_files("smwm.figures.replication"),
    output:
        multiext("figures/{scale}/replication", ".csv", ".md", ".json"),
    log:
        "results/{scale}/logs/figures/replication.log",
    benchmark:
        "results/{scale}/benchmarks/figures/replication.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
        paper=lambda wildcards, input: os.path.dirname(input.paper[0]),
    message:
        "writing the replication table"
    shell:
        "python -m smwm figure replication --tables {input.tables:q} --paper {params.paper:q}"
        " --scale {wildcards.scale:q} --out {params.folder:q} > {log:q} 2>&1"


rule report:
    input:
        text="figures/{scale}/replication.md",
        table="figures/{scale}/replication.csv",
        figures=[f"figures/{{scale}}/{name}.png" for name in RUN.figures()],
        code=source_files("smwm.figures.report"),
    output:
        page=report(
            "figures/{scale}/replication.html",
            caption="../report/replication.rst",
            category="Replication",
        ),
        metrics="figures/{scale}/metrics.json",
        run="results/{scale}/run.md",
    log:
        "results/{scale}/logs/figures/report.log",
    benchmark:
        "results/{scale}/benchmarks/figures/report.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        benchmarks="results/{scale}/benchmarks",
        folder=subpath(output.page, parent=True),
    message:
        "writing the replication report"
    shell:
        "python -m smwm figure report --text {input.text:q} --table {input.table:q}"
        " --figures {input.figures:q}"
        " --benchmarks {params.benchmarks:q} --run {output.run:q}"
        " --out {params.folder:q} > {log:q} 2>&1"

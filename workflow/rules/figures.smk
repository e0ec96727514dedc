# What a reader looks at.


rule environments:
    input:
        tasks=expand("results/{{scale}}/tasks/{env}.npz", env=CONFIG.envs),
        data=expand("data/datasets/{{scale}}/{env}/eval.h5", env=CONFIG.envs),
        code=source_files("smwm.figures.environments", *map(environment_module, CONFIG.envs)),
    output:
        report(
            "figures/{scale}/environments.png",
            caption="../report/environments.rst",
            category="Data",
        ),
        multiext("figures/{scale}/environments", ".pdf", ".json"),
    log:
        "results/{scale}/logs/figures/environments.log",
    benchmark:
        "results/{scale}/benchmarks/figures/environments.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing environments"
    shell:
        "python -m smwm figure environments --tasks {input.tasks:q} --data {input.data:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule data_coverage:
    input:
        data=expand("data/datasets/{{scale}}/{env}/train.h5", env=CONFIG.envs),
        code=source_files("smwm.figures.data_coverage", *map(environment_module, CONFIG.envs)),
    output:
        report(
            "figures/{scale}/data_coverage.png",
            caption="../report/data_coverage.rst",
            category="Data",
        ),
        multiext("figures/{scale}/data_coverage", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/data_coverage.log",
    benchmark:
        "results/{scale}/benchmarks/figures/data_coverage.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        envs=CONFIG.envs,
        folder=subpath(output[0], parent=True),
    message:
        "drawing data_coverage"
    shell:
        "python -m smwm figure data_coverage --env {params.envs} --data {input.data:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule planning_success:
    input:
        records=planning_records(),
        paper="resources/paper/planning_success.csv",
        code=source_files("smwm.figures.planning_success"),
    output:
        report(
            "figures/{scale}/planning_success.png",
            caption="../report/planning_success.rst",
            category="Planning",
        ),
        multiext("figures/{scale}/planning_success", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/planning_success.log",
    benchmark:
        "results/{scale}/benchmarks/figures/planning_success.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing planning_success"
    shell:
        "python -m smwm figure planning_success --records {input.records:q}"
        " --paper {input.paper:q} --out {params.folder:q} > {log:q} 2>&1"


rule planning_rollouts:
    input:
        tasks=expand("results/{{scale}}/tasks/{env}.npz", env=CONFIG.envs),
        paths=planning_records("npz", seeds=1),
        code=source_files("smwm.figures.planning_rollouts", *map(environment_module, CONFIG.envs)),
    output:
        report(
            "figures/{scale}/planning_rollouts.png",
            caption="../report/planning_rollouts.rst",
            category="Planning",
        ),
        multiext("figures/{scale}/planning_rollouts", ".pdf", ".csv", ".gif", ".json"),
    log:
        "results/{scale}/logs/figures/planning_rollouts.log",
    benchmark:
        "results/{scale}/benchmarks/figures/planning_rollouts.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing planning_rollouts"
    shell:
        "python -m smwm figure planning_rollouts --tasks {input.tasks:q}"
        " --paths {input.paths:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule replication:
    input:
        records=planning_records(),
        embeddings=embeddings(),
        tables=claim_tables(),
        origins=[path.replace(".csv", ".json") for path in claim_tables()],
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
        "python -m smwm figure replication --records {input.records:q}"
        " --embeddings {input.embeddings:q} --tables {input.tables:q} --paper {params.paper:q}"
        " --scale {wildcards.scale:q} --out {params.folder:q} > {log:q} 2>&1"


rule report:
    input:
        text="figures/{scale}/replication.md",
        figures=[f"figures/{{scale}}/{name}.png" for name in FIGURES],
        code=source_files("smwm.figures.report"),
    output:
        page=report(
            "figures/{scale}/replication.html",
            caption="../report/replication.rst",
            category="Replication",
        ),
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
        "python -m smwm figure report --text {input.text:q} --figures {input.figures:q}"
        " --benchmarks {params.benchmarks:q} --run {output.run:q}"
        " --out {params.folder:q} > {log:q} 2>&1"

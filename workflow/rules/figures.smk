# What a reader looks at.


rule environments:
    input:
        tasks=expand("results/{{scale}}/tasks/{env}.npz", env=CONFIG.envs),
        data=expand("data/datasets/{{scale}}/{env}/eval.h5", env=CONFIG.envs),
        code=source_files("smwm.figures.environments", *map(environment_module, CONFIG.envs)),
    output:
        multiext("figures/{scale}/environments", ".pdf", ".png", ".json"),
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
        multiext("figures/{scale}/data_coverage", ".pdf", ".png", ".csv", ".json"),
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
        multiext("figures/{scale}/planning_success", ".pdf", ".png", ".csv", ".json"),
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


rule replication:
    input:
        records=planning_records(),
        embeddings=embeddings(),
        paper="resources/paper/planning_success.csv",
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
    message:
        "writing the replication table"
    shell:
        "python -m smwm figure replication --records {input.records:q}"
        " --embeddings {input.embeddings:q} --paper {input.paper:q}"
        " --scale {wildcards.scale} --out {params.folder:q} > {log:q} 2>&1"

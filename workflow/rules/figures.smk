# What a reader looks at.


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

# Trajectories, and the planning tasks drawn from the held-out ones.


rule collect:
    input:
        source=lambda wildcards: RUN.source(wildcards.env),
        code=lambda wildcards: source_files("smwm.data.collect", environment_module(wildcards.env)),
    output:
        train="data/datasets/{scale}/{env}/train.h5",
        held_out="data/datasets/{scale}/{env}/eval.h5",
        card="data/datasets/{scale}/{env}/README.md",
    log:
        "results/{scale}/logs/collect/{env}.log",
    benchmark:
        "results/{scale}/benchmarks/collect/{env}.tsv"
    # Before anything else: it wants all cores, and where others keep one busy it would come last.
    priority: 2
    conda:
        "../envs/simulators.yaml"
    threads: 16
    params:
        folder=subpath(output.train, parent=True),
        flags=lambda wildcards: flags_for("collect", wildcards),
    message:
        "collecting trajectories of {wildcards.env}"
    shell:
        "python -m smwm collect --env {wildcards.env} --out {params.folder:q}"
        " --workers {threads} {params.flags} > {log:q} 2>&1"


rule tasks:
    input:
        data="data/datasets/{scale}/{env}/eval.h5",
        code=lambda wildcards: source_files(
            "smwm.planning.tasks", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/tasks/{env}.npz",
    log:
        "results/{scale}/logs/tasks/{env}.log",
    benchmark:
        "results/{scale}/benchmarks/tasks/{env}.tsv"
    conda:
        "../envs/simulators.yaml"
    params:
        flags=lambda wildcards: flags_for("tasks", wildcards),
    message:
        "drawing planning tasks of {wildcards.env}"
    shell:
        "python -m smwm tasks --env {wildcards.env} --data {input.data:q} --out {output:q}"
        " {params.flags} > {log:q} 2>&1"

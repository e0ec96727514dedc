# Sweeps over the weight of the inverse term and over the distance of the goal.


rule train_weight:
    input:
        data="data/datasets/{scale}/{env}/train.h5",
        code=source_files("smwm.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{env}/lambda{weight}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{env}/lambda{weight}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{env}/lambda{weight}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{env}/lambda{weight}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: CONFIG.settings("train", wildcards.env, "smwm")["threads"]
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        model=lambda wildcards: CONFIG.flags("model", wildcards.env, "smwm"),
        train=lambda wildcards: CONFIG.flags(
            "train",
            wildcards.env,
            "smwm",
            weight=wildcards.weight,
            **CONFIG.sweep("lambda_sweep").training(),
        ),
    message:
        "training smwm with weight {wildcards.weight} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm train --env {wildcards.env} --data {input.data:q} --method smwm"
        " --seed {wildcards.seed} --out {output.checkpoint:q} --log {output.curves:q}"
        " --device {params.device} {params.model} {params.train} > {log:q} 2>&1"


rule tasks_weight:
    input:
        data="data/datasets/{scale}/{env}/eval.h5",
        code=lambda wildcards: source_files(
            "smwm.planning.tasks", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/lambda_sweep/{env}/tasks.npz",
    log:
        "results/{scale}/logs/tasks/{env}/lambda_sweep.log",
    benchmark:
        "results/{scale}/benchmarks/tasks/{env}/lambda_sweep.tsv"
    conda:
        "../envs/simulators.yaml"
    params:
        flags=lambda wildcards: CONFIG.flags(
            "tasks", wildcards.env, **CONFIG.sweep("lambda_sweep").tasks(wildcards.env)
        ),
    message:
        "drawing tasks of {wildcards.env} for each weight"
    shell:
        "python -m smwm tasks --env {wildcards.env} --data {input.data:q} --out {output:q}"
        " {params.flags} > {log:q} 2>&1"


rule plan_weight:
    input:
        tasks="results/{scale}/lambda_sweep/{env}/tasks.npz",
        checkpoint="data/checkpoints/{scale}/{env}/lambda{weight}/seed{seed}.pt",
        code=lambda wildcards: source_files(
            "smwm.planning.evaluate", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/lambda_sweep/{env}/lambda{weight}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/lambda{weight}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/lambda{weight}/seed{seed}.tsv"
    conda:
        "../envs/planning.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        flags=lambda wildcards: CONFIG.flags(
            "planner", wildcards.env, iterations=CONFIG.sweep("lambda_sweep").iterations
        ),
    message:
        "planning with weight {wildcards.weight} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm plan --tasks {input.tasks:q} --method smwm"
        " --checkpoint {input.checkpoint:q} --seed {wildcards.seed} --out {output:q}"
        " --device {params.device} {params.flags} > {log:q} 2>&1"


rule tasks_far:
    input:
        data="data/datasets/{scale}/{env}/eval.h5",
        code=lambda wildcards: source_files(
            "smwm.planning.tasks", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/horizon_sweep/{env}/offset{offset}.npz",
    log:
        "results/{scale}/logs/tasks/{env}/offset{offset}.log",
    benchmark:
        "results/{scale}/benchmarks/tasks/{env}/offset{offset}.tsv"
    conda:
        "../envs/simulators.yaml"
    params:
        flags=lambda wildcards: CONFIG.flags(
            "tasks", wildcards.env, offset=wildcards.offset, budget=2 * int(wildcards.offset)
        ),
    message:
        "drawing tasks of {wildcards.env}, {wildcards.offset} steps apart"
    shell:
        "python -m smwm tasks --env {wildcards.env} --data {input.data:q} --out {output:q}"
        " {params.flags} > {log:q} 2>&1"


rule plan_far:
    input:
        tasks="results/{scale}/horizon_sweep/{env}/offset{offset}.npz",
        checkpoint=checkpoint_of,
        code=lambda wildcards: source_files(
            "smwm.planning.evaluate", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/horizon_sweep/{env}/offset{offset}/{method}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/offset{offset}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/offset{offset}/{method}/seed{seed}.tsv"
    conda:
        "../envs/planning.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        checkpoint=checkpoint_flags,
        flags=lambda wildcards: CONFIG.flags(
            "planner", wildcards.env, iterations=CONFIG.sweep("horizon_sweep").iterations
        ),
    message:
        "planning {wildcards.offset} steps with {wildcards.method} on {wildcards.env}"
    shell:
        "python -m smwm plan --tasks {input.tasks:q} --method {wildcards.method}"
        " {params.checkpoint} --seed {wildcards.seed} --out {output:q}"
        " --device {params.device} {params.flags} > {log:q} 2>&1"

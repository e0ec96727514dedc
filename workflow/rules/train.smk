# One world model per environment or synthetic world, method and seed.


rule train:
    input:
        data="data/datasets/{scale}/{env}/train.h5",
        code=source_files("smwm.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{env}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: CONFIG.settings("train", wildcards.env, wildcards.method)["threads"]
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        image_size=lambda wildcards: CONFIG.settings("collect", wildcards.env)["image_size"],
        model=lambda wildcards: CONFIG.flags("model", wildcards.env, wildcards.method),
        train=lambda wildcards: CONFIG.flags("train", wildcards.env, wildcards.method),
    message:
        "training {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm train --env {wildcards.env} --data {input.data:q}"
        " --method {wildcards.method} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} --log {output.curves:q}"
        " --image-size {params.image_size} --device {params.device} {params.model} {params.train}"
        " > {log:q} 2>&1"


rule train_world:
    input:
        code=source_files("smwm.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{world}/{method}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{world}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{world}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{world}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: CONFIG.settings("train", wildcards.world, wildcards.method)["threads"]
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        pairs=lambda wildcards: CONFIG.flags("pairs", wildcards.world),
        model=lambda wildcards: CONFIG.flags("model", wildcards.world, wildcards.method),
        train=lambda wildcards: CONFIG.flags("train", wildcards.world, wildcards.method),
    message:
        "training {wildcards.method} on {wildcards.world}, seed {wildcards.seed}"
    shell:
        "python -m smwm train --world {wildcards.world} --method {wildcards.method}"
        " --seed {wildcards.seed} --out {output.checkpoint:q} --log {output.curves:q}"
        " --device {params.device} {params.pairs} {params.model} {params.train} > {log:q} 2>&1"

# One world model per environment or synthetic world, method and seed.


rule train:
    input:
        data="data/datasets/{scale}/{env}/train.h5",
        code=source_files("smwm.training.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{env}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: settings_for("train", wildcards)["threads"]
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        method=method_of,
        source=training_source,
        model=lambda wildcards: flags_for("model", wildcards),
        train=lambda wildcards: flags_for("train", wildcards),
    message:
        "training {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm train {params.source} --method {params.method} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} --log {output.curves:q}"
        " --device {params.device} {params.model} {params.train} > {log:q} 2>&1"


use rule train as train_world with:
    input:
        code=source_files("smwm.training.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{world}/{method}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{world}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{world}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{world}/{method}/seed{seed}.tsv"
    message:
        "training {wildcards.method} on {wildcards.world}, seed {wildcards.seed}"

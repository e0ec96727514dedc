# One world model per environment, method and seed.


rule train:
    input:
        data="data/datasets/{scale}/{env}/train.h5",
        code=source_files("smwm.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt",
        curves="results/{scale}/training/{env}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: CONFIG.settings("train", wildcards.env, wildcards.method)["threads"]
    params:
        device=CONFIG.device,
        image_size=lambda wildcards: CONFIG.settings("collect", wildcards.env)["image_size"],
        model=lambda wildcards: CONFIG.flags("model", wildcards.env),
        train=lambda wildcards: CONFIG.flags("train", wildcards.env, wildcards.method),
    message:
        "training {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm train --env {wildcards.env} --data {input.data:q}"
        " --method {wildcards.method} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} --log {output.curves:q}"
        " --image-size {params.image_size} --device {params.device} {params.model} {params.train}"
        " > {log:q} 2>&1"

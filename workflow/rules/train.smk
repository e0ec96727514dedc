# One world model per environment or synthetic world, method and seed.


rule train:
    input:
        data=lambda wildcards: RUN.dataset(domain_of(wildcards), "train"),
        code=source_files("smwm.training.train"),
    output:
        checkpoint="data/checkpoints/{scale}/{domain}/{method}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{domain}/{method}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{domain}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{domain}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    threads: lambda wildcards: settings_for("train", wildcards)["threads"]
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        method=method_of,
        source=trained_on,
        model=lambda wildcards: flags_for("model", wildcards),
        train=lambda wildcards: flags_for("train", wildcards),
    message:
        "training {wildcards.method} on {wildcards.domain}, seed {wildcards.seed}"
    shell:
        "python -m smwm train {params.source} --method {params.method} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} --log {output.curves:q}"
        " --device {params.device} {params.model} {params.train} > {log:q} 2>&1"

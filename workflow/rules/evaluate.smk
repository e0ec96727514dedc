# Planning on the task sets, and embeddings of held-out images.


rule plan:
    input:
        tasks="results/{scale}/tasks/{env}.npz",
        checkpoint=checkpoint_of,
        code=lambda wildcards: source_files(
            "smwm.planning.evaluate", environment_module(wildcards.env)
        ),
    output:
        record="results/{scale}/planning/{env}/{method}/seed{seed}.json",
        paths="results/{scale}/planning/{env}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/plan/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/planning.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        checkpoint=checkpoint_flags,
        flags=lambda wildcards: CONFIG.flags("planner", wildcards.env),
    message:
        "planning with {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm plan --tasks {input.tasks:q} --method {wildcards.method}"
        " {params.checkpoint} --seed {wildcards.seed} --out {output.record:q}"
        " --paths {output.paths:q} --device {params.device} {params.flags} > {log:q} 2>&1"


rule embed:
    input:
        checkpoint="data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt",
        data="data/datasets/{scale}/{env}/eval.h5",
        fit="data/datasets/{scale}/{env}/train.h5",
        code=source_files("smwm.analysis.embed"),
    output:
        "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/embed/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{env}/{method}/seed{seed}.tsv"
    priority: 1
    conda:
        "../envs/training.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        flags=lambda wildcards: CONFIG.flags("embed", wildcards.env),
    message:
        "embedding images of {wildcards.env} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm embed --checkpoint {input.checkpoint:q} --data {input.data:q}"
        " --fit {input.fit:q} --out {output:q} --device {params.device} {params.flags}"
        " > {log:q} 2>&1"


rule embed_world:
    input:
        checkpoint="data/checkpoints/{scale}/{world}/{method}/seed{seed}.pt",
        code=source_files("smwm.analysis.embed"),
    output:
        "results/{scale}/embeddings/{world}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/embed/{world}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{world}/{method}/seed{seed}.tsv"
    priority: 1
    conda:
        "../envs/training.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        flags=lambda wildcards: CONFIG.flags("embed", wildcards.world),
        pairs=lambda wildcards: CONFIG.flags("pairs", wildcards.world),
    message:
        "embedding {wildcards.world} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm embed --checkpoint {input.checkpoint:q} --world {wildcards.world}"
        " --out {output:q} --device {params.device} {params.flags} {params.pairs}"
        " > {log:q} 2>&1"


rule decode:
    input:
        checkpoint="data/checkpoints/{scale}/{world}/{method}/seed{seed}.pt",
        code=source_files("smwm.analysis.decode"),
    output:
        "results/{scale}/decoded/{world}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/decode/{world}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/decode/{world}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        flags=lambda wildcards: CONFIG.flags("decode", wildcards.world),
        pairs=lambda wildcards: CONFIG.flags("pairs", wildcards.world),
    message:
        "decoding {wildcards.world} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm decode --checkpoint {input.checkpoint:q} --world {wildcards.world}"
        " --seed {wildcards.seed} --out {output:q} --device {params.device} {params.flags}"
        " {params.pairs} > {log:q} 2>&1"

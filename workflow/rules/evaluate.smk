# Planning on the task sets, and embeddings of held-out images.


rule plan:
    input:
        tasks="results/{scale}/tasks/{env}.npz",
        checkpoint=checkpoint_of,
        code=lambda wildcards: source_files(
            "smwm.planning.evaluate", environment_module(wildcards.env)
        ),
    output:
        "results/{scale}/planning/{env}/{method}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/planning.yaml"
    params:
        device=CONFIG.device,
        checkpoint=lambda wildcards, input: [f"--checkpoint {path}" for path in input.checkpoint],
        flags=lambda wildcards: CONFIG.flags("planner", wildcards.env),
    message:
        "planning with {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm plan --tasks {input.tasks:q} --method {wildcards.method}"
        " {params.checkpoint} --seed {wildcards.seed} --out {output:q}"
        " --device {params.device} {params.flags} > {log:q} 2>&1"


rule embed:
    input:
        checkpoint="data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt",
        data="data/datasets/{scale}/{env}/eval.h5",
        code=source_files("smwm.analysis.embed"),
    output:
        "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/embed/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{env}/{method}/seed{seed}.tsv"
    conda:
        "../envs/training.yaml"
    params:
        device=CONFIG.device,
        flags=lambda wildcards: CONFIG.flags("embed", wildcards.env),
    message:
        "embedding images of {wildcards.env} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm embed --checkpoint {input.checkpoint:q} --data {input.data:q}"
        " --out {output:q} --device {params.device} {params.flags} > {log:q} 2>&1"

# Planning on the task sets, and embeddings of held-out images.


rule plan:
    input:
        tasks="results/{scale}/tasks/{env}.npz",
        checkpoint=checkpoint_of,
        code=planning_sources,
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
        checkpoint=lambda wildcards, input: as_flags({"checkpoint": input.checkpoint}),
        method=method_of,
        paths=lambda wildcards, output: as_flags({"paths": output[1:]}),
        flags=lambda wildcards: flags_for("planner", wildcards),
    message:
        "planning with {wildcards.method} on {wildcards.env}, seed {wildcards.seed}"
    shell:
        "python -m smwm plan --tasks {input.tasks:q} --method {params.method}"
        " {params.checkpoint} --seed {wildcards.seed} --out {output.record:q}"
        " {params.paths} --device {params.device} {params.flags} > {log:q} 2>&1"


rule embed:
    input:
        checkpoint="data/checkpoints/{scale}/{domain}/{method}/seed{seed}.pt",
        data=lambda wildcards: RUN.dataset(wildcards.domain, "eval"),
        fit=lambda wildcards: RUN.dataset(wildcards.domain, "train"),
        code=source_files("smwm.analysis.embed"),
    output:
        "results/{scale}/embeddings/{domain}/{method}/seed{seed}.npz",
    log:
        "results/{scale}/logs/embed/{domain}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{domain}/{method}/seed{seed}.tsv"
    priority: 1
    conda:
        "../envs/training.yaml"
    resources:
        gpu=GPU_SHARE,
    params:
        device=CONFIG.device,
        source=embedded,
        flags=lambda wildcards: flags_for("embed", wildcards),
    message:
        "embedding images of {wildcards.domain} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm embed --checkpoint {input.checkpoint:q} {params.source}"
        " --out {output:q} --device {params.device} {params.flags} > {log:q} 2>&1"


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
        flags=lambda wildcards: flags_for("decode", wildcards),
        pairs=lambda wildcards: flags_for("pairs", wildcards),
    message:
        "decoding {wildcards.world} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        "python -m smwm decode --checkpoint {input.checkpoint:q} --world {wildcards.world}"
        " --seed {wildcards.seed} --out {output:q} --device {params.device} {params.flags}"
        " {params.pairs} > {log:q} 2>&1"

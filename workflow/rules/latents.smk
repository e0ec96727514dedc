# What is shown of the latents.


rule dot_geometry:
    input:
        embeddings=world_files("embeddings", ["single_dot"], DOT_METHODS),
        checkpoints=world_files("checkpoints", ["single_dot"], DOT_METHODS),
        code=source_files("smwm.figures.dot_geometry"),
    output:
        report(
            "figures/{scale}/dot_geometry.png",
            caption="../report/dot_geometry.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/dot_geometry", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/dot_geometry.log",
    benchmark:
        "results/{scale}/benchmarks/figures/dot_geometry.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing dot_geometry"
    shell:
        "python -m smwm figure dot_geometry --embeddings {input.embeddings:q}"
        " --checkpoints {input.checkpoints:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule latent_rollout:
    input:
        embeddings=world_files("embeddings", ["single_dot"], ["smwm"]),
        checkpoints=world_files("checkpoints", ["single_dot"], ["smwm"]),
        code=source_files("smwm.figures.latent_rollout"),
    output:
        report(
            "figures/{scale}/latent_rollout.png",
            caption="../report/latent_rollout.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/latent_rollout", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/latent_rollout.log",
    benchmark:
        "results/{scale}/benchmarks/figures/latent_rollout.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing latent_rollout"
    shell:
        "python -m smwm figure latent_rollout --embeddings {input.embeddings:q}"
        " --checkpoints {input.checkpoints:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule latent_dimension:
    input:
        embeddings=world_files("embeddings", DOT_WORLDS, ["smwm"]),
        code=source_files("smwm.figures.latent_dimension"),
    output:
        report(
            "figures/{scale}/latent_dimension.png",
            caption="../report/latent_dimension.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/latent_dimension", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/latent_dimension.log",
    benchmark:
        "results/{scale}/benchmarks/figures/latent_dimension.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing latent_dimension"
    shell:
        "python -m smwm figure latent_dimension --embeddings {input.embeddings:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule sprite_decoding:
    input:
        embeddings=world_files("embeddings", SPRITES, ["smwm"]),
        decoded=world_files("decoded", SPRITES, ["smwm"], seeds=1),
        code=source_files("smwm.figures.sprite_decoding"),
    output:
        report(
            "figures/{scale}/sprite_decoding.png",
            caption="../report/sprite_decoding.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/sprite_decoding", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/sprite_decoding.log",
    benchmark:
        "results/{scale}/benchmarks/figures/sprite_decoding.tsv"
    # The longest figures first: none is waited for alone in the end.
    priority: 2
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing sprite_decoding"
    shell:
        "python -m smwm figure sprite_decoding --embeddings {input.embeddings:q}"
        " --decoded {input.decoded:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule embeddings:
    input:
        embeddings=lambda wildcards: [e for e in embeddings() if f"/{wildcards.method}/" in e],
        code=source_files("smwm.figures.embeddings", *map(environment_module, CONFIG.envs)),
    output:
        report(
            "figures/{scale}/embeddings_{method}.png",
            caption="../report/embeddings.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/embeddings_{method}", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/embeddings_{method}.log",
    benchmark:
        "results/{scale}/benchmarks/figures/embeddings_{method}.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing embeddings_{wildcards.method}"
    shell:
        "python -m smwm figure embeddings --embeddings {input.embeddings:q}"
        " --method {wildcards.method}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule folding:
    input:
        embeddings=[
            path
            for path in embeddings()
            if any(f"/{env}/{method}/" in path for env in FOLDED for method in PLANNERS)
        ],
        code=source_files("smwm.figures.folding", *map(environment_module, FOLDED)),
    output:
        report(
            "figures/{scale}/folding.png",
            caption="../report/folding.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/folding", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/folding.log",
    benchmark:
        "results/{scale}/benchmarks/figures/folding.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing folding"
    shell:
        "python -m smwm figure folding --embeddings {input.embeddings:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule probe_r2:
    input:
        embeddings=embeddings(),
        paper="resources/paper/probe_r2.csv",
        code=source_files("smwm.figures.probe_r2", *map(environment_module, CONFIG.envs)),
    output:
        report(
            "figures/{scale}/probe_r2.png",
            caption="../report/probe_r2.rst",
            category="Latents",
        ),
        multiext("figures/{scale}/probe_r2", ".pdf", ".csv", ".tex", ".json"),
    log:
        "results/{scale}/logs/figures/probe_r2.log",
    benchmark:
        "results/{scale}/benchmarks/figures/probe_r2.tsv"
    priority: 2
    conda:
        "../envs/scenes.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing probe_r2"
    shell:
        "python -m smwm figure probe_r2 --embeddings {input.embeddings:q}"
        " --paper {input.paper:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule training_curves:
    input:
        curves=training_curves(),
        code=source_files("smwm.figures.training_curves"),
    output:
        report(
            "figures/{scale}/training_curves.png",
            caption="../report/training_curves.rst",
            category="Training",
        ),
        multiext("figures/{scale}/training_curves", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/training_curves.log",
    benchmark:
        "results/{scale}/benchmarks/figures/training_curves.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing training_curves"
    shell:
        "python -m smwm figure training_curves --curves {input.curves:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule lambda_sweep:
    input:
        records=lambda_records(),
        code=source_files("smwm.figures.lambda_sweep"),
    output:
        report(
            "figures/{scale}/lambda_sweep.png",
            caption="../report/lambda_sweep.rst",
            category="Planning",
        ),
        multiext("figures/{scale}/lambda_sweep", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/lambda_sweep.log",
    benchmark:
        "results/{scale}/benchmarks/figures/lambda_sweep.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing lambda_sweep"
    shell:
        "python -m smwm figure lambda_sweep --records {input.records:q}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule horizon_sweep:
    input:
        records=horizon_records(),
        paper="resources/paper/horizon_sweep.csv",
        code=source_files("smwm.figures.horizon_sweep"),
    output:
        report(
            "figures/{scale}/horizon_sweep.png",
            caption="../report/horizon_sweep.rst",
            category="Planning",
        ),
        multiext("figures/{scale}/horizon_sweep", ".pdf", ".csv", ".json"),
    log:
        "results/{scale}/logs/figures/horizon_sweep.log",
    benchmark:
        "results/{scale}/benchmarks/figures/horizon_sweep.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
    message:
        "drawing horizon_sweep"
    shell:
        "python -m smwm figure horizon_sweep --records {input.records:q}"
        " --paper {input.paper:q}"
        " --out {params.folder:q} > {log:q} 2>&1"

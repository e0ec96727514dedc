# A page that plays: the trained models plan in the reader's browser.


rule explore:
    input:
        checkpoints=RUN.page_checkpoints(),
        tasks=RUN.tasks(RUN.filmed),
        paths=RUN.page_paths(),
        page=page_files(),
        code=source_files("smwm.explore.build", *map(environment_module, CONFIG.envs)),
    output:
        page=report(
            "figures/{scale}/explore.html",
            caption="../report/explore.rst",
            category="Planning",
        ),
        origin="figures/{scale}/explore.json",
    log:
        "results/{scale}/logs/figures/explore.log",
    benchmark:
        "results/{scale}/benchmarks/figures/explore.tsv"
    conda:
        "../envs/scenes.yaml"
    params:
        flags=CONFIG.flags("planner", "two_room") if RUN.page() else "",
    message:
        "writing the page that plays"
    shell:
        "python -m smwm explore --checkpoints {input.checkpoints:q} --tasks {input.tasks:q}"
        " --paths {input.paths:q} --out {output.page:q} {params.flags} > {log:q} 2>&1"


use rule explore as explore_distractor with:
    input:
        checkpoints=[*RUN.page_checkpoints(), *RUN.distracted_checkpoints()],
        tasks=rules.explore.input.tasks,
        paths=rules.explore.input.paths,
        page=rules.explore.input.page,
        code=source_files("smwm.explore.build", *map(environment_module, CONFIG.envs)),
    output:
        page=report(
            "figures/{scale}/explore_distractor.html",
            caption="../report/explore.rst",
            category="Extension",
        ),
        origin="figures/{scale}/explore_distractor.json",
    log:
        "results/{scale}/logs/figures/explore_distractor.log",
    benchmark:
        "results/{scale}/benchmarks/figures/explore_distractor.tsv"

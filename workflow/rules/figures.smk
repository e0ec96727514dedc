# What a reader looks at. An input's name is the flag that hands it over.

# One rule for each figure, under its name.
for figure, drawing in results.drawings(RUN).items():

    rule:
        name:
            figure
        input:
            **drawing.inputs,
            code=source_files(
                f"smwm.figures.{drawing.module}",
                *(map(environment_module, CONFIG.envs) if drawing.scenes else []),
            ),
        output:
            report(
                f"figures/{{scale}}/{figure}.png",
                caption=f"../report/{figure}.rst",
                category=drawing.category,
            ),
            multiext(f"figures/{{scale}}/{figure}", ".pdf", *drawing.beside),
        log:
            f"results/{{scale}}/logs/figures/{figure}.log",
        benchmark:
            f"results/{{scale}}/benchmarks/figures/{figure}.tsv"
        conda:
            f"../envs/{'scenes' if drawing.scenes else 'figures'}.yaml"
        params:
            figure=drawing.command,
            files=lambda wildcards, input: as_flags(input),
            folder=subpath(output[0], parent=True),
        message:
            "drawing {output[0]}"
        shell:
            "python -m smwm figure {params.figure} {params.files} --out {params.folder:q}"
            " > {log:q} 2>&1"


rule replication:
    input:
        tables=results.claim_tables(RUN),
        paper=sorted(map(str, Path("resources/paper").glob("*.csv"))),
        code=source_files("smwm.figures.replication"),
    output:
        multiext("figures/{scale}/replication", ".csv", ".md", ".json"),
    log:
        "results/{scale}/logs/figures/replication.log",
    benchmark:
        "results/{scale}/benchmarks/figures/replication.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        folder=subpath(output[0], parent=True),
        paper=lambda wildcards, input: os.path.dirname(input.paper[0]),
    message:
        "writing the replication table"
    shell:
        "python -m smwm figure replication --tables {input.tables:q} --paper {params.paper:q}"
        " --scale {wildcards.scale:q} --out {params.folder:q} > {log:q} 2>&1"


rule report:
    input:
        text="figures/{scale}/replication.md",
        table="figures/{scale}/replication.csv",
        figures=[f"figures/{{scale}}/{name}.png" for name in results.reported(RUN)],
        code=source_files("smwm.figures.report"),
    output:
        page=report(
            "figures/{scale}/replication.html",
            caption="../report/replication.rst",
            category="Replication",
        ),
        metrics="figures/{scale}/metrics.json",
        run="results/{scale}/run.md",
    log:
        "results/{scale}/logs/figures/report.log",
    benchmark:
        "results/{scale}/benchmarks/figures/report.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        benchmarks="results/{scale}/benchmarks",
        folder=subpath(output.page, parent=True),
    message:
        "writing the replication report"
    shell:
        "python -m smwm figure report --text {input.text:q} --table {input.table:q}"
        " --figures {input.figures:q}"
        " --benchmarks {params.benchmarks:q} --run {output.run:q}"
        " --out {params.folder:q} > {log:q} 2>&1"

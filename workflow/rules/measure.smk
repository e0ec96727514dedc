# Tables of unrounded numbers, which figures are drawn from and claims are judged by.


# Probes take longest: they are fitted once an export, each in a job of its own.
rule probe:
    input:
        embeddings="results/{scale}/embeddings/{env}/{method}/seed{seed}.npz",
        code=lambda wildcards: source_files(
            "smwm.measures.probing", environment_module(wildcards.env)
        ),
    output:
        table="results/{scale}/probes/{env}/{method}/seed{seed}.csv",
        origin="results/{scale}/probes/{env}/{method}/seed{seed}.json",
    log:
        "results/{scale}/logs/measure/probes/{env}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/measure/probes/{env}/{method}/seed{seed}.tsv"
    priority: 2
    conda:
        "../envs/scenes.yaml"
    params:
        measure="probes",
        files=lambda wildcards, input: as_flags(input),
    message:
        "measuring {output.table}"
    shell:
        "python -m smwm measure {params.measure} {params.files} --out {output.table:q} > {log:q} 2>&1"


use rule probe as measure with:
    input:
        unpack(lambda wildcards: TABLES[wildcards.table]),
        code=lambda wildcards: measure_sources(wildcards.table),
    output:
        table="results/{scale}/tables/{table}.csv",
        origin="results/{scale}/tables/{table}.json",
    log:
        "results/{scale}/logs/measure/{table}.log",
    benchmark:
        "results/{scale}/benchmarks/measure/{table}.tsv"
    wildcard_constraints:
        table="|".join(TABLES),
    params:
        measure=lambda wildcards: results.kind_of(wildcards.table),

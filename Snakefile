# Sensorimotor world models: data, training, planning, figures.
#
#   snakemake --cores all                         everything, at the default scale
#   snakemake --cores all --config scale=smoke    the same in tiny numbers
#   snakemake --cores all figures/laptop/planning_success.pdf
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/figures.smk"


onstart:
    hold_folder()


onsuccess:
    print(f"done: figures/{CONFIG.scale}/planning_success.pdf and replication.md")


# The records are targets beside the figures: figures travel with the repository, records do
# not, so that a fresh clone computes everything instead of believing what it was given.
rule all:
    default_target: True
    input:
        planning_records(),
        embeddings(),
        expand(
            "figures/{scale}/{figure}",
            scale=CONFIG.scale,
            figure=[
                "environments.pdf",
                "environments.png",
                "data_coverage.pdf",
                "data_coverage.png",
                "data_coverage.csv",
                "planning_success.pdf",
                "planning_success.png",
                "planning_success.csv",
                "replication.csv",
                "replication.md",
            ],
        ),

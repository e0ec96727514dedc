# Sensorimotor world models: data, training, planning, figures.
#
#   snakemake --cores all                         everything, at the default scale
#   snakemake --cores all --config scale=smoke    the same in tiny numbers
#   snakemake --cores all figures/laptop/planning_success.pdf
from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/setup.smk"


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/sweeps.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/explore.smk"
include: "workflow/rules/extension.smk"


onstart:
    global interrupted
    hold_folder()
    interrupted = end_jobs_on_signals(logger, workflow.local_exec)


onsuccess:
    screen.close()
    know_results()
    print(f"done: figures/{CONFIG.scale}/replication.html (or .md) and the figures beside it")


onerror:
    screen.close()
    if interrupted.is_set():
        last_words()


# The records are targets beside the figures: figures travel with the repository, records do
# not, so that a fresh clone computes everything instead of believing what it was given.
rule all:
    default_target: True
    input:
        RUN.planning_records(),
        RUN.embeddings(),
        RUN.lambda_records(),
        RUN.horizon_records(),
        RUN.world_embeddings(),
        expand(
            "figures/{scale}/{figure}.{kind}",
            scale=CONFIG.scale,
            figure=RUN.figures(),
            kind=["pdf", "png"],
        ),
        expand(
            "figures/{scale}/replication.{kind}",
            scale=CONFIG.scale,
            kind=["csv", "md", "html"],
        ),
        f"figures/{CONFIG.scale}/metrics.json",
        RUN.page(),
        RUN.distracted_page() if RUN.extension.target == "all" else [],

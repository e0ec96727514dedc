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


rule all:
    default_target: True
    input:
        results.targets(RUN),


# Beyond the paper: more baselines, and a distractor in the image.
rule extension:
    input:
        results.pictures(RUN, results.figures(RUN, extension=True)),
        RUN.distracted_page(),

# Sweeps over the weight of the inverse term, the distance of the goal, and training and data.


use rule train as train_weight with:
    output:
        checkpoint="data/checkpoints/{scale}/{env}/lambda{weight}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{env}/lambda{weight}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{env}/lambda{weight}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{env}/lambda{weight}/seed{seed}.tsv"
    params:
        train=lambda wildcards: flags_for(
            "train",
            wildcards,
            weight=wildcards.weight,
            **CONFIG.sweep("lambda_sweep").training(),
        ),
    message:
        "training smwm with weight {wildcards.weight} on {wildcards.env}, seed {wildcards.seed}"


use rule tasks as tasks_weight with:
    output:
        "results/{scale}/lambda_sweep/{env}/tasks.npz",
    log:
        "results/{scale}/logs/tasks/{env}/lambda_sweep.log",
    benchmark:
        "results/{scale}/benchmarks/tasks/{env}/lambda_sweep.tsv"
    params:
        flags=lambda wildcards: flags_for(
            "tasks", wildcards, **CONFIG.sweep("lambda_sweep").tasks(wildcards.env)
        ),
    message:
        "drawing tasks of {wildcards.env} for each weight"


use rule plan as plan_weight with:
    input:
        tasks="results/{scale}/lambda_sweep/{env}/tasks.npz",
        checkpoint=lambda wildcards: RUN.swept_checkpoint(
            wildcards.env, wildcards.weight, wildcards.seed
        ),
        code=planning_sources,
    output:
        record="results/{scale}/lambda_sweep/{env}/lambda{weight}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/lambda{weight}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/lambda{weight}/seed{seed}.tsv"
    params:
        flags=lambda wildcards: flags_for(
            "planner", wildcards, iterations=CONFIG.sweep("lambda_sweep").iterations
        ),
    message:
        "planning with weight {wildcards.weight} on {wildcards.env}, seed {wildcards.seed}"


use rule tasks as tasks_far with:
    output:
        "results/{scale}/horizon_sweep/{env}/offset{offset}.npz",
    log:
        "results/{scale}/logs/tasks/{env}/offset{offset}.log",
    benchmark:
        "results/{scale}/benchmarks/tasks/{env}/offset{offset}.tsv"
    params:
        flags=lambda wildcards: flags_for(
            "tasks", wildcards, offset=wildcards.offset, budget=2 * int(wildcards.offset)
        ),
    message:
        "drawing tasks of {wildcards.env}, {wildcards.offset} steps apart"


use rule plan as plan_far with:
    input:
        tasks="results/{scale}/horizon_sweep/{env}/offset{offset}.npz",
        checkpoint=checkpoint_of,
        code=planning_sources,
    output:
        record="results/{scale}/horizon_sweep/{env}/offset{offset}/{method}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/offset{offset}/{method}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/offset{offset}/{method}/seed{seed}.tsv"
    params:
        flags=lambda wildcards: flags_for(
            "planner", wildcards, iterations=CONFIG.sweep("horizon_sweep").iterations
        ),
    message:
        "planning {wildcards.offset} steps with {wildcards.method} on {wildcards.env}"


use rule train as train_scaled with:
    output:
        checkpoint="data/checkpoints/{scale}/{domain}/{method}/steps{steps}_data{data}/seed{seed}.pt",
        curves="data/checkpoints/{scale}/{domain}/{method}/steps{steps}_data{data}/seed{seed}.csv",
    log:
        "results/{scale}/logs/train/{domain}/{method}/steps{steps}_data{data}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{domain}/{method}/steps{steps}_data{data}/seed{seed}.tsv"
    params:
        train=lambda wildcards: flags_for(
            "train",
            wildcards,
            **RUN.scaled_training(
                wildcards.domain, wildcards.method, float(wildcards.steps), float(wildcards.data)
            ),
        ),
    message:
        "training {wildcards.method} on {wildcards.domain}, {wildcards.steps} of the steps,"
        " {wildcards.data} of the data, seed {wildcards.seed}"


use rule plan as plan_scaled with:
    input:
        tasks="results/{scale}/tasks/{env}.npz",
        checkpoint="data/checkpoints/{scale}/{env}/{method}/steps{steps}_data{data}/seed{seed}.pt",
        code=planning_sources,
    output:
        record="results/{scale}/scaling/{env}/{method}/steps{steps}_data{data}/seed{seed}.json",
    log:
        "results/{scale}/logs/plan/{env}/{method}/steps{steps}_data{data}/seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/plan/{env}/{method}/steps{steps}_data{data}/seed{seed}.tsv"
    message:
        "planning with {wildcards.method} on {wildcards.env}, {wildcards.steps} of the steps,"
        " {wildcards.data} of the data, seed {wildcards.seed}"

"""Cases that end badly so far, by name; each is to leave this list with its repair."""

KNOWN = {
    *(
        f"configuration: config.yaml: {what}"
        for what in (
            "a bomb of aliases",
            "a mapping within itself",
            "ten thousand brackets",
            "a huge count",
            "an integer of 5000 digits",
        )
    ),
    "train: train.h5: lengths of NaN",
    "plan: model.pt: an image size of 0",
    "plan: model.pt: a list for the origin",
    "plan: tasks.npz: an array of 2^60 bytes",
    *(
        f"figure planning_success: record.json: {what}"
        for what in (
            "a hundred thousand brackets",
            "a number for the outcomes",
            "text for the outcomes",
            "outcomes of dictionaries",
            "too few outcomes at the start",
            "text for the outcomes at the start",
            "text for the replay",
            "text for the seed",
        )
    ),
    *(
        f"{stage}: {fault}"
        for fault in ("disk full", "file size limit")
        for stage in (
            "collect",
            "train",
            "tasks",
            "plan",
            "embed",
            "figure planning_success",
            "figure embeddings",
        )
    ),
    "collect: finished group: cut",
    "collect: finished group: flipped bit",
}

# Beyond the paper: more baselines, and a distractor in the image.


rule extension:
    input:
        expand(
            "figures/{scale}/{figure}.{kind}",
            scale=CONFIG.scale,
            figure=RUN.extension_figures(),
            kind=["pdf", "png"],
        ),
        RUN.distracted_page(),

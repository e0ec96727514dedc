"""The methods that are compared, as people see them: names, sources and colours.

How each is trained is in `smwm.training.objectives`, under the same name. Neither imports the
other, so that another colour draws figures anew and trains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A way to train the world model, or none (`trained=False`: random actions)."""

    label: str
    source: str
    colour: str  # from Okabe and Ito's palette, which colour-blind readers can tell apart
    simplified: str = ""  # against the source
    trained: bool = True


METHODS = {
    "smwm": Method("SMWM", "arXiv 2606.20104", "#0072B2"),
    "sigreg": Method("SIGReg", "LeJEPA, arXiv 2511.08544", "#E69F00"),
    "pldm": Method(
        "PLDM",
        "Sobal et al., arXiv 2502.14819",
        "#009E73",
        simplified="one-step predictions; fixed shares of the terms",
    ),
    "ema": Method(
        "Moving average",
        "V-JEPA, arXiv 2404.08471; BYOL, arXiv 2006.07733",
        "#D55E00",
        simplified="no masks; fixed momentum",
    ),
    "reconstruction": Method(
        "Reconstruction",
        "Ha and Schmidhuber, arXiv 1803.10122",
        "#56B4E9",
        simplified="deterministic latents; trained end to end",
    ),
    "frozen": Method(
        "Frozen encoder",
        "DINO-WM, arXiv 2411.04983",
        "#F0E442",
        simplified="one vector an image, no patches; random weights unless encoder is timm",
    ),
    "forward_only": Method("Forward only (λ = 0)", "arXiv 2606.20104, ablation", "#CC79A7"),
    "random": Method("Random actions", "uniform over the action space", "#999999", trained=False),
}
TRAINED = tuple(name for name, method in METHODS.items() if method.trained)

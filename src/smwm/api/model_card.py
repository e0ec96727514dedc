"""The card of a trained model: what it is and where it came from, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smwm.data.worlds import WORLDS
from smwm.envs import ENVIRONMENTS
from smwm.methods import METHODS
from smwm.models.checkpoint import load_model

PAPER = "https://arxiv.org/abs/2606.20104"
# What the Hugging Face Hub reads at the head of a card.
HEAD = """\
---
library_name: smwm
license: mit
tags:
- world-model
- planning
- reinforcement-learning
---
"""
FACTS = {
    "data_sha256": "training data, SHA-256",
    "episodes": "training episodes",
    "image_size": "images [px]",
    "seed": "seed",
    "device": "trained on",
    "code": "code",
}


def model_card(path: Path | str) -> str:
    """The card of the checkpoint at `path`, as Markdown. Raises InputError if it is not one."""
    return card(load_model(path)[1])


def card(provenance: dict[str, Any]) -> str:
    """The card of a model with this provenance: the same provenance, the same text."""
    env, method = (str(provenance.get(key, "unknown")) for key in ("env", "method"))
    label = ENVIRONMENTS[env].label if env in ENVIRONMENTS else env
    entry = METHODS.get(method)
    how = f"{entry.label} ({entry.source})" if entry else method
    facts = {"environment": f"{label} (`{env}`)", "method": how}
    if env in WORLDS:
        facts["environment"] = f"`{env}`, a synthetic world"
    facts |= {FACTS[key]: provenance[key] for key in FACTS if key in provenance}
    facts |= {f"pairs: {key}": value for key, value in provenance.get("pairs", {}).items()}
    lines = [
        f"# {entry.label if entry else method} on {label}",
        "",
        f"A latent world model in the manner of [Sensorimotor World Models]({PAPER}): an encoder "
        "of images, a forward model that predicts the next latent from an action, and an inverse "
        "model that tells the action between two latents. It was trained from scratch, without "
        "rewards, by the replication `smwm`.",
        "",
        *_table("of the model", facts),
        "",
        "## Use",
        "",
        "```python",
        "import smwm",
        "",
        'model = smwm.load("model.pt")  # this checkpoint, or the folder of its export',
        "latents = model.encode(images)  # (..., S, S, 3) uint8",
        "actions = model.plan(now, goal)",
        "```",
        "",
        "It knows images of this one environment, of this size and look, and nothing else.",
    ]
    for key, title in {"model": "Model", "settings": "Training"}.items():
        if provenance.get(key):
            lines += ["", f"## {title}", "", *_table("setting", provenance[key])]
    return HEAD + "\n".join(lines) + "\n"


def _table(name: str, rows: dict[str, Any]) -> list[str]:
    shown = {key: " ".join(map(str, v)) if isinstance(v, list) else v for key, v in rows.items()}
    return [f"| {name} | |", "|---|---|", *(f"| {key} | {value} |" for key, value in shown.items())]

"""Models in the format of the Hugging Face Hub: safetensors, config.json, and the card."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from smwm.api.model_card import PAPER, card
from smwm.errors import InputError
from smwm.models.checkpoint import load_model
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.system.extras import extras_named
from smwm.system.files import write_bytes

with extras_named():
    import safetensors  # noqa: F401  the mixin needs it only when it saves or loads
    from huggingface_hub import ModelCard, PyTorchModelHubMixin


class HubModel(
    WorldModel, PyTorchModelHubMixin, library_name="smwm", license="mit", paper_url=PAPER
):
    """A world model with `save_pretrained`, `from_pretrained` and `push_to_hub`.

    The arguments are what config.json holds: the fields of `ModelSettings`, the side of images
    [px], the dimensions of an action block, and the provenance.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        image_size: int,
        action_dim: int,
        provenance: dict[str, Any],
    ) -> None:
        channels = tuple(settings["channels"])
        super().__init__(ModelSettings(**settings | {"channels": channels}), image_size, action_dim)
        self.provenance = provenance

    @classmethod
    def of(cls, path: Path | str) -> HubModel:
        """The model of a checkpoint. Raises InputError naming a file that is not one."""
        model, provenance = load_model(path)
        settings = {**vars(model.settings), "channels": list(model.settings.channels)}
        found = cls(settings, model.image_size, model.action_dim, provenance)
        found.load_state_dict(model.state_dict(), strict=True)
        return found.eval()

    @classmethod
    def _from_pretrained(cls, *, strict: bool = True, **keywords: Any) -> HubModel:
        """As the mixin does, but every weight must match."""
        return super()._from_pretrained(strict=strict, **keywords)

    def generate_model_card(self, *args: Any, **keywords: Any) -> ModelCard:
        """The project's own card, in place of the mixin's template."""
        return ModelCard(card(self.provenance))


def export(checkpoint: Path | str, out: Path | str) -> None:
    """Write model.safetensors, config.json and README.md, the card, into the folder `out`.

    Raises InputError naming a checkpoint that is not one, or a file that cannot be written.
    """
    model = HubModel.of(checkpoint)
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        for file in sorted(Path(folder).iterdir()):
            write_bytes(Path(out) / file.name, file.read_bytes())


def load_folder(folder: Path) -> tuple[HubModel, dict[str, Any]]:
    """The model of an exported folder in evaluation mode, and its provenance.

    Raises InputError naming a folder that is not one.
    """
    try:
        with redirect_stdout(StringIO()):  # the mixin says that it loads
            model = HubModel.from_pretrained(str(folder), local_files_only=True)
        json.dumps(model.provenance)
    except Exception as error:  # a damaged file makes its decoders raise anything
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{folder}: not a folder of `smwm export` ({reason})") from error
    return model, model.provenance

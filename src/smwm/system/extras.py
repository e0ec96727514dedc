"""Modules that only some stages need, by the extra of the package that brings them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smwm.errors import InputError

# extra of pyproject.toml: what its packages are imported as
EXTRAS = {
    "sim": ("cv2", "dm_control", "gym_pusht", "gymnasium", "hdf5plugin", "mujoco", "ogbench",
            "pymunk"),
    "workflow": ("dvc", "hdf5plugin", "jsonschema", "markdown", "matplotlib", "pandas", "PIL",
                 "psutil", "scipy", "sklearn", "snakemake", "snakemake_interface_logger_plugins",
                 "statsmodels", "threadpoolctl", "yaml"),
    "hub": ("huggingface_hub", "safetensors"),
}  # fmt: skip


@contextmanager
def extras_named() -> Iterator[None]:
    """Turn the lack of an extra's module into an InputError that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        for extra, modules in EXTRAS.items():
            if module in modules:
                raise InputError(
                    f"the module {module} is not installed: install smwm with its extra [{extra}]"
                ) from error
        raise

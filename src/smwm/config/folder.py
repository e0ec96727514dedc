"""Where the scales and the paper's numbers are: in a checkout, and in an installed package."""

from __future__ import annotations

from pathlib import Path

# Links to the repository's folders, which a wheel holds as files.
SHARED = Path(__file__).parents[1] / "shared"
PAPER = SHARED / "paper"


def config_folder() -> Path:
    """The current folder's `config`, if it holds scales, else the package's own."""
    own = Path("config")
    return own if (own / "scale").is_dir() else SHARED / "config"

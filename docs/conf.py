"""Settings of Sphinx: `make docs`."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from smwm import __version__

# Pages of modules that are gone would stay.
shutil.rmtree(Path(__file__).parent / "reference", ignore_errors=True)

project = "smwm"
author = "The smwm-replication authors"
release = __version__
# $...$ is mathematics
myst_enable_extensions = ["dollarmath"]
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
templates_path = ["_templates"]
html_theme = "furo"
html_title = f"smwm {release}"
html_static_path: list[str] = []
exclude_patterns = ["README.md", "_templates"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_inherit_docstrings = False  # Gymnasium's are written for another renderer
autodoc_default_options = {"members": True, "show-inheritance": True}
# README.md and others are included from the folder above, where their links are right.
suppress_warnings = ["myst.xref_missing", "image.not_readable"]

# This checkout's package, and a look at the configuration file before Snakemake reads it.
import os
import sys
from pathlib import Path

SOURCES = os.path.normpath(os.path.join(str(workflow.current_basedir), "..", "..", "src"))
PROGRAMS = os.path.dirname(sys.executable)
for path in (SOURCES, PROGRAMS):
    if os.pathsep in path:
        sys.exit(
            f"checkout: {path}: a path with {os.pathsep!r} is not allowed, PATH and PYTHONPATH end "
            f"there and jobs would use another Python or smwm; rename or move the folder"
        )

# Jobs find this interpreter and this checkout's package, installed or not.
sys.path.insert(0, SOURCES)
os.environ.update(
    PATH=os.pathsep.join([PROGRAMS, os.environ.get("PATH", "")]),
    PYTHONPATH=SOURCES,
)

from smwm.workflow.screen import calm_screen
from smwm.workflow.stopping import before_jobs

if workflow.is_main_process:  # before the imports that take time
    ending = before_jobs()
    screen = calm_screen(logger, workflow.output_settings)

from smwm.config.checking import read_yaml
from smwm.errors import InputError

try:
    read_yaml(Path("config/config.yaml"))
except InputError as error:
    sys.exit(f"configuration: {error}")

# This checkout's package, and a look at the configuration file before Snakemake reads it.
import os
import sys
from pathlib import Path

# Jobs find this interpreter and this checkout's package, installed or not.
sys.path.insert(0, os.path.join(workflow.basedir, "src"))
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
    PYTHONPATH=os.path.join(workflow.basedir, "src"),
)

from smwm.stopping import before_jobs

if workflow.is_main_process:  # before the imports that take time
    ending = before_jobs()

from smwm.checking import read_yaml
from smwm.errors import InputError

try:
    read_yaml(Path("config/config.yaml"))
except InputError as error:
    sys.exit(f"configuration: {error}")

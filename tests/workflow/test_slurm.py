"""The workflow on a real Slurm of one node, which the test starts and stops."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT
from workflow_runs import figures, fresh_copy, run_all

SHARED = Path("/run/slurm/conf")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmctldPort={controller}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=86400
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=200000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def install():
    """Slurm from Debian's packages where the user may; the test is skipped elsewhere."""
    if all(shutil.which(name) for name in ("slurmctld", "slurmd", "sbatch", "munged")):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip(f"needs Slurm: apt-get install {' '.join(PACKAGES)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["update", "-qq"],
        ["install", "-qq", "-y", "--no-install-recommends", *PACKAGES],
    ):
        subprocess.run(["apt-get", *words], check=True, env=environment, capture_output=True)


@pytest.fixture
def slurm(tmp_path):
    """Environment variables of a running cluster."""
    install()
    if os.geteuid() != 0:
        pytest.skip("a Slurm daemon needs root to run jobs")
    folder = tmp_path / "slurm"
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    (folder / "key").write_bytes(os.urandom(128))
    (folder / "key").chmod(0o600)
    names = {"controller": free_port(), "node": free_port()}
    text = CONFIGURATION.format(host=socket.gethostname(), folder=folder, **names)
    (folder / "slurm.conf").write_text(text)
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
    # Steps of a job do not see that variable; where nothing is in /etc/slurm they look here.
    if SHARED.is_symlink():  # of a test that was killed
        SHARED.unlink()
    if Path("/etc/slurm/slurm.conf").exists() or SHARED.exists():
        pytest.skip("this machine has a Slurm of its own")
    SHARED.parent.mkdir(exist_ok=True)
    SHARED.symlink_to(folder)
    munged = ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket"]
    munged += [f"--key-file={folder}/key", f"--log-file={folder}/munged.log"]
    munged += [f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munged.seed"]
    daemons = []
    try:
        for command in (munged, ["slurmctld", "-D"], ["slurmd", "-D"]):
            with (folder / f"{command[0]}.out").open("w") as output:
                daemon = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
            daemons.append(daemon)
            time.sleep(1)
        deadline = time.monotonic() + 60
        while "idle" not in output_of(["sinfo", "--noheader", "--format=%T"], environment):
            logs = "\n".join(path.read_text() for path in folder.glob("*.out"))
            assert time.monotonic() < deadline, logs
            time.sleep(0.5)
        yield environment
    finally:
        SHARED.unlink()
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait()


def output_of(command, environment):
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


@pytest.mark.slurm
@pytest.mark.timeout(1800)  # each job starts Snakemake anew, and waits for its status
def test_every_job_runs_on_the_cluster_and_the_figures_are_the_same(slurm, tmp_path):
    here, there = (fresh_copy(tmp_path / name) for name in ("here", "there"))
    run_all(here)
    words = ["snakemake", "--profile", "workflow/profiles/slurm", "--config", "scale=smoke"]
    words += ["device=cpu", "--slurm-init-seconds-before-status-checks", "3"]
    words += ["--slurm-status-command", "squeue", "--set-threads", "collect=2"]
    words += ["--latency-wait", "5", "--default-resources", "mem_mb=1000", "runtime=10"]
    rules = "collect train train_weight plan plan_weight plan_far embed"
    words += ["--set-resources", *(f"{rule}:gpu=0" for rule in [*rules.split(), "decode"])]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=there, env=slurm, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert figures(there) == figures(here)
    jobs = output_of(["squeue", "--states=all", "--noheader", "--format=%T"], slurm).split()
    assert len(jobs) > 30
    assert set(jobs) == {"COMPLETED"}


def test_the_profile_names_rules_and_the_local_profile_s_triggers():
    import yaml

    slurm, local = (
        yaml.safe_load((ROOT / path / "config.yaml").read_text())
        for path in ("workflow/profiles/slurm", "profiles/default")
    )
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    for rule in slurm["set-resources"]:
        assert re.search(rf"^rule {rule}:|^use rule \w+ as {rule} with:", text, re.MULTILINE)
    for key in ("rerun-triggers", "max-checksum-file-size"):
        assert slurm[key] == local[key]

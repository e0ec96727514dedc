"""The command line: one subcommand a stage of the workflow."""

from __future__ import annotations

import sys

from smwm.system.interrupts import Ending, stage_line

if __name__ == "__main__":  # before the imports that take time
    ENDING = Ending(stage_line(sys.argv[1:]))

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import TextIOWrapper

from smwm import __version__
from smwm.errors import InputError
from smwm.system.extras import extras_named
from smwm.system.files import exclusive
from smwm.system.memory import keep_memory

# stage: (module, what it does); a module is imported only when its stage runs
STAGES = {
    "doctor": ("smwm.system.doctor", "check what the machine offers, offscreen OpenGL above all"),
    "collect": ("smwm.data.collect", "collect reward-free trajectories"),
    "train": ("smwm.training.train", "train a world model on trajectories"),
    "tasks": ("smwm.planning.tasks", "draw planning tasks from held-out trajectories"),
    "plan": ("smwm.planning.evaluate", "evaluate planning on tasks"),
    "embed": ("smwm.analysis.embed", "export embeddings of held-out images"),
    "decode": ("smwm.analysis.decode", "decode images from a model's latents"),
    "measure": ("smwm.measures.measure", "measure a table that figures and verdicts read"),
    "figure": ("smwm.figures.draw", "draw a figure of measured tables, or write the report"),
    "export": ("smwm.api.export", "write a model for the Hugging Face Hub, with its card"),
    "explore": ("smwm.explore.build", "write a page in which models plan in the browser"),
    "readme": ("smwm.figures.readme", "write the tables' numbers into README.md, or check them"),
    "benchmark": (
        "smwm.benchmark.command",
        "time training, data path and planner against a plain loop, or check and time a GPU",
    ),
    "publish": ("smwm.workflow.artifacts", "version finished results with DVC"),
    "settings": (
        "smwm.config.explain",
        "print every key, or the resolved settings of an environment",
    ),
}


def main(argv: list[str] | None = None, holding: Callable[[], None] = lambda: None) -> int:
    """Run one stage. Status 0: done; 2: bad input, said in one line on standard error.

    `holding` is called before the stage opens anything that it has to release.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        with extras_named():
            run_stage(argv, holding)
    except (InputError, OSError) as error:
        print(f"smwm {argv[0]}: {error}", file=sys.stderr)
        return 2
    return 0


def run_stage(argv: list[str], holding: Callable[[], None]) -> None:
    """Parse the words of one stage and run it. Raises SystemExit for words that are wrong."""
    parser = argparse.ArgumentParser(
        prog="smwm",
        description="Sensorimotor world models: collect, train, plan, draw.",
        epilog="`snakemake --cores all` runs all of them; `smwm STAGE --help` explains one.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    for name, (module, meaning) in STAGES.items():
        stage = stages.add_parser(name, help=meaning, description=meaning)
        if argv[:1] == [name]:
            import_module(module).add_parser(stage)
    arguments = parser.parse_args(argv)
    keep_memory()
    holding()
    with writing(arguments):
        import_module(STAGES[arguments.stage][0]).run(arguments)


def writing(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """The sole right to write what the stage writes, while it runs."""
    if "figure" in arguments:
        return exclusive(arguments.out / arguments.figure)
    return exclusive(arguments.out) if "out" in arguments else nullcontext()


def program(ending: Ending | None = None) -> int:
    """The command as a process of its own: signals end it, and any terminal takes its output."""
    ending = ending or Ending(stage_line(sys.argv[1:]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return ending.status(lambda: main(holding=ending.hold))


if __name__ == "__main__":
    sys.exit(program(ENDING))

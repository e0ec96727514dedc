"""The replication report as one self-contained page, and apart from it how the run went.

The page holds nothing of the machine or the hour, so that equal results are equal bytes.
"""

from __future__ import annotations

import argparse
import base64
import html
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle
from pathlib import Path
from typing import Any

import markdown
import pandas as pd

from smwm.analysis.records import read_table
from smwm.errors import InputError
from smwm.system.files import write_bytes, write_json
from smwm.system.provenance import code_version

PACKAGES = ("torch", "mujoco", "gymnasium", "numpy", "scikit-learn", "matplotlib", "snakemake")
COLOURS = {"reproduced": "#00785a", "partly": "#8a6100", "not reproduced": "#a83a00"}
COLUMNS = {"claim": str, "env": str, "method": str, "role": str, "metric": str, "ours": float,
           "verdict": str}  # fmt: skip
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem;
  color: #1a1a1a; background: #fff; overflow-wrap: break-word; }
h2 { margin-top: 2.5rem; border-top: 1px solid #ddd; padding-top: 1rem; }
img { max-width: 100%; height: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #e5e5e5; text-align: left; }
.table:first-of-type td:nth-child(3) { min-width: 12rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f5f5f5; padding: 0.75rem; }
@media (max-width: 60rem) { /* each row a card, each cell beside the name of its column */
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-bottom: 2px solid #ccc; padding: 0.4rem 0; }
  td, .table:first-of-type td { border: 0; padding: 0.1rem 0; min-width: 0; display: flex;
    gap: 0.6rem; overflow-wrap: anywhere; }
  td::before { content: attr(data-column); color: #666; flex: 0 0 7rem; text-align: left; }
}
"""


def inlined(page: str, folder: Path) -> str:
    """The page with every image of `folder` in it. Raises InputError naming a missing one."""

    def data(match: re.Match[str]) -> str:
        path = folder / html.unescape(match[1])
        try:
            content = base64.b64encode(path.read_bytes()).decode()
        except OSError as error:
            raise InputError(f"{path}: a figure of the report is missing ({error})") from error
        kind = path.suffix.removeprefix(".")
        return f'src="data:image/{kind};base64,{content}"'

    return re.sub(r'src="([^":]+)"', data, page)


def metrics(table: pd.DataFrame) -> dict[str, Any]:
    """What `dvc metrics` shows of replication.csv.

    The number of primary endpoints with each verdict, and planning success in percent by
    environment and method.
    """
    verdicts = table[table["role"] == "primary"]["verdict"].value_counts()
    success = table[(table["claim"] == "C6") & (table["metric"] == "success [%]")]
    return {
        "endpoints": verdicts.reindex(list(COLOURS), fill_value=0).to_dict(),
        "success": {
            env: dict(zip(rows["method"], rows["ours"], strict=True))
            for env, rows in success.groupby("env", sort=False)
        },
    }


def with_columns(page: str) -> str:
    """The page with the name of its column in every cell of a table: `data-column`."""

    def named(match: re.Match[str]) -> str:
        table = match[0]
        names = cycle(html.unescape(name) for name in re.findall(r"<th[^>]*>(.*?)</th>", table))
        return re.sub("<td", lambda _: f'<td data-column="{html.escape(next(names))}"', table)

    return re.sub(r"<table>.*?</table>", named, page, flags=re.DOTALL)


def run_section(benchmarks: Path) -> str:
    """Hardware, versions and the time of each stage's jobs, as Markdown."""
    lines = ["# The run", "", f"- {platform.system()} {platform.machine()}, {_processor()}"]
    lines += [f"- {os.cpu_count()} cores; Python {platform.python_version()}"]
    lines += ["- " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES)]
    lines += [f"- code {code_version(__name__)}", ""]
    lines += ["| stage | jobs | time of all jobs [min] | longest [min] | most memory [MB] |"]
    lines += ["|---|--:|--:|--:|--:|"]
    total = 0.0
    for stage in sorted(path for path in benchmarks.iterdir() if path.is_dir()):
        jobs = pd.concat(
            [pd.read_csv(path, sep="\t", na_values="-") for path in sorted(stage.rglob("*.tsv"))]
        )
        total += jobs["s"].sum()
        times = f"{jobs['s'].sum() / 60:.1f} | {jobs['s'].max() / 60:.1f}"
        lines.append(f"| {stage.name} | {len(jobs)} | {times} | {jobs['max_rss'].max():.0f} |")
    lines += ["", f"All jobs together took {total / 60:.0f} min; several ran at a time."]
    return "\n".join(lines) + "\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # conda's environment of the figures lacks some
        return "(not here)"


def _processor() -> str:
    """The processor's name, where the system tells it."""
    path = Path("/proc/cpuinfo")
    names = (
        re.findall(r"model name\s*: (.*)", path.read_text(encoding="utf-8"))
        if path.exists()
        else []
    )
    return names[0] if names else platform.processor() or "unknown processor"


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", required=True, type=Path, help="replication.md, beside figures")
    parser.add_argument("--table", required=True, type=Path, help="replication.csv")
    parser.add_argument("--figures", nargs="*", default=[], type=Path, help="further PNGs, GIFs")
    parser.add_argument("--benchmarks", required=True, type=Path, help="folder of time and memory")
    parser.add_argument("--run", required=True, type=Path, help="times and machine to write (.md)")
    parser.add_argument("--out", required=True, type=Path, help="folder to write to")


def run(arguments: argparse.Namespace) -> None:
    try:
        text = arguments.text.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{arguments.text}: not a readable report ({error})") from error
    folder = arguments.text.parent
    more = [path for path in arguments.figures if f"({path.name})" not in text]
    text += "\n## More figures\n\n" if more else ""
    text += "".join(f"![{path.stem}]({os.path.relpath(path, folder)})\n\n" for path in more)
    page = markdown.markdown(text, extensions=["tables"])
    page = page.replace("<table>", '<div class="table"><table>')
    page = page.replace("</table>", "</table></div>")
    for verdict, colour in COLOURS.items():
        strong = f'<td><strong style="color: {colour}">{verdict}</strong></td>'
        page = page.replace(f"<td>{verdict}</td>", strong)
    page = with_columns(page)
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Sensorimotor World Models, replicated</title>\n<style>{STYLE}</style>\n</head>\n"
    )
    table = read_table(arguments.table, COLUMNS, "a replication table")
    write_json(arguments.out / "metrics.json", metrics(table))
    whole = f"{head}<body>\n{inlined(page, folder)}\n</body>\n</html>\n"
    write_bytes(arguments.run, run_section(arguments.benchmarks).encode())
    write_bytes(arguments.out / "replication.html", whole.encode())

"""Puts a measured section into a document between its markers, so that figures are written by who measured them."""

import os
import shlex
import sys
import time
from pathlib import Path


def write_section(document: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- NAME begin -->` and `<!-- NAME end -->`; ValueError where they are missing."""
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    old = document.read_text(encoding="utf-8")
    before, found, rest = old.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{document}: expected the lines {begin} and {end}")
    document.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")


def provenance(module: str) -> str:
    """When, by which command and beside what load these figures were made; folders outside the project are cut off."""
    command = shlex.join(["python", "-m", module, *map(_shown, _without_write(sys.argv[1:]))])
    day, load = time.strftime("%Y-%m-%d"), os.getloadavg()[0]
    beside = f"load average at the end {load:.1f}, the run itself included"
    return f"`{command}`\n\nRun on {day} on {os.cpu_count()} cores; {beside}."


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _shown(argument: str) -> str:
    return Path(argument).name if argument.startswith("/") else argument


def _without_write(arguments: list[str]) -> list[str]:
    """Where a section is written to is no part of how it was measured."""
    if "--write" in arguments:
        at = arguments.index("--write")
        return arguments[:at] + arguments[at + 2 :]
    return arguments

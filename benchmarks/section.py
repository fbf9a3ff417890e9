"""Markdown that benchmarks print and write into documents: figures are written by the command that made them."""

import os
import shlex
import sys
import time
from pathlib import Path

from rich.console import Console


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
    """The command, day and load that the figures come from. Absolute paths are cut to file names."""
    day, load = time.strftime("%Y-%m-%d"), os.getloadavg()[0]
    return (
        f"`{command_line(module)}`\n\nRun on {day} on {os.cpu_count()} cores; "
        f"load average at the end {load:.1f}, the run itself included."
    )


def command_line(module: str) -> str:
    """The command that was given, without where it writes to. Absolute paths are cut to file names."""
    return shlex.join(["python", "-m", module, *map(_shorten, _without_write(sys.argv[1:]))])


def print_markdown(text: str) -> None:
    """Print text as it is, without wrapping or highlighting."""
    Console(soft_wrap=True, highlight=False, markup=False).print(text)


def _shorten(argument: str) -> str:
    key, equals, value = argument.rpartition("=")
    return f"{key}{equals}{Path(value).name}" if value.startswith("/") else argument


def _without_write(arguments: list[str]) -> list[str]:
    """Drop flags and their values that are no part of how figures were measured: where these and readings are kept."""
    for flag in ("--write", "--readme", "--cache"):
        if flag in arguments:
            at = arguments.index(flag)
            arguments = arguments[:at] + arguments[at + 2 :]
    return arguments

"""`python -m distill bundle CONFIG OUT` and `python -m distill collect CONFIG FOLDER`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from distill.bundle.collect import collect
from distill.bundle.write import Contents, write_bundle
from distill.config import Settings, read_settings
from distill.errors import DistillError


def main(command: str, arguments: Sequence[str]) -> int:
    """Run `bundle` or `collect`. Returns 0, or 2 if the configuration or the data need correction first."""
    options = _parser(command).parse_intermixed_args(arguments)
    console = Console(stderr=True)
    try:
        settings = read_settings(options.config, Settings, options.overrides)
        for line in (_bundle if command == "bundle" else _collect)(settings, options):
            console.print(line, highlight=False, soft_wrap=True)
    except (DistillError, FileNotFoundError) as error:
        console.print(f"distill: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return 2
    return 0


def _bundle(settings: Settings, options: argparse.Namespace) -> list[str]:
    students = tuple(options.student or settings.students)
    contents = Contents(students, options.wheels, options.labels, options.quality)
    manifest = write_bundle(settings, options.folder, contents, part_mb=options.part_size)
    total = sum(part.size for part in manifest.parts) / 1e6
    return [f"{manifest.faces:,} faces, {total:.1f} MB in {len(manifest.parts)} parts: {options.folder}"]


def _collect(settings: Settings, options: argparse.Namespace) -> list[str]:
    results = collect(settings, options.folder)
    return [f"{result.name}: {result.ours:,} samples before, {result.samples:,} now" for result in results]


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m distill {command}", description=__doc__)
    parser.add_argument("config", type=Path)
    if command == "collect":
        parser.add_argument("folder", type=Path, help="folder with bundle.json and the students of its run")
    else:
        parser.add_argument("folder", type=Path, metavar="OUT", help="new or empty folder for the bundle")
        parser.add_argument("--part-size", type=float, default=60, metavar="MB", help="greatest size of a part")
        parser.add_argument("--student", action="append", help="train only this student there; may be repeated")
        parser.add_argument("--labels", action="store_true", help="add the teachers' features of the faces")
        parser.add_argument("--wheels", type=Path, help="folder of wheels for packages that the machine lacks")
        parser.add_argument("--quality", type=int, default=76, help="WebP quality of the faces")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    return parser

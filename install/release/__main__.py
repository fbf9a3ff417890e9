"""`python -m install.release`: checks, builds, tries and tags the version of pipeline/version.py.

Wheel, sdist, bill of materials, notes and SHA256SUMS go to dist/vX.Y.Z. Nothing is uploaded or pushed. --dry-run makes
all but the tag. Where something is wrong, one sentence says what, and no tag is made.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from install.release.notes import read_notes
from install.release.packages import build, check_metadata, check_size, export_commit
from install.release.papers import write_bill, write_sums
from install.release.refusal import ReleaseError
from install.release.state import check_clean, check_untagged, check_version, git, tag_of
from install.release.trial import PERSON, install, try_out
from pipeline.version import VERSION

ROOT = Path(__file__).parents[2]
BILL = "sbom.cdx.json"
NOTES = "NOTES.md"


def main(arguments: list[str] | None = None) -> int:
    """Make the release; returns 1 where it is refused."""
    parser = argparse.ArgumentParser(prog="python -m install.release", description=__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="make all but the tag")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False)
    try:
        release(ROOT, VERSION, console, dry_run=options.dry_run)
    except ReleaseError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]no release:[/] {escape(str(error))}")
        return 1
    return 0


def release(root: Path, version: str, console: Console, *, dry_run: bool) -> None:
    """Make dist/vX.Y.Z and, unless dry_run, the tag. Raises ReleaseError."""
    notes = check(root, version)
    console.print(f"{tag_of(version)}: the tree is clean, CHANGELOG.md has its section, the tag is free")
    out = root / "dist" / tag_of(version)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        make_packages(root, Path(folder), out, version, console)
    write_bill(root, version, out / BILL)
    (out / NOTES).write_text(f"{notes}\n", encoding="utf-8")
    sums = write_sums(out)
    console.print(f"{out.relative_to(root)}: {', '.join(sorted(path.name for path in out.iterdir()))}")
    console.print(sums.read_text(encoding="utf-8").strip(), markup=False)
    finish(root, version, notes, console, dry_run=dry_run)


def check(root: Path, version: str) -> str:
    """The notes of a version that may be released. Raises ReleaseError for any other."""
    check_version(version)
    check_untagged(root, version)
    notes = read_notes(root / "CHANGELOG.md", version)
    check_clean(root)
    return notes


def make_packages(root: Path, folder: Path, out: Path, version: str, console: Console) -> None:
    """Build wheel and sdist into `out`, check them, and run the wheel in an environment of its own below `folder`."""
    source, home = folder / "source", folder / "home"
    source.mkdir()
    home.mkdir()
    time = export_commit(root, source)
    wheel, sdist = build(source, out, time=time)
    console.print(f"built {sdist.name}, and from it {wheel.name}: {check_size(wheel):.1f} MB")
    check_metadata([wheel, sdist])
    console.print("twine check: passed")
    programs = install(wheel, folder / "environment", lock=root / "requirements" / "serving.txt")
    try_out(programs, source / "docs" / "faces" / f"{PERSON}.jpg", home, version)
    console.print(f"installed with requirements/serving.txt: --version, doctor, enroll and who work; it named {PERSON}")


def finish(root: Path, version: str, notes: str, console: Console, *, dry_run: bool) -> None:
    """Make the annotated tag with the notes, or say that it was not made."""
    tag = tag_of(version)
    if dry_run:
        console.print(f"dry run: no tag {tag}")
        return
    git(root, "tag", "--annotate", "--cleanup=verbatim", tag, "--message", f"Glimpse {version}\n\n{notes}")
    console.print(f"tagged {tag}; docs/releasing.md says how to publish it")


if __name__ == "__main__":
    sys.exit(main())

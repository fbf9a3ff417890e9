"""The packages that an installation brings along, with their licences: `python -m install.third_party write|check`.

`write` makes THIRD_PARTY.md from the metadata of the packages installed here; for one that is not installed (an extra
that nobody here uses) it asks the package index. `check` exits with 1 where a lock file names a package that the page
lacks.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from configs.markdown import table
from install.brought import ROOT, Needs, read_needs
from install.built_in import describe_libraries
from install.bundled import describe_bundled
from install.index import read_lock
from install.licence import Licence, find_licence

PAGE = ROOT / "THIRD_PARTY.md"
LOCKS = ROOT / "requirements"
VENDORED = ROOT / "pipeline" / "web" / "static" / "vendor" / "README.md"
HEAD = """\
# Third-party packages

Made by `python -m install.third_party write` on {date} from the metadata of the packages installed there; do not edit.
[docs/licences.md](docs/licences.md) speaks of the program itself, its weights and their data.

*Brought by*: `serving` is what an installation takes without an extra, the others are extras; `locked` stands for what
only a lock file names, for another platform or Python. *Text*: `yes` where the installed package holds the text of its
licence, `no` where it does not, and `not seen` where it was not installed there and the package index was asked.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or name the locked packages that it lacks."""
    parser = argparse.ArgumentParser(prog="python -m install.third_party", description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["write", "check"])
    if parser.parse_args(arguments).action == "write":
        PAGE.write_text(make_page(), encoding="utf-8")
        return 0
    missing = find_missing(PAGE.read_text(encoding="utf-8"))
    for name, lock in missing:
        sys.stdout.write(f"{PAGE.name}: {name} of {lock} is missing; run python -m install.third_party write\n")
    return 1 if missing else 0


def make_page() -> str:
    """The page, Markdown. Raises OSError where a package is not installed and the index does not answer."""
    needs = read_needs()
    rows = [_row(find_licence(name), needs[name]) for name in sorted(needs)]
    heads = ["package", "version", "licence", "text", "brought by", "homepage"]
    parts = [
        HEAD.format(date=time.strftime("%Y-%m-%d")),
        table(heads, rows),
        "## Inside these packages\n\n" + describe_libraries(),
        describe_bundled(),
        "## Inside the wheel of Glimpse\n\n" + VENDORED.read_text(encoding="utf-8").strip(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def find_missing(page: str, locks: Path = LOCKS) -> list[tuple[str, str]]:
    """Packages that a lock file names and the page lacks, each with that lock file."""
    listed = set(_listed(page))
    names = {(canonicalize_name(pin.name), path.name) for path in locks.glob("*.txt") for pin in read_lock(path)}
    return sorted((name, lock) for name, lock in names if name not in listed)


def _listed(page: str) -> Iterator[str]:
    return (canonicalize_name(line.split("|")[1].strip()) for line in page.splitlines() if line.count("|") == 7)


def _row(licence: Licence, brought_by: Needs) -> list[str]:
    cells = [licence.name, licence.version, licence.expression, licence.text, ", ".join(brought_by), licence.homepage]
    return [" ".join(cell.replace("|", "/").split()) for cell in cells]


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m website.surface write`: records the public surface in docs/reference/surface.txt, with each minor version.

`python -m website.surface check` names what a program for the last minor version would miss; 1 where there is anything.
"""

import argparse
import sys

import glimpse
from glimpse.deprecations import OLD_NAMES
from website.links import ROOT
from website.surface.broken import find_broken
from website.surface.lines import surface

FILE = ROOT / "docs" / "reference" / "surface.txt"


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("order", choices=("write", "check"), help="write docs/reference/surface.txt, or check it")
    order = parser.parse_args().order
    now = surface(glimpse)
    if order == "write":
        FILE.write_text("\n".join(now) + "\n", encoding="utf-8")
        return 0
    faults = list(find_broken(FILE.read_text(encoding="utf-8").splitlines(), now, OLD_NAMES))
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

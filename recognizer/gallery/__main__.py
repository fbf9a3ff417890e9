"""`python -m recognizer.gallery`: the same as `glimpse enroll` and `glimpse people`, under its old name.

Its commands are enroll, list, erase, export, import and reembed. `enroll --json` prints the list of pictures alone.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    from glimpse.command.app import main as run

    command, *words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if command == "enroll":
        return run(["enroll", *("--outcomes-only" if word == "--json" else word for word in words)])
    return run(["people", command, *words])


if __name__ == "__main__":
    sys.exit(main())

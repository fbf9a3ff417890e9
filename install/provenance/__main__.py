"""Where the shipped weights come from: `python -m install.provenance write|check`.

`write` puts hashes, data, teachers and what each file may be used for into the first lines of the model cards and into
docs/licences.md, from sources.yaml. `check` exits with 1 where one of them is out of date.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.section import write_section
from install.provenance.cards import with_front
from install.provenance.page import make_tables
from install.provenance.record import ROOT, find_weights, read_record

PAGE = ROOT / "docs" / "licences.md"
SECTION = "weights"


def main(arguments: list[str] | None = None) -> int:
    """Write the cards and the page, or say what is out of date."""
    parser = argparse.ArgumentParser(prog="python -m install.provenance", description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["write", "check"])
    if parser.parse_args(arguments).action == "check":
        faults = list(find_faults())
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
        return 1 if faults else 0
    record = read_record()
    for path, card in record.cards.items():
        (ROOT / path).write_text(with_front(record, ROOT / path, card), encoding="utf-8")
    write_section(PAGE, SECTION, make_tables(record))
    return 0


def find_faults(root: Path = ROOT) -> Iterator[str]:
    """A sentence for each weight file without a card, card that is out of date, and for the page."""
    record = read_record()
    listed = {f"{path.rpartition('/')[0]}/{name}" for path, card in record.cards.items() for name in card.files}
    for name in sorted(find_weights(root) - listed):
        yield f"{name}: expected in a card of install/provenance/sources.yaml"
    for path, card in record.cards.items():
        if (root / path).read_text(encoding="utf-8") != with_front(record, root / path, card):
            yield f"{path}: its first lines are out of date; run python -m install.provenance write"
    if make_tables(record, root) not in (root / "docs" / "licences.md").read_text(encoding="utf-8"):
        yield "docs/licences.md: its tables are out of date; run python -m install.provenance write"


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m pipeline.erase NAME DIR...`: erase a person from galleries, reports, events, outboxes and histories.

Exit codes: 0 nothing of the person is left in these folders; 1 something is left, and the lines say what and why; 2
wrong usage.
"""

import argparse
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from configs.extras import install_extra
from configs.postgres.address import is_postgres
from pipeline.erase.alike import LEAST_SCORE, Wanted
from pipeline.erase.audit import AUDIT_NAME, write_audit
from pipeline.erase.databases import stores_at
from pipeline.erase.run import Also, Erasure, erase_person
from recognizer.gallery.names import normalise_name, printable

DEFAULT_KEY = Path("~/.config/glimpse/receipt_key.pem")
COMPLETE, INCOMPLETE, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Erase one person; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    places = [Path(place) for place in options.places if not is_postgres(place)]
    missing = [place for place in places if not place.exists()]
    try:
        name = normalise_name(options.name)  # also one that enrolment would refuse today
        if not name or any(unicodedata.category(character) == "Cc" for character in name):
            raise ValueError(f"NAME: expected the name of a person, got {printable(name)!r}")
        if missing:
            raise ValueError(f"{missing[0]}: no such folder or file")
        if options.receipt:
            _check_key(options.key)
        databases = [store for place in options.places if is_postgres(place) for store in stores_at(place)]
    except (ValueError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        return USAGE
    erasure = erase_person(name, places, databases=databases, also=_also(options))
    _print(erasure, name, console)
    audit = options.audit or _folder(places[0] if places else Path()) / AUDIT_NAME
    try:
        if options.receipt:
            _write_receipt(options, name, erasure)
        write_audit(audit, name, erasure.outcomes, searched=erasure.searched)
    except OSError as error:
        console.print(f"[red]not written: {escape(str(error.filename or audit))}: {error.strerror}[/]")
        return INCOMPLETE
    return COMPLETE if erasure.complete else INCOMPLETE


def _also(options: argparse.Namespace) -> Also:
    confirmed = frozenset(options.confirm_alike)
    alike = Wanted(options.alike_score, confirmed) if options.also_alike or confirmed else None
    return Also(films=options.delete_films, recordings=options.delete_recordings, alike=alike)


def _check_key(key: Path) -> None:
    """Raise ValueError, before anything is erased, where no receipt could be signed."""
    try:
        from pipeline.receipts.keys import signing_key  # only here: needs a package for signatures
    except ModuleNotFoundError as error:
        raise ValueError(f"--receipt needs the package {error.name}: {install_extra('room')}") from None
    signing_key(key)


def _write_receipt(options: argparse.Namespace, name: str, erasure: Erasure) -> None:
    from pipeline.receipts.issue import receipt_of_erasure, write_receipt

    write_receipt(options.receipt, receipt_of_erasure(name, erasure), options.key)


def _print(erasure: Erasure, name: str, console: Console) -> None:
    for outcome in erasure.outcomes:
        style, what = ("red", f"left: {outcome.left}") if outcome.left else ("green", outcome.changed)
        console.print(f"{escape(str(outcome.path))}: [{style}]{escape(what)}[/]")
    if erasure.lookalike is not None:
        known = escape(printable(erasure.lookalike))
        console.print(
            f"[red]Nobody is called {escape(name)}, but {known} is known: erase that name, if it is meant.[/]"
        )
    elif not any(outcome.changed for outcome in erasure.outcomes):
        console.print(
            f"No store knows {escape(name)}. Bytes that an interrupted erasure left in galleries and outboxes"
            " were overwritten now."
            if erasure.complete
            else f"Nothing of {escape(name)} could be erased."
        )
    faces = f" and {erasure.faces} vectors and pictures" if erasure.faces else ""
    verdict = "nothing is left" if erasure.complete else "see what is left above"
    console.print(f"{erasure.searched} files searched for the name{faces}, {erasure.stores} of them stores: {verdict}.")


def _score(text: str) -> float:
    score = float(text)
    if not 0.1 <= score <= 1:
        raise argparse.ArgumentTypeError(f"expected 0.1 to 1, got {text}")
    return score


def _folder(place: Path) -> Path:
    return place if place.is_dir() else place.parent


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.erase", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="as `glimpse people list` prints it")
    parser.add_argument(
        "places",
        metavar="DIR",
        nargs="+",
        help="folders, searched with all below them, files, and postgresql:// addresses",
    )
    parser.add_argument(
        "--delete-films",
        action="store_true",
        help="destroy annotated films of reports that somebody was erased from",
    )
    parser.add_argument(
        "--delete-recordings",
        action="store_true",
        help="destroy film of live cameras of when they saw the person",
    )
    parser.add_argument(
        "--also-alike",
        action="store_true",
        help="list templates of tracks and negatives without the name that are like the person's",
    )
    parser.add_argument(
        "--alike-score", type=_score, default=LEAST_SCORE, metavar="COSINE", help="list from here; default: %(default)s"
    )
    parser.add_argument(
        "--confirm-alike",
        action="append",
        default=[],
        metavar="KEY",
        help="erase the listed one of this key too, or all; may be repeated",
    )
    parser.add_argument(
        "--audit",
        type=Path,
        metavar="FILE",
        help=f"append the audit line here; default: {AUDIT_NAME} in the first folder, or here",
    )
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="write a signed receipt, without the name")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", default=DEFAULT_KEY, help="what signs receipts; made where it is missing"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""`glimpse disclose NAME DIR…`: everything that is kept of one person, in one file for them."""

from collections.abc import Sequence
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from configs.postgres.address import is_postgres
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from pipeline.erase.__main__ import DEFAULT_KEY
from pipeline.erase.database_store import DatabaseStore
from pipeline.erase.databases import stores_at
from pipeline.erase.disclosure import Disclosure, disclose_person
from pipeline.secrets.private_files import replace_private
from recognizer.gallery.names import normalise_name, printable

app: App = new_command(
    "disclose",
    "glimpse disclose Ada /var/lib/glimpse --out ada.zip",
    "glimpse disclose Ada people.db history.db --out ada.zip --receipt ada.json",
)


@app.default
@exit_code
def disclose(
    name: str,
    *places: str,
    out: Path,
    receipt: Path | None = None,
    key: Path = DEFAULT_KEY,
    overwrite: bool = False,
    json: bool = False,
) -> int:
    """Write a ZIP file with all that galleries, histories, reports, events and outboxes hold of a person: pictures,
    face vectors and what was written down. Nothing is changed. Exit code 1: nobody of this name, or a file was
    unreadable.

    Parameters
    ----------
    name
        as people list prints it
    places
        folders, searched with all below them, files, and histories in PostgreSQL (postgresql://HOST/DATABASE)
    out
        ZIP file to write, which only you may read
    receipt
        also write a signed receipt, which glimpse verify-receipt checks
    key
        what signs receipts; made where it is missing
    overwrite
        replace the file of --out
    json
        print the result as JSON
    """
    files = [Path(place) for place in places if not is_postgres(place)]
    databases = [store for place in places if is_postgres(place) for store in stores_at(place)]
    _check(files, databases, out, overwrite=overwrite)
    name = normalise_name(name)
    disclosure = disclose_person(name, files, databases=databases)
    if disclosure.archive:
        replace_private(out, disclosure.archive)
        if receipt:
            _write_receipt(receipt, name, disclosure, key)
    _tell(disclosure, name, out, as_json=json)
    return DONE if disclosure.archive and disclosure.complete else FAILED


def _check(files: Sequence[Path], databases: Sequence[DatabaseStore], out: Path, *, overwrite: bool) -> None:
    if not files and not databases:
        raise ValueError("DIR: expected at least one folder or file to search")
    for place in files:
        if not place.exists():
            raise FileNotFoundError(f"{place}: no such folder or file")
    if out.exists() and not overwrite:
        raise ValueError(f"--out {out}: expected a new file; --overwrite replaces it")


def _write_receipt(receipt: Path, name: str, disclosure: Disclosure, key: Path) -> None:
    from pipeline.receipts.issue import receipt_of_disclosure, write_receipt  # only here: needs a package

    write_receipt(receipt, receipt_of_disclosure(name, disclosure), key)


def _tell(disclosure: Disclosure, name: str, out: Path, *, as_json: bool) -> None:
    if as_json:
        found = [
            {
                "file": each.name,
                "kind": each.kind,
                "records": len(each.records),
                "faces": len(each.faces),
                "not_readable": each.left,
            }
            for each in disclosure.found
        ]
        written = str(out) if disclosure.archive else None
        write_json({"out": written, "complete": disclosure.complete, "stores": disclosure.stores, "found": found})
        return
    console = Console(soft_wrap=True, highlight=False)
    for each in disclosure.found:
        what = each.left or f"{len(each.records)} records, {len(each.faces)} faces ({each.kind})"
        console.print(escape(f"{printable(each.name)}: {what}"))
    said = f"written to {out}" if disclosure.archive else f"nothing of {printable(name)} was found"
    console.print(escape(f"{disclosure.stores} files that hold people searched: {said}"))

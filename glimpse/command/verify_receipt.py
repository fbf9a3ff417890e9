"""`glimpse verify-receipt FILE`: whether a receipt is what this node signed, and what it says."""

from pathlib import Path

import msgspec
from cyclopts import App
from rich.console import Console
from rich.markup import escape

from glimpse.command.new_command import DONE, FAILED, exit_code, fail, new_command, write_json
from pipeline.erase.__main__ import DEFAULT_KEY
from pipeline.receipts.keys import read_public_key
from pipeline.receipts.receipt import Statement, verify
from recognizer.gallery.names import normalise_name

PUBLIC_KEY = DEFAULT_KEY.with_name(f"{DEFAULT_KEY.name}.pub")

app: App = new_command(
    "verify-receipt",
    "glimpse verify-receipt ada.receipt.json --key receipt_key.pem.pub",
    "glimpse verify-receipt ada.receipt.json --key receipt_key.pem.pub --name Ada",
)


@app.default
@exit_code
def verify_receipt(receipt: Path, *, key: Path = PUBLIC_KEY, name: str = "", json: bool = False) -> int:
    """Check the signature of a receipt, and show what was erased or handed over. Exit code 1: it is not genuine, or is
    about somebody else.

    Parameters
    ----------
    receipt
        file of people erase --receipt or people disclose --receipt
    key
        public key of whoever signed it, a PEM file
    name
        also check that it is about this person
    json
        print the result as JSON
    """
    data, trusted = receipt.read_bytes(), read_public_key(key)
    try:
        statement = verify(data, trusted)
    except ValueError as error:
        return fail(f"{receipt}: {error}", FAILED)
    about = statement.is_about(normalise_name(name)) if name else None
    if json:
        write_json(msgspec.to_builtins(statement) | {"about_name": about})
    else:
        _print(statement, about)
    return FAILED if about is False else DONE


def _print(statement: Statement, about: bool | None) -> None:
    console = Console(soft_wrap=True, highlight=False)
    what = "everything was found and erased" if statement.action == "erasure" else "everything was handed over"
    console.print(f"genuine: {statement.action} of {statement.time}, Glimpse {escape(statement.version)}")
    for line in statement.stores:
        parts = [line.done] * bool(line.done) + [f"left: {line.left}"] * bool(line.left)
        console.print(escape(f"  {line.file}: {', '.join(parts)}"))
    console.print(f"{statement.searched} files searched; {what if statement.complete else 'something is left'}")
    if about is not None:
        console.print("it is about this person" if about else "it is about somebody else")

"""`glimpse people …`: who is enrolled, and what can be done with them."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from configs.postgres.address import is_postgres
from glimpse.command.enroll_models import RecognizerFlags
from glimpse.command.new_command import DONE, FAILED, fail, inner_commands, new_command, write_json
from pipeline.erase.__main__ import main as erase_in_places
from pipeline.erase.postgres_gallery import is_forged, signature_of
from pipeline.receipts.fingerprint import fingerprint
from pipeline.receipts.of_nodes import standing_of
from pipeline.site.site_time import local, stamp
from recognizer.gallery.copies.node_record import Erasure, Receipt
from recognizer.gallery.database import open_database
from recognizer.gallery.names import nearest_name, normalise_name, printable, refuse_reserved
from recognizer.gallery.reembed import reembed as reembed_gallery
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.transfer import export_gallery, import_gallery

CALENDAR_SECONDS = (-62_135_596_800, 253_402_300_800)  # from the year 1 to the year 10000, in Unix seconds
DIGEST_DIGITS = 12  # shown of a picture's SHA-256: enough to name it

app: App = new_command(
    "people", "glimpse people list --gallery people.db", "glimpse people show Ada --gallery people.db"
)
NO_RECOGNIZER = RecognizerFlags()


_command = inner_commands(app.command, "glimpse people", " --gallery people.db")
_shared_command = inner_commands(app.command, "glimpse people", " --gallery postgresql://db.example/glimpse")


@_command("list", "list", "list --json")
def list_people(*, gallery: str, json: bool = False) -> int:
    """List the enrolled people, their pictures, and of how many pictures the face is kept.

    Parameters
    ----------
    gallery
        gallery file
    json
        print the list as JSON
    """
    with Gallery(gallery) as opened:
        people = [replace(person, name=printable(person.name)) for person in opened.people()]
        model_id = printable(opened.model_id)
    if json:
        write_json({"model_id": model_id, "people": people})
        return DONE
    width = max((cell_len(person.name) for person in people), default=0)
    for person in people:
        kept = "" if person.chips == person.faces else f", {person.chips} with a picture kept"
        padding = " " * (width - cell_len(person.name))
        _print(f"{person.name}{padding}  {_faces(person.faces)}{kept}, since {_day(person.added_at)}")
    _print(f"{'1 person' if len(people) == 1 else f'{len(people)} people'}, model {model_id or '(none yet)'}")
    return DONE


@_command("show", "show Ada", "show Ada --json")
def show(name: str, *, gallery: str, json: bool = False) -> int:
    """Show one person's pictures: source, size, quality, date and digest.

    Parameters
    ----------
    name
        as people list prints it
    gallery
        gallery file
    json
        print the pictures as JSON
    """
    with Gallery(gallery) as opened:
        name = normalise_name(name)
        faces = [face for owner, face in opened.faces() if name in (owner, printable(owner))]
        if not faces:
            return _not_enrolled(name, opened)
    if json:
        write_json({"name": printable(name), "pictures": [_to_json(face) for face in faces]})
        return DONE
    _print(f"{printable(name)}: {_faces(len(faces))}")
    width = max(len(printable(face.source)) for face in faces)
    for face in faces:
        kept = "" if face.chip else ", no picture kept"
        _print(
            f"  {printable(face.source):{width}}  {face.face_px:4.0f} px, quality {face.quality:.2f},"
            f" {_day(face.added_at)}, {face.sha256[:DIGEST_DIGITS]}{kept}"
        )
    return DONE


@_command("rename", 'rename Ada "Ada Lovelace"')
def rename(name: str, new: str, *, gallery: str) -> int:
    """Give a person another name.

    Parameters
    ----------
    name
        as people list prints it
    new
        the new name, which nobody else has
    gallery
        gallery file
    """
    return _change(gallery, lambda opened: _rename(opened, name, new))


@_command("merge", "merge Ada_2 Ada")
def merge(name: str, into: str, *, gallery: str) -> int:
    """Give one person's pictures to another, who keeps their name.

    Parameters
    ----------
    name
        who is the same person, and goes
    into
        who stays
    gallery
        gallery file
    """
    return _change(gallery, lambda opened: _merge(opened, name, into))


@_command("remove", "remove Ada Ada/holiday.jpg", "remove Ada 3fa1b2c4d5e6")
def remove(name: str, picture: str, *, gallery: str) -> int:
    """Erase one picture of a person, and overwrite its bytes in the file.

    Parameters
    ----------
    name
        as people list prints it
    picture
        its source, or the begin of its SHA-256, as people show prints them
    gallery
        gallery file
    """
    return _change(gallery, lambda opened: _remove(opened, name, picture))


@_command("erase", "erase Ada", "erase Ada --in out --in exports")
def erase(
    *names: Annotated[str, Parameter(name="NAME")],
    gallery: str,
    folders: Annotated[list[Path] | None, Parameter(name="--in")] = None,
    delete_films: bool = False,
    delete_recordings: bool = False,
    also_alike: bool = False,
    alike_score: float | None = None,
    confirm_alike: Annotated[list[str] | None, Parameter(name="--confirm-alike")] = None,
    audit: Path | None = None,
    receipt: Path | None = None,
) -> int:
    """Erase people and overwrite the bytes of their faces. Exit code 1 where somebody is not enrolled or is not gone.

    Parameters
    ----------
    names
        as people list prints them
    gallery
        gallery file
    folders
        also erase from reports, events, outboxes and exports in this folder or file; may be repeated
    delete_films
        with --in: destroy annotated films of reports that somebody was erased from
    delete_recordings
        with --in: destroy film of live cameras at times when they saw the person, by the tracks of histories
    also_alike
        with --in: list templates of tracks and negatives without the name that are like the person's
    alike_score
        with --also-alike: the cosine from which one is listed; 0.5 if not given
    confirm_alike
        with --in: erase the listed one of this key too, or all; may be repeated
    audit
        with --in: append the audit line here
    receipt
        with --in and one person: write a signed receipt here, which glimpse verify-receipt checks
    """
    if not names:
        raise ValueError("NAME: expected the name of at least one person to erase")
    if receipt and len(names) > 1:
        raise ValueError(f"--receipt: expected one person, got {len(names)}")
    if folders:
        flags = ["--delete-films"] * delete_films + ["--delete-recordings"] * delete_recordings
        flags += ["--also-alike"] * also_alike + [f"--confirm-alike={key}" for key in confirm_alike or ()]
        flags += [] if alike_score is None else [f"--alike-score={alike_score}"]
        flags += [f"--audit={audit}"] * bool(audit) + [f"--receipt={receipt}"] * bool(receipt)
        places = [str(place) for place in (gallery, *folders)]
        return max(erase_in_places([*flags, "--", name, *places]) for name in names)
    if delete_films or delete_recordings or also_alike or confirm_alike or audit or receipt:
        raise ValueError("--delete-…, --…-alike, --audit and --receipt: expected with --in")
    with Gallery(gallery) as opened:
        return _erase_from_gallery(names, opened)


@_shared_command("erasures", "erasures", "erasures --json")
def erasures(*, gallery: str, json: bool = False) -> int:
    """List what was erased from a gallery in PostgreSQL, and when each node has followed. No names are kept.

    Exit code 1 where a node may still name somebody who was erased, or somebody changed a signed receipt.

    Parameters
    ----------
    gallery
        postgresql://HOST/DATABASE
    json
        print the list as JSON
    """
    if not is_postgres(gallery):
        raise ValueError("--gallery: expected postgresql://HOST/DATABASE; a file has no nodes that keep copies of it")
    with Gallery(gallery, read_only=True) as opened:
        found, now = opened.erasures(), time.time()
    if json:
        write_json({"erasures": [_erasure_to_json(one) for one in found]})
    else:
        for one in found:
            _print(f"change {one.number}: {one.kind}, {stamp(one.at)}")
            _print_receipts([one], now)
    receipts = [receipt for one in found for receipt in one.receipts]
    return FAILED if any(receipt.may_name(now) or is_forged(receipt) for receipt in receipts) else DONE


@_command("export", "export people.jsonl")
def export(file: Path, *, gallery: str, plain: bool = False) -> int:
    """Write the gallery to a portable file, which only you may read. Its faces are not encrypted.

    Parameters
    ----------
    file
        file to write
    gallery
        gallery file
    plain
        write the faces of a gallery that is encrypted as they are
    """
    with Gallery(gallery) as opened:
        if opened.is_sealed and not plain:
            raise ValueError(
                f"export {file}: the faces of gallery {opened.path} are encrypted, and those of an export are not: give"
                " --plain to write them"
            )
        _print(f"{_faces(export_gallery(opened, file))} written to {file}")
    return DONE


@_command("import", "import people.jsonl")
def import_people(file: Path, *, gallery: str) -> int:
    """Import the people of an exported file. Exit code 1 where a face was refused; the others are imported.

    Parameters
    ----------
    file
        what people export has written
    gallery
        gallery file; made where it is missing
    """
    with Gallery(gallery, create=True) as opened:
        done = import_gallery(opened, file)
    for line in done.refused:
        Console(stderr=True, soft_wrap=True).print(f"[red]refused:[/] {escape(line)}", highlight=False)
    _print(f"{_faces(done.added)} imported, {done.known} already enrolled, {len(done.refused)} refused")
    return FAILED if done.refused else DONE


@_command("reembed", "reembed", "reembed --recognizer model.onnx")
def reembed(*, gallery: str, recognizer: RecognizerFlags = NO_RECOGNIZER, drop_without_chips: bool = False) -> int:
    """Read the stored picture of every face again with another recogniser.

    Parameters
    ----------
    gallery
        gallery file
    drop_without_chips
        erase faces without a picture; without it, they are refused
    """
    model = recognizer.open()
    with closing(open_database(gallery)) as database, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("reading pictures", total=None)
        done = reembed_gallery(
            database,
            model,
            drop_without_chips=drop_without_chips,
            on_progress=lambda count, total: progress.update(task, completed=count, total=total),
        )
    dropped = f", {done.dropped} without a picture erased" if done.dropped else ""
    models = f"model {done.old_model_id or '(none)'} replaced by {done.model_id}"
    if done.old_model_id == done.model_id:
        models = f"the space is still that of {done.model_id}"
    _print(f"{done.faces} faces read again{dropped}: {models}")
    return DONE


def _change(gallery: str, change: Callable[[Gallery], str]) -> int:
    """Change a gallery, and print what the change says it did, or who is not enrolled."""
    with Gallery(gallery) as opened:
        try:
            done = change(opened)
        except KeyError as error:
            return _not_enrolled(str(error.args[0]), opened)
    _print(done)
    return DONE


def _rename(gallery: Gallery, name: str, new: str) -> str:
    refuse_reserved(new)
    gallery.rename(name, new)
    return f"{printable(name)} is now {printable(normalise_name(new))}"


def _merge(gallery: Gallery, name: str, into: str) -> str:
    faces = gallery.merge(name, into)
    return f"{printable(into)} has {_faces(faces)} more; {printable(name)} is gone"


def _remove(gallery: Gallery, name: str, picture: str) -> str:
    gallery.remove_face(name, picture)
    return f"erased {printable(picture)} of {printable(name)}"


def _erase_from_gallery(names: Sequence[str], gallery: Gallery) -> int:
    missing, forged = 0, False
    for name in names:
        before = gallery.version()
        try:
            _print(f"erased {printable(name)}: {_faces(gallery.erase(name))}")
            erasures = gallery.erasures(after=before)
            _print_receipts(erasures, time.time())
            forged |= any(is_forged(receipt) for erasure in erasures for receipt in erasure.receipts)
        except KeyError:
            missing += 1
            _not_enrolled(name, gallery)
    if missing:
        was_left = gallery.may_hold_erased()
        gallery.scrub()  # completes an earlier erasure that was interrupted, or failed because the file was in use
        if was_left:
            _print("bytes that an earlier erasure left are overwritten now: no erased face is left")
    return FAILED if missing or forged else DONE


def _print_receipts(erasures: Sequence[Erasure], now: float) -> None:
    for erasure in erasures:
        for receipt in erasure.receipts:
            _print(f"  {receipt.describe(erasure.at, now)}{signature_of(receipt)}")


def _erasure_to_json(erasure: Erasure) -> dict[str, Any]:
    return erasure._asdict() | {"receipts": [_receipt_to_json(receipt) for receipt in erasure.receipts]}


def _receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """key: what people compare of the key; empty where the node does not sign."""
    key = fingerprint(receipt.public_key) if receipt.public_key else ""
    standing = standing_of(receipt.text, receipt.public_key, receipt.signature)
    return {name: getattr(receipt, name) for name in ("node", "at", "may_name_until")} | {
        "signature": standing,
        "key": key,
    }


def _not_enrolled(name: str, gallery: Gallery) -> int:
    """Say that a name is not enrolled, and which one was perhaps meant."""
    near = nearest_name(name, (person.name for person in gallery.people()))
    hint = f"; did you mean {printable(near)}?" if near else ""
    return fail(f"{printable(name)} is not enrolled{hint}", FAILED)


def _to_json(face: Face) -> dict[str, Any]:
    """What is stored of a face, without vector and picture."""
    fields = {key: value for key, value in asdict(face).items() if key not in ("vector", "chip")}
    return fields | {"source": printable(face.source), "chip": face.chip is not None}


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"


def _day(unix_seconds: float) -> str:
    """The day of a time; a damaged or hostile gallery may hold one that no calendar has."""
    if not CALENDAR_SECONDS[0] <= unix_seconds < CALENDAR_SECONDS[1]:
        return "unknown day"
    return f"{local(unix_seconds):%Y-%m-%d}"


def _print(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(escape(text))

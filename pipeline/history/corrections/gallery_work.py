"""What a correction does in the gallery, which is another file.

The work is written down in the transaction that changes the history, and done and deleted in a second one. A process
that is killed in between leaves it to the next correction. Each work can be done twice.
"""

from typing import Protocol

import msgspec

from pipeline.history.database import Database


class Mark(msgspec.Struct, frozen=True, tag=True):
    """Keep a track that is not a person. source: names the track.  vector: unit, float16, little-endian."""

    person: str
    source: str
    model_id: str
    vector: bytes


class Unmark(msgspec.Struct, frozen=True, tag=True):
    """Forget that a track is not a person."""

    person: str
    source: str


class Rename(msgspec.Struct, frozen=True, tag=True):
    """Give a person another name."""

    person: str
    new: str


class Merge(msgspec.Struct, frozen=True, tag=True):
    """Give all that is kept of a person to another one."""

    person: str
    into: str


class Split(msgspec.Struct, frozen=True, tag=True):
    """Take a merge back. faces: SHA-256 of the pictures that were the person's.  negatives: sources, likewise."""

    person: str
    into: str
    faces: tuple[str, ...]
    negatives: tuple[str, ...]


class Enrol(msgspec.Struct, frozen=True, tag=True):
    """Enrol a track's best crop, if it is good enough. px: height of the face that the crop was cut from, pixels."""

    person: str
    source: str
    crop: bytes
    px: float


class Withdraw(msgspec.Struct, frozen=True, tag=True):
    """Erase the face that was enrolled from a track, and the person where it is the only one."""

    person: str
    source: str


GalleryWork = Mark | Unmark | Rename | Merge | Split | Enrol | Withdraw
_decoder: msgspec.json.Decoder[GalleryWork] = msgspec.json.Decoder(GalleryWork)


class People(Protocol):
    """The enrolled people, as corrections need them; `glimpse.history_gallery.GalleryOfHistory` is one."""

    def names(self) -> list[str]:
        """Everybody enrolled."""
        ...

    def digests(self, name: str) -> list[str]:
        """SHA-256 of the pictures of a person; empty for somebody who is not enrolled."""
        ...

    def enrolled_from(self, source: str) -> str | None:
        """For whom a face of this source is enrolled; None for nobody."""
        ...

    def marked(self, name: str) -> list[str]:
        """Sources of the tracks that are kept as not this person."""
        ...

    def do(self, work: GalleryWork) -> str:
        """Do some work; returns why it was not done, or what is to be known of it, or nothing.

        Doing it again changes nothing. Raises OSError and ValueError where the gallery cannot be written now; what it
        refuses whenever it is tried, it says.
        """
        ...


def queue_work(database: Database, *work: GalleryWork) -> None:
    """Write down what is to be done, in the current transaction."""
    for one in work:
        body = database.cipher.seal(msgspec.json.encode(one))  # it may hold a crop or a template
        database.change("INSERT INTO gallery_work (body) VALUES (?)", (body,))


def finish_work(database: Database, people: People | None) -> list[str]:
    """Do all that is written down, and delete it, in the current transaction; returns what `People.do` said, and of
    damaged work that it is left out.

    Nothing is done without a gallery: it is then left to a correction that has one. Raises like `People.do`.
    """
    if people is None:
        return []
    said = []
    for number, body in database.rows("SELECT id, body FROM gallery_work ORDER BY id"):
        said.append(_do(people, database.cipher.open_sound(bytes(body))))
        database.change("DELETE FROM gallery_work WHERE id = ?", (number,))
    return [sentence for sentence in said if sentence]


def _do(people: People, body: bytes | None) -> str:
    """Do one work. A damaged one is left out: it cannot be read later either, and others wait behind it."""
    try:
        work = _decoder.decode(body or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "an earlier correction was not done in the gallery: what was written down for it is damaged"
    return people.do(work)

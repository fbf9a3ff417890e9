"""What the audit log keeps of a correction so that it can be taken back; never a face or a template."""

import msgspec

from pipeline.history.corrections.verdicts import VerdictRow


class TrackRecord(msgspec.Struct, frozen=True, tag="track"):
    """A correction of one track. rows: what was said before of the track and these people.

    enrolled: for whom the track's crop was enrolled by it.  withdrawn: for whom it was enrolled before it.
    """

    track: int
    people: tuple[str, ...]
    rows: tuple[VerdictRow, ...]
    enrolled: str | None = None
    withdrawn: str | None = None

    def conflicts(self, later: "UndoRecord") -> bool:
        """Whether a later correction rests on this one."""
        if isinstance(later, TrackRecord):
            return later.track == self.track
        return not set(self.people).isdisjoint(later.people)


class RenameRecord(msgspec.Struct, frozen=True, tag="rename"):
    """A person got another name."""

    name: str
    new: str

    @property
    def people(self) -> tuple[str, ...]:
        return self.name, self.new

    def conflicts(self, later: "UndoRecord") -> bool:
        """Whether a later correction rests on this one."""
        return not set(self.people).isdisjoint(later.people)


class MergeRecord(msgspec.Struct, frozen=True, tag="merge"):
    """Two people became one. tracks, evidence, groups: what was the person's before, by name and by evidence.

    rows: what was said before of tracks and both people.  faces, negatives: of the person in the gallery.
    """

    name: str
    into: str
    tracks: tuple[int, ...]
    evidence: tuple[int, ...]
    groups: tuple[int, ...]
    rows: tuple[VerdictRow, ...]
    faces: tuple[str, ...]
    negatives: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        return self.name, self.into

    def conflicts(self, later: "UndoRecord") -> bool:
        """Whether a later correction rests on this one."""
        return not set(self.people).isdisjoint(later.people)


UndoRecord = TrackRecord | RenameRecord | MergeRecord
_decoder: msgspec.json.Decoder[UndoRecord] = msgspec.json.Decoder(UndoRecord)


def encode_record(record: UndoRecord) -> str:
    """As the column `undo` of the audit log keeps it."""
    return msgspec.json.encode(record).decode()


def decode_record(text: str) -> UndoRecord:
    """Read it back; raises ValueError for a damaged one."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"audit log: what is kept of a correction is damaged: {error}") from None

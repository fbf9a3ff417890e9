"""Which followed face was whom, by a table that says who was in view but not where."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from glimpse.evaluation.clips import FollowedFace
from glimpse.evaluation.truth import Presence

SLACK_SECONDS = 1.0  # by which the table may be wrong
MIN_OVERLAP_SHARE = 0.5  # of a face's time that a row must cover


class Verdict(StrEnum):
    """What became of somebody in view. A stranger is right without a name and wrong with one, and never missed."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run said of one presence. named_at: when the right name came, seconds of the recording; None: never.

    face_px: height of the face, pixels: as the table gives it, else the median of the face that was named, else of the
    largest face that can only be this one; None: not known.  clip: the recording.  tracks: numbers of the faces that
    are taken for this one.  wrong: names of others that these faces got.
    """

    presence: Presence
    named_at: float | None = None
    face_px: float | None = None
    clip: str = ""
    tracks: tuple[int, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.wrong:
            return Verdict.WRONG
        right = self.named_at is not None or self.presence.person is None
        return Verdict.RIGHT if right else Verdict.MISSED


def assign(clip: str, presences: Sequence[Presence], followed: Sequence[FollowedFace]) -> list[Answer]:
    """An answer for each presence.

    A face that got the name of somebody who is in view is theirs. Any other face is of the row that covers most of its
    time, of those rows that have no face with their name; with several such rows, a wrong name counts for the first.
    """
    owners: list[list[FollowedFace]] = [[] for _ in presences]
    left = []
    for face in followed:
        own = [row for row, presence in enumerate(presences) if _named_at(presence, face) is not None]
        if own:
            owners[own[0]].append(face)
        else:
            left.append(face)
    settled = {row for row, faces in enumerate(owners) if faces}
    for face in left:
        row = _best_row(face, presences, settled)
        if row is not None:
            owners[row].append(face)
    return [_answer(clip, presence, faces, presences) for presence, faces in zip(presences, owners, strict=True)]


def is_in(time: float, presence: Presence) -> bool:
    """Whether a moment is within a presence, seconds of the recording."""
    return presence.first - SLACK_SECONDS <= time <= presence.last + SLACK_SECONDS


def _best_row(face: FollowedFace, presences: Sequence[Presence], settled: set[int]) -> int | None:
    """Rows without a named face come first: a second face beside a named one is rather somebody else."""
    covered = {row: _covered(face, presence) for row, presence in enumerate(presences)}
    fitting = [row for row, share in covered.items() if share >= MIN_OVERLAP_SHARE]
    return max(fitting, key=lambda row: (row not in settled, covered[row], -row), default=None)


def _covered(face: FollowedFace, presence: Presence) -> float:
    """The share of a face's time that a presence covers."""
    first, last = face.record.first, max(face.record.last, face.record.first + 1e-3)
    covered = min(last, presence.last + SLACK_SECONDS) - max(first, presence.first - SLACK_SECONDS)
    return max(0.0, covered) / (last - first)


def _named_at(presence: Presence, face: FollowedFace) -> float | None:
    """When a face first got the name of this presence, while it lasted."""
    if presence.person is None:
        return None
    times = [change.time for change in face.record.changes if change.person == presence.person]
    return min((time for time in times if is_in(time, presence)), default=None)


def _answer(clip: str, presence: Presence, faces: Sequence[FollowedFace], presences: Sequence[Presence]) -> Answer:
    namings = [(time, face) for face in faces if (time := _named_at(presence, face)) is not None]
    first = min(namings, key=lambda naming: naming[0], default=None)
    wrong = [name for face in faces for name in face.names if not _is_there(name, face, presences)]
    return Answer(
        presence,
        first[0] if first else None,
        presence.face_px or (first[1].record.median_px if first else _largest(faces)),
        clip,
        tuple(face.record.track for face in faces),
        tuple(dict.fromkeys(wrong)),
    )


def _is_there(name: str, face: FollowedFace, presences: Sequence[Presence]) -> bool:
    times = [change.time for change in face.record.changes if change.person == name]
    return any(each.person == name and is_in(time, each) for each in presences for time in times)


def _largest(faces: Sequence[FollowedFace]) -> float | None:
    return max((face.record.median_px for face in faces), default=None)

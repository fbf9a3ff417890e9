"""Recordings against a table of who is in view, from when to when."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glimpse.errors import SettingsError
from glimpse.evaluation.attribution import Answer, Verdict, assign, is_in
from glimpse.evaluation.clip import Clip, check_places, check_times, clip_seconds, open_clip, rows_of
from glimpse.evaluation.clips import FollowedFace, follow_faces
from glimpse.evaluation.counts import CountRow, count_by_camera, count_by_size
from glimpse.evaluation.error_pictures import ErrorPictures
from glimpse.evaluation.truth import Presence, iterate_unknown, parse_moment, read_truth
from glimpse.people import Gallery

__all__ = ["Answer", "FalseName", "Presence", "RecordingEvaluation", "Verdict", "evaluate_recording"]
__all__ += ["evaluate_recordings", "parse_moment", "read_truth"]


@dataclass(frozen=True, slots=True)
class FalseName:
    """A followed face that was called somebody who is not there then, by the table. first, last: seconds.

    clip: the recording.
    """

    person: str
    track: int
    first: float
    last: float
    face_px: float
    clip: str = ""


@dataclass(frozen=True)
class RecordingEvaluation:
    """tracks: how many faces were followed.  false_alarm: the setting that judged them.

    left_out: rows of the table that are of other times or cameras.  pictures: of the errors, where they were wished.
    """

    answers: tuple[Answer, ...]
    false_names: tuple[FalseName, ...]
    tracks: int
    false_alarm: float
    left_out: int = 0
    pictures: ErrorPictures | None = field(default=None, repr=False, compare=False)

    @property
    def people(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.presence.person is not None]

    @property
    def strangers(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.presence.person is None]

    @property
    def named(self) -> int:
        """How many presences of people got their name."""
        return sum(answer.named_at is not None for answer in self.people)

    @property
    def sizes(self) -> list[CountRow]:
        """What became of the presences, by face height, the smallest first; those of unknown height last."""
        return count_by_size(self.answers)

    @property
    def cameras(self) -> list[CountRow]:
        """The same by camera or clip."""
        return count_by_camera(self.answers)


def evaluate_recording(
    recording: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    gallery: Gallery,
    *,
    on_file: Callable[[str], None] = lambda path: None,
) -> RecordingEvaluation:
    """Run on one recording, and compare what it says with a table of who is in it (`evaluate_recordings`)."""
    return evaluate_recordings([recording], truth, gallery, on_file=on_file)


def evaluate_recordings(
    recordings: Sequence[str | os.PathLike[str]],
    truth: str | os.PathLike[str],
    gallery: Gallery,
    *,
    partial: bool = False,
    pictures: bool = False,
    on_file: Callable[[str], None] = lambda path: None,
) -> RecordingEvaluation:
    """Run on recordings, and compare what is said with a table of who is in view.

    truth: a CSV file with the columns person, from and to, in seconds, h:mm:ss, or dates with times; `clip` or
    `camera` where there are several recordings; `face_px` where it is known. An empty person, `unknown` or `stranger`
    is somebody who is not enrolled. A report's tracks.csv with corrected names will do, and what `glimpse history
    truth` writes.
    partial: the table does not list everybody: names outside its rows are not wrong.  pictures: keep some of errors.

    Raises SettingsError for the table, and SourceError for a recording.
    """
    presences = read_truth(Path(truth).expanduser())
    clips = [open_clip(Path(recording).expanduser()) for recording in recordings]
    check_places(clips, presences)
    check_times(clips, presences)
    _require_enrolled(presences, gallery)
    kept = ErrorPictures() if pictures else None
    found = [_evaluate(clip, clips, presences, gallery, partial=partial, kept=kept, on_file=on_file) for clip in clips]
    answers = tuple(answer for one in found for answer in one.answers)
    return RecordingEvaluation(
        answers,
        tuple(name for one in found for name in one.false_names),
        sum(one.tracks for one in found),
        gallery.models.decider.rule.false_alarm,
        len(presences) - len({answer.presence.line for answer in answers}),
        kept,
    )


def _require_enrolled(presences: Sequence[Presence], gallery: Gallery) -> None:
    faults = list(iterate_unknown(presences, [person.name for person in gallery.people]))
    if faults:
        raise SettingsError(faults[0] + (f" (and {len(faults) - 1} more rows)" if faults[1:] else ""))


@dataclass(frozen=True, slots=True)
class _Judged:
    answers: list[Answer]
    false_names: list[FalseName]
    tracks: int


def _evaluate(
    clip: Clip,
    clips: Sequence[Clip],
    presences: Sequence[Presence],
    gallery: Gallery,
    *,
    partial: bool,
    kept: ErrorPictures | None,
    on_file: Callable[[str], None],
) -> _Judged:
    on_file(str(clip.path))
    rows = rows_of(clip, clips, presences, clip_seconds(clip.path))
    on_frame = kept.watch(clip.label, rows) if kept else None
    followed = follow_faces(clip.path, gallery, on_frame=on_frame)
    judged = assign(clip.label, rows, followed)
    return _Judged(judged, [] if partial else _false_names(clip, rows, followed), len(followed))


def _false_names(clip: Clip, presences: Sequence[Presence], followed: Sequence[FollowedFace]) -> list[FalseName]:
    found = []
    for face in followed:
        wrong = [
            change.person
            for change in face.record.changes
            if change.person is not None
            and not any(each.person == change.person and is_in(change.time, each) for each in presences)
        ]
        record = face.record
        for person in dict.fromkeys(wrong):
            name = FalseName(person, record.track, record.first, record.last, record.median_px, clip.label)
            found.append(name)
    return found

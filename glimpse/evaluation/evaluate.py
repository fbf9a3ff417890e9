"""How many people of one's own photographs and clips are named rightly, and how many strangers are named at all."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glimpse.errors import GalleryError, SettingsError, SourceError
from glimpse.evaluation.clips import judge_clip, judge_strangers_clip
from glimpse.evaluation.counts import SIZES_PX
from glimpse.evaluation.folders import TruthFile, list_people, list_strangers
from glimpse.evaluation.photographs import judge_portrait, judge_strangers
from glimpse.evaluation.trial import LeftOut, Result, Trial
from glimpse.people import Gallery
from recognizer.intervals import share_interval

__all__ = ["Evaluation", "evaluate"]

RATES = tuple(figure * 10.0**-power for power in range(1, 8) for figure in (5, 2, 1))
"""Settings of decision.false_alarm that are tried, falling."""
ENOUGH = 3.0
"""Strangers expected to be named, from which on a looser setting than the wished rate is believed."""


@dataclass(frozen=True, slots=True)
class SizeRow:
    """Faces of one height, pixels: from `from_px` up to below `to_px`, None for no limit.

    right, wrong, not_named: of people.  strangers, strangers_named: of strangers.
    """

    from_px: int
    to_px: int | None
    right: int
    wrong: int
    not_named: int
    strangers: int
    strangers_named: int


@dataclass(frozen=True, slots=True)
class StrangerRate:
    """How many faces of strangers got a name. people: folders and files, which count as one stranger each.

    low, high: 95 % interval of the rate. All faces of one stranger may be alike, so it is that of so many trials as
    there are strangers; where none was named, `high` is by the rule of three.
    """

    faces: int
    people: int
    named: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """The setting `decision.false_alarm` for a wished rate of strangers who are named; None: no setting gives it.

    right_share: of people's faces that would be named rightly.  strangers_share: of the strangers' that would be named.
    proven: whether there were strangers enough to show the rate.  strangers_needed: how many would be.
    """

    wished: float
    false_alarm: float | None
    right_share: float
    strangers_share: float
    proven: bool
    strangers_needed: int


@dataclass(frozen=True)
class Evaluation:
    """What became of every face. false_alarm: the setting that judged them.  enrolled: number of people."""

    trials: tuple[Trial, ...] = field(repr=False)
    left_out: tuple[LeftOut, ...] = field(repr=False)
    false_alarm: float
    enrolled: int
    model_id: str

    @property
    def of_people(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.person is not None]

    @property
    def of_strangers(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.person is None]

    def count(self, result: Result) -> int:
        """How many faces of people had this result."""
        return sum(trial.result is result for trial in self.of_people)

    @property
    def wrong(self) -> list[Trial]:
        """Every face that was called somebody else, strangers last."""
        return [each for each in (*self.of_people, *self.of_strangers) if each.result is Result.WRONG]

    @property
    def sizes(self) -> list[SizeRow]:
        """Those heights of which there are faces, the smallest first."""
        ends = (*SIZES_PX[1:], None)
        rows = (self._row(low, high) for low, high in zip(SIZES_PX, ends, strict=True))
        return [row for row in rows if row.right + row.wrong + row.not_named + row.strangers]

    @property
    def strangers(self) -> StrangerRate | None:
        """None where no stranger was judged."""
        trials = self.of_strangers
        if not trials:
            return None
        named = sum(trial.result is Result.WRONG for trial in trials)
        people = len({trial.origin for trial in trials})
        share = named / len(trials)
        return StrangerRate(len(trials), people, named, share, *share_interval(share, people))

    def advise(self, wished: float) -> Advice:
        """The loosest setting at which no greater share of the strangers is named than wished.

        Without strangers it is what the calibration promises. Raises SettingsError for a share out of 0 to 1.
        """
        check_wished(wished)
        strangers = len({trial.origin for trial in self.of_strangers})
        loosest = 1.0 if strangers * wished >= ENOUGH else wished
        tried = sorted({*RATES, wished}, reverse=True)
        fitting = (rate for rate in tried if rate <= loosest and self._strangers_share(rate) <= wished)
        rate = next(fitting, None)
        named = self._strangers_share(rate or 0.0)
        proven = rate is not None and share_interval(named, strangers)[1] <= wished
        return Advice(wished, rate, self._right_share(rate or 0.0), named, proven, round(3 / wished))

    def _strangers_share(self, rate: float) -> float:
        return _share(trial.name_at(rate) is not None for trial in self.of_strangers)

    def _right_share(self, rate: float) -> float:
        return _share(trial.name_at(rate) == trial.person for trial in self.of_people)

    def _row(self, low: int, high: int | None) -> SizeRow:
        trials = [each for each in self.trials if each.face_px and low <= each.face_px < (high or float("inf"))]
        results = [trial.result for trial in trials if trial.person is not None]
        strangers = [trial.result for trial in trials if trial.person is None]
        right, wrong, not_named = map(results.count, (Result.RIGHT, Result.WRONG, Result.NOT_NAMED))
        return SizeRow(low, high, right, wrong, not_named, len(strangers), strangers.count(Result.WRONG))


def evaluate(
    folder: str | os.PathLike[str],
    gallery: Gallery,
    *,
    strangers: str | os.PathLike[str] | None = None,
    on_file: Callable[[str], None] = lambda path: None,
) -> Evaluation:
    """Judge the photographs and clips of people who are enrolled, and of strangers, with the gallery's models.

    folder: holds a folder of pictures or clips for each person, or files named for people. A picture that is enrolled
    itself is left out: it would show nothing.  strangers: pictures and clips of people who are not enrolled; a folder
    in it counts as one of them.  on_file: called with each file before it is read.

    Raises SettingsError for a folder that is not there or holds nothing of the kind, PersonMissingError for the folder
    of somebody who is not enrolled, GalleryError where nobody is.
    """
    enrolled = [person.name for person in gallery.people]
    if not enrolled:
        raise GalleryError(f"gallery {gallery.path}: nobody is enrolled")
    files = list_people(Path(folder).expanduser(), enrolled)
    files += list_strangers(Path(strangers).expanduser()) if strangers is not None else []
    found = list(_judge_all(files, gallery, on_file))
    return Evaluation(
        tuple(each for each in found if isinstance(each, Trial)),
        tuple(each for each in found if isinstance(each, LeftOut)),
        gallery.models.decider.rule.false_alarm,
        len(enrolled),
        gallery.models.recognizer.model_id,
    )


def check_wished(wished: float) -> None:
    """Raise SettingsError for a share that cannot be wished for."""
    if not 0 < wished < 1:
        raise SettingsError(f"wished rate: expected above 0 and below 1, got {wished!r}")


def _judge_all(
    files: Iterable[TruthFile], gallery: Gallery, on_file: Callable[[str], None]
) -> Iterator[Trial | LeftOut]:
    digests = {picture.sha256 for person in gallery.people for picture in gallery.pictures(person.name)}
    for file in files:
        on_file(str(file.path))
        try:
            yield from _judge(file, gallery, digests)
        except (SourceError, OSError) as error:
            yield LeftOut(str(file.path), str(error))


def _judge(file: TruthFile, gallery: Gallery, enrolled: set[str]) -> Iterator[Trial | LeftOut]:
    if file.is_clip and file.person:
        judged = judge_clip(file.path, file.person, file.origin, gallery)
        yield from [judged] if isinstance(judged, LeftOut) else judged
    elif file.is_clip:
        yield from judge_strangers_clip(file.path, file.origin, gallery)
    elif _hash_file(file.path) in enrolled:
        yield LeftOut(str(file.path), "this very picture is enrolled")
    elif file.person:
        yield judge_portrait(file.path, file.person, file.origin, gallery)
    else:
        yield from judge_strangers(file.path, file.origin, gallery)


def _hash_file(path: Path) -> str:
    """SHA-256, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _share(hits: Iterable[bool]) -> float:
    """The share of those that are true; 0 of none."""
    seen = list(hits)
    return sum(seen) / len(seen) if seen else 0.0

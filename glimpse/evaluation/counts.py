"""Counts what became of people in view, by face height and by camera, with intervals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glimpse.evaluation.attribution import Answer, Verdict
from recognizer.intervals import share_interval

SIZES_PX = (0, 12, 16, 24, 32, 48, 64, 128)
"""Where the rows of face height begin, pixels."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """right, wrong, missed: presences of people.  strangers: presences of strangers, of whom so many were named.

    Intervals are those of independent presences.
    """

    label: str
    right: int
    wrong: int
    missed: int
    strangers: int
    strangers_named: int

    @property
    def people(self) -> int:
        return self.right + self.wrong + self.missed

    @property
    def right_interval(self) -> tuple[float, float]:
        """95 % interval of the share of people who were named rightly, by Wilson."""
        return share_interval(self.right / self.people if self.people else 0.0, self.people)

    @property
    def wrong_interval(self) -> tuple[float, float]:
        """The same of people who were called somebody else."""
        return share_interval(self.wrong / self.people if self.people else 0.0, self.people)

    @property
    def strangers_interval(self) -> tuple[float, float]:
        """The same of strangers who were named."""
        return share_interval(self.strangers_named / self.strangers if self.strangers else 0.0, self.strangers)


def count_by_size(answers: Sequence[Answer]) -> list[CountRow]:
    """The rows that have presences, the smallest faces first; presences of unknown height last."""
    return _count(answers, lambda answer: _size_label(answer.face_px), [*_LABELS, UNKNOWN])


def count_by_camera(answers: Sequence[Answer]) -> list[CountRow]:
    """A row for each recording or camera, in the order of the recordings."""
    return _count(answers, lambda answer: answer.clip, dict.fromkeys(answer.clip for answer in answers))


def count_all(answers: Sequence[Answer]) -> CountRow:
    """One row of all of them."""
    return _row("all", answers)


def _count(answers: Sequence[Answer], label_of: Callable[[Answer], str], labels: Iterable[str]) -> list[CountRow]:
    rows = (_row(label, [answer for answer in answers if label_of(answer) == label]) for label in labels)
    return [row for row in rows if row.people + row.strangers]


def _row(label: str, answers: Sequence[Answer]) -> CountRow:
    people = [answer.verdict for answer in answers if answer.presence.person is not None]
    strangers = [answer.verdict for answer in answers if answer.presence.person is None]
    right, wrong, missed = map(people.count, (Verdict.RIGHT, Verdict.WRONG, Verdict.MISSED))
    return CountRow(label, right, wrong, missed, len(strangers), strangers.count(Verdict.WRONG))


UNKNOWN = "not known"
_LABELS = [f"{low} to {high} px" if low else f"below {high} px" for low, high in pairwise(SIZES_PX)]
_LABELS.append(f"{SIZES_PX[-1]} px and more")


def _size_label(face_px: float | None) -> str:
    if face_px is None:
        return UNKNOWN
    return _LABELS[max(row for row, low in enumerate(SIZES_PX) if face_px >= low)]

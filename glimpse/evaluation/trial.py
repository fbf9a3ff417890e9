"""One face that was judged, and who it really is."""

from dataclasses import dataclass
from enum import StrEnum

ROUNDING = 1e-6  # by which a chance may exceed a rate that it was found from


class Result(StrEnum):
    """What became of a face. `NOT_FOUND`: the picture or clip shows no face to the detector."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_NAMED = "not named"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Trial:
    """A face of a photograph, or one that was followed through a clip.

    person: who it is; None for a stranger, who is not enrolled.  source: the file, and in a clip the moment.
    origin: the folder or file that counts as one independent trial, for intervals.
    face_px: height, pixels; in a clip the median; 0 where no face was found.
    names: everybody it was called.  nearest: the most similar person.  chance: of a stranger, to be so similar to
    anybody enrolled.  clear: whether everything but the threshold lets it be named.
    """

    person: str | None
    source: str
    origin: str
    face_px: float = 0.0
    names: tuple[str, ...] = ()
    nearest: str | None = None
    chance: float = 1.0
    clear: bool = False

    @property
    def result(self) -> Result:
        """At the settings it was judged with."""
        if not self.face_px:
            return Result.NOT_FOUND
        if not self.names:
            return Result.NOT_NAMED
        return Result.RIGHT if self.person is not None and set(self.names) == {self.person} else Result.WRONG

    def name_at(self, false_alarm: float) -> str | None:
        """Whom it would be called at another `decision.false_alarm`; what else the rule asks for stays the same."""
        return self.nearest if self.clear and self.chance <= false_alarm * (1 + ROUNDING) else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that says nothing about the question, and why."""

    source: str
    reason: str

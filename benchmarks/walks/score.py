"""Who was named: the first identity event whose box has its centre in a person's face counts, as do retractions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.walks.street import StreetTruth, TrueFace
from pipeline.events import Event, Evidence, IdentityEvent, TrackAction, TrackEvent

Truths = Mapping[str, StreetTruth]  # by camera


@dataclass(frozen=True)
class FirstName:
    """The first name a person got. px: true face height.  seconds: since the person came in view."""

    name: str
    px: float
    seconds: float


@dataclass(frozen=True)
class Tally:
    """How a walk ended. right, wrong, never: people with a photograph.  retracted: names taken back, of anybody."""

    right: int
    wrong: int
    never: int
    retracted: int
    strangers: int
    heights: tuple[float, ...]
    seconds: tuple[float, ...]

    def cells(self) -> list[str]:
        """The figures of a table's row."""
        counts = (self.right, self.wrong, self.never, self.retracted, self.strangers)
        return [*map(str, counts), _middle(self.heights, "px"), _middle(self.seconds, "s")]


@dataclass(frozen=True)
class Strictest:
    """Who is named where the limit is just what no stranger reaches. limit: the best stranger's value."""

    right: int
    wrong: int
    limit: float


TALLY_HEADS = ["right", "wrong", "never", "retracted", "strangers named", "first right name", "in view since"]


def tally(events: Sequence[Event], truths: Truths, known: set[str]) -> Tally:
    """Count names. known: everybody with a photograph, enrolled or refused; all others are strangers."""
    firsts, retracted = _first_names(events, truths)
    named = {person: first for person, first in firsts.items() if person in known}
    right = [first for person, first in named.items() if first.name == person]
    return Tally(
        right=len(right),
        wrong=len(named) - len(right),
        never=len(known) - len(named),
        retracted=retracted,
        strangers=len(firsts) - len(named),
        heights=tuple(first.px for first in right),
        seconds=tuple(first.seconds for first in right),
    )


def name_no_stranger(
    events: Sequence[Event], truths: Truths, known: set[str], value: Callable[[Evidence], float]
) -> Strictest:
    """Who is named at the end of the tracks where no stranger is. value: the higher, the surer."""
    best: dict[str, Evidence] = {}
    for event, person, _ in locate(events, truths):
        if isinstance(event, TrackEvent) and event.action is TrackAction.END and event.evidence:
            if person not in best or value(event.evidence) > value(best[person]):
                best[person] = event.evidence
    limit = max((value(evidence) for person, evidence in best.items() if person not in known), default=float("-inf"))
    above = {
        person: evidence.person
        for person, evidence in best.items()
        if person in known and evidence.person is not None and value(evidence) > limit
    }
    right = sum(person == name for person, name in above.items())
    return Strictest(right, len(above) - right, limit)


def locate(events: Sequence[Event], truths: Truths) -> Iterator[tuple[TrackEvent | IdentityEvent, str, TrueFace]]:
    """Track and identity events that lie on a face, the person and the face; of two faces the nearer one counts."""
    for event in events:
        if not isinstance(event, TrackEvent | IdentityEvent):
            continue
        truth = truths[event.camera]
        faces = truth.faces[min(round(event.media_time * truth.fps), len(truth.faces) - 1)]
        x, y = (event.box[0] + event.box[2]) / 2, (event.box[1] + event.box[3]) / 2
        inside = {number: face for number, face in faces.items() if _contains(face, x, y)}
        if inside:
            number = max(inside, key=lambda number: inside[number].px)
            yield event, truth.names[number], inside[number]


def _first_names(events: Sequence[Event], truths: Truths) -> tuple[dict[str, FirstName], int]:
    firsts: dict[str, FirstName] = {}
    retracted = 0
    for event, person, face in locate(events, truths):
        if isinstance(event, IdentityEvent):
            retracted += event.person is None
            if event.person is not None and person not in firsts:
                truth = truths[event.camera]
                seconds = event.media_time - truth.entered(truth.names.index(person))
                firsts[person] = FirstName(event.person, face.px, seconds)
    return firsts, retracted


def _contains(face: TrueFace, x: float, y: float) -> bool:
    x1, y1, x2, y2 = face.box
    return x1 <= x <= x2 and y1 <= y <= y2


def _middle(values: Sequence[float], unit: str) -> str:
    return f"{median(values):.0f} {unit} ({min(values):.0f} to {max(values):.0f})" if values else ""

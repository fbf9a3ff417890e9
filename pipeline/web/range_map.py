"""From where a camera's faces are large enough for a name: cells of its picture, shares that were named, and advice.

"Can be named" means: a track whose faces are so high reaches, with so many independent looks, the threshold that the
calibration asks at the settings' false-alarm rate, if it scores like the people who were named at this site.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.history.face_places import FacePlaces, SeenTrack, is_named
from recognizer.base import State
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule
from recognizer.intervals import share_interval

COLUMNS, ROWS = 16, 9
LEVELS = (12, 16, 20, 26, 34)
"""Face heights, pixels, between the colours of cells."""
BANDS = (0, 12, 16, 20, 24, 32, 48)
LEAST_NAMED = 5
"""Named tracks from which a usual score is told."""
SIZES_PX = tuple(size / 2 for size in range(8, 513))


@dataclass(frozen=True, slots=True)
class Naming:
    """What decides on a name. people: that are enrolled."""

    calibration: Calibration
    rule: DecisionRule
    people: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the picture with faces. level: of its colour.  face_px: median.  reaches: see `RangeMap.outline`."""

    column: int
    row: int
    face_px: float
    faces: int
    level: int
    reaches: bool


@dataclass(frozen=True, slots=True)
class SizeBand:
    """Tracks whose largest face is `low` to `high` pixels. enrolled: that look like somebody enrolled.

    share: of them that were named, between `least` and `most` (95 %); None of none.
    """

    low: int
    high: int | None
    tracks: int
    enrolled: int
    named: int
    share: float | None
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Limit:
    """From which face height people can be named. looks: that it takes.  score: that people named here have.

    by_score: False where too few were named, so that only the smallest measured size is known.
    """

    px: float
    looks: float
    score: float | None
    threshold: float
    by_score: bool


@dataclass(frozen=True, slots=True)
class RangeMap:
    """All that is drawn and said of a camera. outline: path around the cells from which people can be named, SVG.

    typical_px: median over tracks of the largest face.  nearer: by how much the camera must come nearer; 1: not at all.
    """

    cells: list[Cell]
    outline: str
    bands: list[SizeBand]
    tracks: int
    faces: int
    typical_px: float | None
    limit: Limit | None
    nearer: float


def make_range_map(places: FacePlaces, naming: Naming | None, scores: Sequence[float] = ()) -> RangeMap:
    """The map of a camera. scores: of named tracks of the whole site, where other cameras have some too."""
    own = [track.score for track in places.tracks if is_named(track) and track.score is not None]
    limit = naming_limit(naming, [*own, *scores], places.looks) if naming else None
    typical = median(track.face_px for track in places.tracks) if places.tracks else None
    cells = _cells(places, limit)
    return RangeMap(
        cells=cells,
        outline=_outline({(cell.column, cell.row) for cell in cells if cell.reaches}),
        bands=size_bands(places.tracks),
        tracks=len(places.tracks),
        faces=len(places.boxes),
        typical_px=typical,
        limit=limit,
        nearer=max(1.0, limit.px / typical) if limit and typical else 1.0,
    )


def naming_limit(naming: Naming, scores: Sequence[float], looks: Sequence[float]) -> Limit | None:
    """The smallest face height whose threshold is reached; None where the scores of this site reach none."""
    calibration, rule = naming.calibration, naming.rule
    usual_looks = max(rule.min_effective, median(looks) if looks else rule.min_effective)
    rate = rule.asked(calibration, naming.people).rate
    score = median(scores) if len(scores) >= LEAST_NAMED else None
    for px in SIZES_PX:
        threshold = max(calibration.threshold(px, usual_looks, rate), rule.min_score)
        if px >= calibration.smallest_px and (score is None or score >= threshold):
            return Limit(px, usual_looks, score, threshold, by_score=score is not None)
    return None


def size_bands(tracks: Sequence[SeenTrack]) -> list[SizeBand]:
    """How many tracks of each size were named, of those that look like somebody enrolled (named or candidates).

    An operator's word counts before that of the recogniser.
    """
    return [_band(low, high, tracks) for low, high in zip(BANDS, (*BANDS[1:], None), strict=True)]


def _band(low: int, high: int | None, tracks: Sequence[SeenTrack]) -> SizeBand:
    inside = [track for track in tracks if low <= track.face_px and (high is None or track.face_px < high)]
    enrolled = [track for track in inside if _is_enrolled(track)]
    named = sum(map(is_named, enrolled))
    share = named / len(enrolled) if enrolled else None
    least, most = share_interval(share or 0.0, len(enrolled))
    return SizeBand(low, high, len(inside), len(enrolled), named, share, least, most)


def _is_enrolled(track: SeenTrack) -> bool:
    if track.verdict is not None:
        return bool(track.verdict)
    return track.best_state in (State.NAMED, State.CANDIDATE, State.AMBIGUOUS)


def _cells(places: FacePlaces, limit: Limit | None) -> list[Cell]:
    width, height = frame_size(places)
    heights: dict[tuple[int, int], list[float]] = defaultdict(list)
    for x1, y1, x2, y2 in places.boxes:
        column, row = int((x1 + x2) / 2 / width * COLUMNS), int((y1 + y2) / 2 / height * ROWS)
        if 0 <= column < COLUMNS and 0 <= row < ROWS and y2 > y1:
            heights[column, row].append(y2 - y1)
    return [_cell(place, found, limit) for place, found in sorted(heights.items())]


def _cell(place: tuple[int, int], heights: list[float], limit: Limit | None) -> Cell:
    px = median(heights)
    level = sum(px >= edge for edge in LEVELS)
    return Cell(*place, round(px, 1), len(heights), level, reaches=bool(limit and px >= limit.px))


def frame_size(places: FacePlaces) -> tuple[float, float]:
    """Width and height of the picture; without an event that says so, what the boxes span."""
    if places.width and places.height:
        return float(places.width), float(places.height)
    return max((box[2] for box in places.boxes), default=1.0), max((box[3] for box in places.boxes), default=1.0)


def _outline(inside: set[tuple[int, int]]) -> str:
    """The edges between cells inside and cells outside, as an SVG path in units of cells."""
    edges = []
    for column, row in sorted(inside):
        sides = {
            (0, -1): f"M{column} {row}h1",
            (0, 1): f"M{column} {row + 1}h1",
            (-1, 0): f"M{column} {row}v1",
            (1, 0): f"M{column + 1} {row}v1",
        }
        edges += [edge for (right, down), edge in sides.items() if (column + right, row + down) not in inside]
    return "".join(edges)

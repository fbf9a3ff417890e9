"""Finds the journeys of a time in a history."""

from collections.abc import Iterable
from itertools import combinations

from pipeline.history.database import Database
from pipeline.history.journeys.join import Journey, join
from pipeline.history.journeys.pairs import Bounds
from pipeline.history.journeys.passage import CameraKey, read_passages
from pipeline.settings.rooms.history import JourneySettings
from recognizer.links import Links

MAX_PASSAGES = 2000  # the newest of the time


def find_journeys(
    database: Database,
    links: Links,
    settings: JourneySettings,
    *,
    since: float | None = None,
    before: float | None = None,
    limit: int = MAX_PASSAGES,
) -> list[Journey]:
    """Every track of the time with a template that is sound, in one journey; alone where it is joined with none.

    since, before: Unix seconds.  limit: of tracks. How long people take between cameras is learnt from the same tracks.
    Raises like `Database`.
    """
    read = read_passages(database, links.model_id, since=since, before=before, limit=limit)
    passages = [passage for passage in read if passage.pool.total.shape == links.cohort.vectors.shape[1:]]
    overlapping = _overlapping(settings.overlapping, {passage.camera for passage in passages})
    bounds = Bounds(longest=settings.longest_seconds, overlapping=overlapping)
    return join(passages, links, bounds, least=settings.probability)


def _overlapping(pairs: Iterable[tuple[str, str]], cameras: Iterable[CameraKey]) -> set[frozenset[CameraKey]]:
    """The pairs of cameras that are meant by their names."""
    wanted = {frozenset(pair) for pair in pairs}
    return {
        frozenset((one, other))
        for one, other in combinations(sorted(cameras), 2)
        if any(
            frozenset((first, second)) in wanted
            for first in (one.camera, str(one))
            for second in (other.camera, str(other))
        )
    }

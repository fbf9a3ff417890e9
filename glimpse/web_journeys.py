"""Finds where else the person of a track was, for the page of that track."""

from collections.abc import Callable

from pipeline.history.database import open_database
from pipeline.history.journeys.find import find_journeys
from pipeline.history.journeys.join import Journey
from pipeline.history.reader import TrackRow
from pipeline.settings.types import Settings
from recognizer.open_links import open_links

HOURS = 6.0  # before and after the track, in which others are joined with it and ways are learnt
MAX_TRACKS = 500  # a second or two, of a crowd a few


def journey_finder(settings: Settings) -> Callable[[TrackRow], Journey | None] | None:
    """What finds the journey of a track; None where history.journeys.show is false, or the model has no links."""
    section, place = settings.history.journeys, settings.history.file
    links = open_links(settings.recognizer.model) if section.show and place else None
    if links is None:
        return None

    def find(track: TrackRow) -> Journey | None:
        since, before = track.first_seen - 3600 * HOURS, track.last_seen + 3600 * HOURS
        with open_database(place) as database:
            found = find_journeys(database, links, section, since=since, before=before, limit=MAX_TRACKS)
        return next((one for one in found if any(passage.track == track.id for passage in one.passages)), None)

    return find

"""`glimpse history journeys`: where the same person was seen, camera by camera."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from glimpse.command.counts import at_least, nothing_found
from glimpse.command.history_answers import clock_time, print_line
from glimpse.command.history_settings import place_of, read_file
from glimpse.command.new_command import DONE, write_json
from pipeline.history.database import open_database
from pipeline.history.journeys.find import find_journeys
from pipeline.history.journeys.join import Journey
from pipeline.settings.rooms.history import JourneySettings
from pipeline.site.site_time import parse
from recognizer.gallery.names import normalise_name, printable
from recognizer.open_links import open_links


def journeys(
    history: str | None = None,
    *,
    config: Path | None = None,
    recognizer: str = "",
    since: str | None = None,
    before: str | None = None,
    person: str | None = None,
    track: int | None = None,
    probability: float | None = None,
    overlapping: Annotated[list[str] | None, Parameter(negative=())] = None,
    min_cameras: int = 2,
    json: bool = False,
) -> int:
    """List journeys: tracks of one person at several cameras, by likeness and by the times that people take between
    them, which are learnt from the same tracks. Exit code 1: none.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    config
        configuration file whose history.file, history.journeys and recognizer are read
    recognizer
        family that the nodes use: tiny, base, large or embedded; by default that of the file, or embedded
    since
        seen then or later, by the clock of the site: 2026-11-27, 2026-11-27T08:30, or 08:30 for today
    before
        first seen before then
    person
        only journeys with this name
    track
        only the journey of this track
    probability
        join tracks from this probability on, 0.5 to 1 (0.98)
    overlapping
        two cameras that see one place, as hall,desk; may be given several times
    min_cameras
        only journeys past so many different cameras
    json
        print one JSON object a line
    """
    at_least("--min-cameras", min_cameras)
    settings = read_file(config) if config else None
    section = settings.history.journeys if settings else JourneySettings()
    model = recognizer or (settings.recognizer.model if settings else "embedded")
    links = open_links(model)
    if links is None:
        raise ValueError(f"--recognizer {model}: expected tiny, base, large or embedded")
    with open_database(place_of(history, config)) as database:
        found = find_journeys(
            database,
            links,
            _with_flags(section, probability, overlapping),
            since=parse(since, "--since") if since else None,
            before=parse(before, "--before", is_end=True) if before else None,
        )
    wanted = [journey for journey in found if _is_wanted(journey, person, track, min_cameras)]
    for journey in wanted:
        _print(journey, as_json=json)
    if wanted:
        return DONE
    past = f"past {min_cameras} cameras or more"
    return nothing_found(f"no journey {past} fits; {len(found)} were found, and --min-cameras 1 lists those at one too")


def _with_flags(section: JourneySettings, probability: float | None, overlapping: list[str] | None) -> JourneySettings:
    if probability is not None and not 0.5 <= probability < 1:
        raise ValueError(f"--probability: expected 0.5 to below 1, got {probability:g}")
    changes: dict[str, Any] = {} if probability is None else {"probability": probability}
    if overlapping:
        changes["overlapping"] = tuple(_pair(text) for text in overlapping)
    return msgspec.structs.replace(section, **changes)


def _pair(text: str) -> tuple[str, str]:
    first, comma, second = text.partition(",")
    if not (first and comma and second) or first == second or "," in second:
        raise ValueError(f"--overlapping {text!r}: expected two cameras, such as hall,desk")
    return first, second


def _is_wanted(journey: Journey, person: str | None, track: int | None, min_cameras: int) -> bool:
    return (
        len({passage.camera for passage in journey.passages}) >= min_cameras
        and (person is None or journey.person == normalise_name(person))
        and (track is None or track in {passage.track for passage in journey.passages})
    )


def _print(journey: Journey, *, as_json: bool) -> None:
    if as_json:
        write_json(as_object(journey))
        return
    who = printable(journey.person) if journey.person else "somebody without a name"
    print_line(f"{who}, {len(journey.passages)} tracks, probability {journey.probability:.3g}")
    for passage in journey.passages:
        seconds = passage.end - passage.begin
        print_line(f"  {clock_time(passage.begin)}  {passage.camera}  {seconds:.0f} s  #{passage.track}")


def as_object(journey: Journey) -> dict[str, Any]:
    """A journey as plain data."""
    return {
        "person": journey.person and printable(journey.person),
        "probability": float(f"{journey.probability:.4g}"),
        "tracks": [
            {
                "id": passage.track,
                "node": passage.camera.node,
                "camera": passage.camera.camera,
                "first_seen": passage.begin,
                "last_seen": passage.end,
                "person": passage.person and printable(passage.person),
            }
            for passage in journey.passages
        ],
    }

"""`glimpse history …`: keep a past of a node, show it, and search it for somebody."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from glimpse.command.counts import at_least, more_than_nothing, nothing_found
from glimpse.command.history_answers import as_object, print_found, print_row, print_track
from glimpse.command.history_corrections import CORRECTIONS
from glimpse.command.history_crops import crops
from glimpse.command.history_groups import app as groups
from glimpse.command.history_journeys import journeys
from glimpse.command.history_nothing import why_no_track
from glimpse.command.history_settings import place_of, recording
from glimpse.command.history_steps import open_steps
from glimpse.command.history_truth import truth
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import DONE, inner_commands, new_command, write_json
from glimpse.command.stop_signals import stopped_by_signals
from glimpse.faces import one_face
from glimpse.models import Models
from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.position import StartFrom
from pipeline.history.clock import HistoryClock
from pipeline.history.database import open_database
from pipeline.history.reader import HistoryReader, Place, Wanted
from pipeline.history.recorder import record as record_items
from pipeline.history.retention import Retention
from pipeline.history.search import Found, Sought, search, sought_track
from pipeline.history.store import HistoryWriter
from pipeline.secrets.private_files import open_private
from pipeline.site.site_time import parse
from recognizer.base import State
from recognizer.gallery.names import normalise_name, printable
from recognizer.gallery.store import Gallery

app: App = new_command(
    "history",
    "glimpse history record tcp://127.0.0.1:5556 history.db",
    "glimpse history show history.db --person Ada",
    "glimpse history search history.db --person Ada --gallery people.db",
)
app.command(groups)


for _correction in CORRECTIONS:
    app.command(_correction)


_command = inner_commands(app.command, "glimpse history")
_command("crops", "crops tracks history.db", "crops tracks --config site.yaml")(crops)
_command("journeys", "journeys history.db --since 2026-11-27", "journeys --config site.yaml --person Ada --json")(
    journeys
)
_command("truth", "truth history.db --from 2026-11-27 --to 2026-11-28", "truth --config site.yaml")(truth)


@dataclass(frozen=True)
class LimitFlags:
    """How long and how much is kept.

    Parameters
    ----------
    event_days
        days that events are kept (30)
    track_days
        days that tracks are kept (365)
    crop_days
        days that crops are kept (30)
    template_days
        days that templates are kept (365)
    unknown_days
        with --unknowns: days that crops and templates of tracks without a name are kept (7)
    event_mb
        megabytes of events (5000)
    crop_mb
        megabytes of crops (5000)
    template_mb
        megabytes of templates (1000)
    """

    event_days: float | None = None
    track_days: float | None = None
    crop_days: float | None = None
    template_days: float | None = None
    unknown_days: float | None = None
    event_mb: float | None = None
    crop_mb: float | None = None
    template_mb: float | None = None

    def given(self) -> dict[str, float]:
        """Those that are given, by the names of the settings."""
        return {name: value for name, value in vars(self).items() if value is not None}


NO_LIMITS = LimitFlags()


@_command(
    "record",
    "record --config site.yaml",
    "record tcp://127.0.0.1:5556 history.db",
    "record ipc:///run/glimpse/bus history.db --unknowns",
    "record ipc:///run/bus postgresql://db/glimpse --node shop",
)
def record(
    address: str | None = None,
    history: str | None = None,
    *,
    config: Path | None = None,
    node: str = "",
    unknowns: bool = False,
    curve: str = "",
    limits: Annotated[LimitFlags, Parameter(name="*")] = NO_LIMITS,
    log: Logging = LOG_FLAGS,
) -> int:
    """Keep the past of a node until Ctrl-C or SIGTERM: events, tracks and, where the node publishes samples, what they
    look like. Start it again after any end: nothing is lost or doubled that the node's outbox still has.

    Parameters
    ----------
    address
        the node's --bind address as reached from this machine: tcp://HOST:PORT or ipc://PATH
    history
        SQLite file, one for each node, made where it is missing; or postgresql://HOST/DATABASE for several nodes
    config
        the node's configuration file: its history section, node and events.bind; what is given beside it counts more
    node
        the node's name, where several nodes are kept in one PostgreSQL database
    unknowns
        also keep crops and templates (biometric data) of people who are not enrolled
    curve
        a client's folder, made by python -m pipeline.curve
    """
    asked = recording(address, history, config, node=node, unknowns=unknowns, curve=curve, limits=limits.given())
    log.open(asked.log, process="history", node=asked.node)
    with stopped_by_signals() as stop, open_database(asked.history, create=True) as database:
        clock = HistoryClock(database, asked.node if database.is_shared else "")
        writer = HistoryWriter(database, node=asked.node, unknowns=asked.unknowns, clock=clock)
        retention = Retention(database, asked.limits, unknowns=asked.unknowns, clock=clock)
        start: StartFrom = writer.position or "replay"
        steps = open_steps(
            database, asked.section, unknowns=asked.unknowns, node=asked.node, recognizer=asked.recognizer
        )
        with (
            Subscriber(asked.address, topics=(ALL,), start=start, curve=asked.curve) as bus,
            steps as after,
        ):
            record_items(bus, writer, retention, stop=stop.is_set, after=after)
    return DONE


@_command(
    "show",
    "show --config site.yaml",
    "show history.db",
    "show history.db --person Ada --since 2026-11-27",
    "show history.db --camera door --state unknown --min-px 24",
    "show history.db --last-seen --json",
    "show history.db --track 17 --crop 17.jpg",
)
def show(
    history: str | None = None,
    *,
    config: Path | None = None,
    person: str | None = None,
    camera: str | None = None,
    state: Literal["unknown", "candidate", "ambiguous", "named"] | None = None,
    since: str | None = None,
    before: str | None = None,
    min_px: float | None = None,
    max_px: float | None = None,
    limit: int = 50,
    after: int | None = None,
    last_seen: bool = False,
    track: int | None = None,
    crop: Path | None = None,
    json: bool = False,
) -> int:
    """List tracks, the newest first; or who was last seen where; or one track with its events. Exit code 1: nothing.

    Parameters
    ----------
    history
        file or postgresql:// address of glimpse history record
    config
        configuration file whose history.file is read
    person
        who the track is, or may be, by its newest evidence
    camera
        camera
    state
        what the newest evidence says
    since
        first seen then or later, by the clock of the site: 2026-11-27, 2026-11-27T08:30, or 08:30 for today
    before
        first seen before then
    min_px
        largest face of at least this height, pixels
    max_px
        largest face of at most this height, pixels
    limit
        tracks to list
    after
        go on after the track of this number, the last one of a list
    last_seen
        list the newest track of each named person instead
    track
        show this track and its events instead
    crop
        with --track: write its best crop, a JPEG, into this new file
    json
        print one JSON object a line
    """
    if crop and track is None:
        raise ValueError("--crop: expected with --track")
    at_least("--limit", limit)
    if history and history.isdigit() and not Path(history).exists():
        raise FileNotFoundError(f"history {history}: no such file; a track's number is given as --track {history}")
    history = place_of(history, config)
    with HistoryReader(history) as reader:
        if track is not None:
            return _show_track(reader, track, crop, as_json=json)
        wanted = Wanted(
            person=person and normalise_name(person),
            camera=camera,
            state=State(state) if state else None,
            since=parse(since, "--since") if since else None,
            before=parse(before, "--before", is_end=True) if before else None,
            min_px=min_px,
            max_px=max_px,
        )
        place = None if after is None else _place(reader, after)
        rows = reader.last_seen() if last_seen else reader.tracks(wanted, after=place, limit=limit)
        why = "" if rows else why_no_track(reader, history, wanted, after=after, last_seen=last_seen)
    for row in rows:
        print_row(row, as_json=json)
    return DONE if rows else nothing_found(why)


@_command(
    "search",
    "search history.db --person Ada --gallery people.db",
    "search history.db --photo passport.jpg --json",
    "search history.db --track 17",
)
def search_history(
    history: str | None = None,
    *,
    config: Path | None = None,
    person: str | None = None,
    gallery: str | None = None,
    photo: Path | None = None,
    track: int | None = None,
    strangers: float = 1.0,
    limit: int = 50,
    json: bool = False,
    models: Choice = SHIPPED,
) -> int:
    """Find somebody in the past: an enrolled person, a photograph or a track. The surest come first, each with how many
    strangers would rank as high by chance in a history of this size. Exit code 1: nobody.

    Parameters
    ----------
    history
        file or postgresql:// address of glimpse history record
    config
        configuration file whose history.file is read
    person
        somebody enrolled
    gallery
        with --person: the enrolled people, made by glimpse enroll
    photo
        a photograph of one person
    track
        number of a track in this history
    strangers
        list tracks as long as fewer strangers than this would rank as high
    limit
        tracks to list
    json
        print one JSON object a line
    """
    if sum(given is not None for given in (person, photo, track)) != 1:
        raise ValueError("expected one of --person, --photo and --track")
    if (person is None) != (gallery is None):
        raise ValueError("--person and --gallery: expected together")
    more_than_nothing("--strangers", strangers)
    at_least("--limit", limit)
    opened = models.open()
    with HistoryReader(place_of(history, config)) as reader:
        sought = _sought(reader, opened, person=person, gallery=gallery, photo=photo, track=track)
        decider = opened.decider
        found = search(reader, sought, decider.calibration, decider.cohort, max_strangers=strangers, limit=limit)
    print_found(found, as_json=json)
    return DONE if found.hits else nothing_found(_why_nobody(found, strangers))


def _why_nobody(found: Found, strangers: float) -> str:
    """What a search without a hit compared, and how to see fainter ones."""
    if not found.compared:
        others = f"; {found.others} templates are of other recognisers" if found.others else ""
        return f"nobody found: the history keeps no template of this recogniser (events.samples: all){others}"
    return (
        f"nobody found: none of {found.compared} templates is so like that fewer than {strangers:g} strangers would "
        "rank as high; --strangers takes more"
    )


def _sought(
    reader: HistoryReader,
    models: Models,
    *,
    person: str | None,
    gallery: str | None,
    photo: Path | None,
    track: int | None,
) -> Sought:
    model_id = models.recognizer.model_id
    if track is not None:
        return sought_track(reader, track, model_id)
    if photo is not None:
        face = one_face(photo, models=models)
        return Sought(face.vector[None], px=face.px)
    assert person is not None
    assert gallery is not None
    with Gallery(gallery, read_only=True) as people:
        index = people.index(model_id)
    name = normalise_name(person)
    rows = [row for row, owner in enumerate(index.labels) if name in (owner, printable(owner))]
    if not rows:
        raise ValueError(f"--person {printable(name)}: expected somebody enrolled in {people.path}")
    return Sought(index.vectors[rows])


def _place(reader: HistoryReader, track: int) -> Place:
    row = reader.track(track)
    if row is None:
        raise ValueError(f"--after {track}: there is no such track")
    return row.place


def _show_track(reader: HistoryReader, number: int, crop: Path | None, *, as_json: bool) -> int:
    row = reader.track(number)
    if row is None:
        raise ValueError(f"--track {number}: there is no such track")
    events, picture = list(reader.events(number)), reader.crop(number)
    if crop:
        if picture is None:
            raise ValueError(f"--crop: none is kept of track {number}")
        with os.fdopen(open_private(crop, os.O_WRONLY | os.O_EXCL), "wb") as file:
            file.write(picture)
    if as_json:
        write_json(as_object(row) | {"events": events, "crop": picture})
        return DONE
    print_track(row, events)
    return DONE

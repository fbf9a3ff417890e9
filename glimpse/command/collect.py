"""`glimpse collect`: gather the events of many nodes into one stream, show it, and say how it stands."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
from cyclopts import App
from rich.console import Console
from rich.text import Text

from configs.extras import install_extra
from configs.read import ConfigurationError
from glimpse.command.counts import at_least, nothing_found
from glimpse.command.delivering import read_room, run_room
from glimpse.command.listening import host_and_port
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import DONE, exit_code, inner_commands, new_command, write_json
from glimpse.command.stop_signals import stopped_by_signals
from pipeline.collect.database import open_collection
from pipeline.collect.entry import Entry
from pipeline.collect.process import CollectProcess, Part
from pipeline.collect.reader import BridgeState, Skipped, Source, StreamReader
from pipeline.site.site_time import stamp
from recognizer.gallery.names import printable

PAGE_ENTRIES = 500
FOLLOW_SECONDS = 0.2
SKIPPED_SHOWN = 20

app: App = new_command(
    "collect",
    "glimpse collect --config site.yaml",
    "glimpse collect show --config site.yaml --after 4711 --follow --json",
    "glimpse collect status --config site.yaml",
)
_command = inner_commands(app.command, "glimpse collect")


@app.default
@exit_code
def collect(*, config: Path, only: Part = "all", listen: str = "", log: Logging = LOG_FLAGS) -> int:
    """Gather the events of all nodes of section collect into one stream until Ctrl-C or SIGTERM, and pass it on to
    Redis and NATS where the section names them. Start it again after any end: nothing is lost or doubled that the
    outboxes of the nodes still have.

    Parameters
    ----------
    config
        the YAML file of the site
    only
        one part alone, for a process of its own: nodes (gather), redis or nats
    listen
        HOST:PORT to answer /metrics and /health/ready on; without it, nothing is served
    """
    settings = read_room(config, section="collect")
    process = CollectProcess(settings.collect, only=only)
    with _served(process, listen):
        return run_room(process.run, settings, process="collect", log=log)


@_command(
    "show",
    "show --config site.yaml --limit 20",
    "show --config site.yaml --after 4711 --follow --json",
)
def show(
    *,
    config: Path,
    after: int = 0,
    limit: int | None = None,
    follow: bool = False,
    json: bool = False,
) -> int:
    """Print the stream in order. A program that stores the number of the last entry that it has processed, and passes
    it as --after when it starts again, gets each entry once.

    Parameters
    ----------
    config
        the YAML file of the site
    after
        go on after the entry of this number
    limit
        print so many entries at most
    follow
        wait for more entries until Ctrl-C or SIGTERM
    json
        print one JSON object a line
    """
    at_least("--after", after, 0)
    at_least("--limit", limit)
    left = sys.maxsize if limit is None else limit
    with stopped_by_signals() as stop, open_collection(_place(config)) as database:
        reader = StreamReader(database)
        while left and not stop.is_set():
            entries = reader.entries(after=after, limit=min(left, PAGE_ENTRIES))
            for entry in entries:
                _print_entry(entry, as_json=json)
            after, left = (entries[-1].number, left - len(entries)) if entries else (after, left)
            sys.stdout.flush()
            if not entries and (not follow or stop.wait(FOLLOW_SECONDS)):
                break
    if left == (sys.maxsize if limit is None else limit):
        nothing_found(f"the collection has no entry behind {after}")
    return DONE


@_command("status", "status --config site.yaml", "status --config site.yaml --json")
def status(*, config: Path, json: bool = False) -> int:
    """Say when something of each node was stored last, how many of its events are lost, how far the bridges are, and
    which of the newest entries were too large for one.

    Parameters
    ----------
    config
        the YAML file of the site
    json
        print one JSON object a line
    """
    with open_collection(_place(config)) as database:
        reader = StreamReader(database)
        sources, bridges, skipped = reader.sources(), reader.bridges(), reader.skipped(limit=SKIPPED_SHOWN)
    states: list[Source | BridgeState | Skipped] = [*sources, *bridges, *skipped]
    for state in states:
        if json:
            write_json(state._asdict())
        else:
            Console(highlight=False, soft_wrap=True).print(Text(_line(state)))
    if not states:
        nothing_found("nothing is collected yet; glimpse collect gathers the events of the nodes")
    return DONE


def _served(process: CollectProcess, listen: str) -> AbstractContextManager[object]:
    """Raises ValueError for what is no address, and where a package is missing."""
    if not listen:
        return nullcontext()
    try:
        from pipeline.collect.serve import serving_figures
    except ModuleNotFoundError as error:
        raise ValueError(f"--listen needs the package {error.name}: {install_extra('room')}") from None
    return serving_figures(process, *host_and_port(listen))


def _place(config: Path) -> str:
    if place := read_room(config, section="collect").collect.file:
        return place
    raise ConfigurationError(f"{config}: collect.file: expected a file or a postgresql:// address, got nothing")


def _print_entry(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        write_json(
            {"number": entry.number, "id": entry.key, "arrived": entry.arrived, "event": msgspec.Raw(entry.body)}
        )
        return
    at = stamp(entry.arrived)
    line = f"{entry.number} {at} {printable(entry.node)} {printable(entry.topic)}{entry.seq}"
    Console(highlight=False, soft_wrap=True).print(Text(line))


def _line(state: Source | BridgeState | Skipped) -> str:
    if isinstance(state, Skipped):
        return printable(f"{state.bridge}: {state.describe()}")
    if isinstance(state, Source):
        node = printable(state.node) or "nothing yet"
        return f"{printable(state.address)}: {node}; last stored {stamp(state.arrived)}; {state.lost} lost"
    error = f"; error: {printable(state.error)}" * bool(state.error)
    skipped = f", {state.skipped} left out" * bool(state.skipped)
    return f"{state.name}: up to {state.number}, {state.behind} behind{skipped}{error}"

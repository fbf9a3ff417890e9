"""`glimpse alerts …`: raise alerts by rules, list and acknowledge them, and try the rules."""

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from cyclopts import App
from rich.console import Console
from rich.text import Text

from configs.read import ConfigurationError
from glimpse.command.alerts_check import check_rules
from glimpse.command.counts import at_least, nothing_found
from glimpse.command.delivering import read_room
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import DONE, FAILED, inner_commands, new_command, write_json
from glimpse.command.stop_signals import stopped_by_signals
from pipeline.alerts.database import Database
from pipeline.alerts.following import RuleFollower
from pipeline.alerts.following import log as taken_up
from pipeline.alerts.outgoing import AlertPublisher, read_published
from pipeline.alerts.reader import AlertFilter, AlertReader, AlertRow
from pipeline.alerts.run import Alerts, run_alerts
from pipeline.alerts.store import AlertStore
from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.position import StartFrom
from pipeline.bus.publisher import Publisher
from pipeline.epoch import new_epoch
from pipeline.reload.watch import followed
from pipeline.settings.load import make_settings, read_config
from pipeline.settings.types import Settings
from pipeline.sinks.open import DEFAULT_BIND
from pipeline.site.site_time import parse, stamp
from recognizer.gallery.names import normalise_name, printable

NODE_TOPICS = tuple(f"{ALL}{kind}/" for kind in ("track", "identity", "camera", "sample", "health"))
HISTORY_TOPICS = (f"{ALL}person/",)
HISTORY = "history"
"""The stream of `person` events."""
MAX_NAME_CHARACTERS = 64

app: App = new_command(
    "alerts",
    "glimpse alerts run --config site.yaml",
    "glimpse alerts list alerts.db --open",
    "glimpse alerts ack alerts.db 4f1c2d3e4f5a6b7c --by Kim",
    "glimpse alerts check --config site.yaml",
)


_command = inner_commands(app.command, "glimpse alerts")


@_command("run", "run --config site.yaml")
def run(*, config: Path, log: Logging = LOG_FLAGS) -> int:
    """Raise alerts by the rules of a configuration until Ctrl-C or SIGTERM. Changed rules are taken up while it runs,
    also on SIGHUP. Start it again after any end: no alert is lost or doubled that the node's outbox still has.

    Parameters
    ----------
    config
        YAML file with the section alerts (docs/alerts.md)
    """
    settings = read_room(config, section="alerts")
    log.open(settings.log, process="alerts", node=settings.node, level="WARNING")
    taken_up.setLevel("INFO")
    buses = _buses(settings)
    with stopped_by_signals() as stop, ExitStack() as stack:
        database = stack.enter_context(Database(Path(settings.alerts.file), create=True))
        alerts = Alerts(settings.alerts, database)
        publisher = _open_publisher(settings, stack)
        alerts.listen(list(buses))
        subscribers: dict[str, Subscriber] = {}
        for name, address in buses.items():
            start: StartFrom = alerts.position(name) or "snapshot"
            client = Subscriber(address, topics=NODE_TOPICS, start=start, curve=settings.alerts.curve)
            subscribers[name] = stack.enter_context(client)
        if settings.history.bind != "none":
            start = alerts.position(HISTORY) or "snapshot"
            client = Subscriber(settings.history.bind, topics=HISTORY_TOPICS, start=start)
            subscribers[HISTORY] = stack.enter_context(client)
        follower = RuleFollower(alerts, settings, lambda: make_settings(read_config(config)))
        watch = stack.enter_context(followed(config, follower.take_up, polls=settings.watch_config))
        watch.ask()  # the file may have changed since it was read
        run_alerts(alerts, subscribers, publisher, stop=stop.is_set)
    return DONE


@_command("list", "list alerts.db", "list alerts.db --open --rule night", "list alerts.db --since 2026-11-27 --json")
def list_alerts(
    file: Path,
    *,
    open: bool = False,
    rule: str | None = None,
    camera: str | None = None,
    person: str | None = None,
    since: str | None = None,
    before: str | None = None,
    limit: int = 50,
    after: int | None = None,
    json: bool = False,
) -> int:
    """List alerts, the newest first. Exit code 1: there is none.

    Parameters
    ----------
    file
        file of glimpse alerts run
    open
        only those that nobody has acknowledged
    rule
        of this rule
    camera
        of this camera
    person
        about this enrolled person
    since
        raised then or later, by this machine's clock: 2026-11-27, 2026-11-27T08:30, or 08:30 for today
    before
        raised before then
    limit
        alerts to list
    after
        go on after the alert of this number, the last one of a list
    json
        print one JSON object a line
    """
    at_least("--limit", limit)
    wanted = AlertFilter(
        rule=rule,
        camera=camera,
        person=person and normalise_name(person),
        since=parse(since, "--since") if since else None,
        before=parse(before, "--before", is_end=True) if before else None,
        is_open=True if open else None,
    )
    with AlertReader(file) as reader:
        rows = reader.alerts(wanted, after=after, limit=limit)
    for row in rows:
        if json:
            write_json(row._asdict())
        else:
            _print(_line(row))
    return DONE if rows else nothing_found(_why_none(wanted, after, file))


@_command("ack", "ack alerts.db 4f1c2d3e4f5a6b7c --by Kim")
def acknowledge(file: Path, alert: str, *, by: str, json: bool = False) -> int:
    """Acknowledge an alert: it escalates no more, and all who follow alerts are told who has seen to it. Exit code 1:
    somebody did that before.

    Parameters
    ----------
    file
        file of glimpse alerts run
    alert
        what identifies the alert, as glimpse alerts list shows it
    by
        who acknowledges it
    json
        print the alert as one JSON object
    """
    name = normalise_name(by)
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or printable(name) != name:
        raise ValueError(f"--by: expected a name of 1 to {MAX_NAME_CHARACTERS} characters, got {printable(by[:80])!r}")
    with Database(file) as database:
        changed = AlertStore(database).acknowledge(alert, name, time.time())
    with AlertReader(file) as reader:
        row = reader.alert(alert)
    if json and row:
        write_json(row._asdict())
    elif row and not changed:
        _print(f"{alert}: {row.acknowledged_by} acknowledged it before")
    return DONE if changed else FAILED


@_command("check", "check --config site.yaml", "check --config site.yaml --json")
def check(*, config: Path, json: bool = False) -> int:
    """Say of each rule whether it holds now, when that changes, and what it is to be expected to tell a day: from the
    last week of the history, without cooldown. Exit code 1: there is no rule.

    Parameters
    ----------
    config
        YAML file with the section alerts
    json
        print one JSON object a line
    """
    found = check_rules(read_room(config, section="alerts"))
    for rule in found:
        if json:
            write_json(rule)
        else:
            _print(_describe(rule))
    return DONE if found else nothing_found(f"{config}: alerts.rules holds no rule")


def _buses(settings: Settings) -> dict[str, str]:
    """The streams of the nodes: name, which is its address, to address. Raises ConfigurationError."""
    if not settings.alerts.file:
        raise ConfigurationError("alerts.file: expected a file for alerts")
    bind = DEFAULT_BIND if settings.events.bind == "auto" else settings.events.bind
    addresses = settings.alerts.buses or ((bind,) if bind != "none" else ())
    if not addresses:
        raise ConfigurationError("alerts.buses: expected the address of a node, as events.bind is none")
    return {address: address for address in addresses}


def _open_publisher(settings: Settings, stack: ExitStack) -> AlertPublisher | None:
    """None where alerts are not published."""
    section = settings.alerts
    if section.bind == "none":
        return None
    published = read_published(Path(section.outbox)) if section.outbox else set()
    node, epoch = f"{settings.node}.alerts", new_epoch()
    publisher = Publisher(section.bind, node=node, epoch=epoch, curve=section.bind_curve, outbox=section.outbox)
    return AlertPublisher(stack.enter_context(closing(publisher)), node=node, epoch=epoch, published=published)


def _line(row: AlertRow) -> str:
    """One alert on one line: when, what identifies it, its level, what it says, and what became of it."""
    when = stamp(row.raised_at)
    ended = "  ended" if row.ended_at is not None else ""
    seen_to = f"  acknowledged by {row.acknowledged_by}" if row.acknowledged_by else ""
    return f"{row.id}  {when}  {row.alert}  level {row.level}  {row.text}{ended}{seen_to}"


def _describe(rule: dict[str, Any]) -> str:
    now = "holds now" if rule["holds_now"] else "does not hold now"
    until = f" until {rule['next_change']}" if rule["next_change"] else ""
    parts = [f"{rule['rule']} ({rule['kind']}): {now}{until}, {rule['share_of_week']:.0%} of the week"]
    if rule["not_enrolled"]:
        parts.append(f"not enrolled: {', '.join(rule['not_enrolled'])}")
    if rule["alerts_a_day"] is not None:
        parts.append(f"alerts a day before cooldown: {rule['alerts_a_day']:g}")
    if rule["false_alerts_a_day"] is not None:
        parts.append(f"of strangers: {rule['false_alerts_a_day']:g}")
    return "; ".join(parts)


def _why_none(wanted: AlertFilter, after: int | None, file: Path) -> str:
    is_all = after is None and wanted == AlertFilter()
    return f"{file}: no alert yet" if is_all else f"{file}: no alert fits these flags; without them, all are listed"


def _print(line: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(printable(line)))

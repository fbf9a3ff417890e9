"""The tables of the day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.shop_day.alert_score import RULES, count_alerts, count_deliveries, percentiles
from benchmarks.shop_day.alike import Alike
from benchmarks.shop_day.cast import Shopper
from benchmarks.shop_day.clips import Shown
from benchmarks.shop_day.past import Past
from benchmarks.shop_day.play import Played
from benchmarks.shop_day.score import CROWD, Groups, count_names
from benchmarks.shop_day.site import closing_seconds
from configs.markdown import table
from pipeline.alerts.reader import AlertRow
from pipeline.settings.rooms.history import HistorySettings
from recognizer.intervals import share_interval
from tests.synthetic.http_receiver import HttpReceiver

PAGE = """\
# The day of a shop

<!-- {section} begin -->
<!-- {section} end -->
"""
FALSE_LINK = f"{100 * HistorySettings().false_link:g} %"


@dataclass(frozen=True)
class Outcome:
    """Everything that a day has left. taken: who was enrolled.  groups: as tracks came, and after the night."""

    cast: Sequence[Shopper]
    clips: Sequence[Shown]
    taken: set[str]
    watched: set[str]
    played: Played
    groups: tuple[Groups, Groups]
    past: Sequence[Past]
    alike: Sequence[Alike]
    alerts: Sequence[AlertRow]
    receiver: HttpReceiver
    seconds: float


def make_group_tables(outcome: Outcome) -> str:
    """The tables of unknown people alone, as Markdown."""
    return f"{_groups(outcome.groups)}\n\n{_alike(outcome.alike)}"


def make_tables(outcome: Outcome) -> str:
    """All tables, as Markdown."""
    parts = [
        _names(outcome),
        make_group_tables(outcome),
        _past(outcome.past),
        _alerts(outcome),
        _seconds(outcome),
    ]
    return "\n\n".join(parts)


def _names(outcome: Outcome) -> str:
    played, visits = outcome.played, [shown.visit for shown in outcome.clips]
    enrolled = {one.name for one in outcome.cast if one.is_enrolled}
    names = count_names(visits, played, enrolled)
    crowd = sum(place[1] == CROWD for place in played.owners.values())
    rows = [
        ["visits: clips", str(len(outcome.clips))],
        ["tracks announced", str(played.tracks)],
        ["of them on people of real videos; on nobody", f"{crowd}; {played.tracks - len(played.owners)}"],
        ["photographs taken at enrolment", f"{len(outcome.taken)} of {len(enrolled)}"],
        ["visits of the enrolled: named right", _share(names.right, names.enrolled)],
        ["named wrong", _share(names.wrong, names.enrolled)],
        ["not named", _share(names.enrolled - names.right - names.wrong, names.enrolled)],
        ["of these, no face was followed", str(names.enrolled - names.seen)],
        ["visits of strangers: named", _share(names.strangers_named, names.strangers)],
    ]
    return f"### Names\n\n{table(['what', 'count'], rows)}"


def _groups(groups: tuple[Groups, Groups]) -> str:
    rows = [
        [
            when,
            _share(one.pure, one.tracks),
            _share(one.linked, one.returns),
            _share(one.false_links, one.first),
            FALSE_LINK,
        ]
        for when, one in zip(("as they come", "after the night"), groups, strict=True)
    ]
    heads = ["when", "purity", "returns linked", "false links", "asked"]
    return f"### Unknown people\n\n{table(heads, rows)}"


def _alike(alike: Sequence[Alike]) -> str:
    rows = [[f"{100 * one.rate:g} %", _share(one.reached, one.pairs)] for one in alike]
    heads = ["pairs of strangers that should be so alike", "pairs of tracks of two people that are"]
    return f"How alike strangers are, against the calibration of links:\n\n{table(heads, rows)}"


def _past(past: Sequence[Past]) -> str:
    rows = [
        [f"{one.strangers:g}", f"{one.people} of {one.asked}", _share(one.right, one.tracks), str(one.false)]
        for one in past
    ]
    compared = past[0].compared if past else 0
    heads = ["strangers expected in a search", "people enrolled", "their tracks found", "tracks of others"]
    return f"### Enrolled at the end of the day\n\nEach search compares {compared} templates.\n\n{table(heads, rows)}"


def _alerts(outcome: Outcome) -> str:
    heads = [
        "rule",
        "wanted",
        "raised",
        "wanted and raised",
        "missed",
        "again",
        "false",
        "of the enrolled",
        "median, p95 delay",
    ]
    delivered = count_deliveries(outcome.alerts, outcome.receiver)
    sent = (
        f"Delivered over HTTP: {delivered.raised} raised, {delivered.lost} lost, {delivered.doubled} doubled."
        if delivered.raised
        else "Nothing was raised."
    )
    return f"### Alerts\n\n{table(heads, list(_alert_rows(outcome)))}\n\n{sent}"


def _alert_rows(outcome: Outcome) -> Iterator[list[str]]:
    for rule in RULES:
        one = count_alerts(
            rule,
            outcome.clips,
            outcome.alerts,
            outcome.played.owners,
            watched=outcome.watched,
            closing=closing_seconds(outcome.seconds),
        )
        figures = (one.wanted, one.raised, one.met, one.wanted - one.met, one.again, one.false, one.of_enrolled)
        yield [rule, *map(str, figures), percentiles(one.delays)]


def _seconds(outcome: Outcome) -> str:
    hours = outcome.seconds / 3600
    spent = outcome.played.seconds
    names = {
        "engine": "tracker, crops, decisions",
        "history": "history",
        "groups": "unknown groups, `person` events",
        "alerts": "alerts",
        "networks": "detector and recogniser, where the cache had nothing",
        "decoding": "decoding",
    }
    rows = [[label, f"{spent[key] / hours:.2f}"] for key, label in names.items()]
    return f"### Seconds of work in an hour of the day\n\n{table(['what', 'seconds'], rows)}"


def _share(hits: int, trials: int) -> str:
    """A share with its 95 % interval."""
    if not trials:
        return "none"
    low, high = share_interval(hits / trials, trials)
    return f"{hits} of {trials}: {100 * hits / trials:.1f} % ({100 * low:.1f} to {100 * high:.1f})"

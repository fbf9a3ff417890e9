"""Counts of alerts: those that the truth asks for, those raised, what arrived, and how long it took."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.shop_day.clips import Shown
from benchmarks.shop_day.day_clock import OPENING
from benchmarks.shop_day.play import Place, TrackId
from benchmarks.shop_day.score import CROWD, appearances, is_return
from benchmarks.shop_day.site import CLOSED, RETURNING, WATCHED
from pipeline.alerts.reader import AlertRow
from tests.synthetic.http_receiver import HttpReceiver

RULES = (WATCHED, RETURNING, CLOSED)


@dataclass(frozen=True)
class AlertCounts:
    """Of one rule. wanted: visits to tell of.  met: those that were told of.  again: further alerts of such a visit.

    false: alerts of anybody else.  of_enrolled: those of them on somebody enrolled.
    delays: seconds from the first frame with the face to the alert.
    """

    wanted: int
    raised: int
    met: int
    again: int
    false: int
    of_enrolled: int
    delays: Sequence[float]


@dataclass(frozen=True)
class Delivered:
    """lost: raised alerts that did not arrive.  doubled: requests beyond one for each alert."""

    raised: int
    lost: int
    doubled: int


def count_alerts(
    rule: str,
    clips: Sequence[Shown],
    alerts: Sequence[AlertRow],
    owners: Mapping[TrackId, Place],
    *,
    watched: Collection[str],
    closing: float,
) -> AlertCounts:
    """What a rule told of. Two strangers who come together after closing are one visit to tell of."""
    wanted = {_told(rule, place) for place in wanted_places(rule, clips, watched, closing)}
    raised = [alert for alert in alerts if alert.rule == rule]
    told: dict[Place, list[AlertRow]] = {}
    false = of_enrolled = 0
    everybody = appearances([shown.visit for shown in clips])
    for alert in sorted(raised, key=lambda alert: alert.raised_at):
        owner = owners.get((alert.camera, alert.track or 0), (-1, CROWD))
        place = _told(rule, owner)
        is_right = place in wanted and (rule != WATCHED or alert.person == place[1])
        false += not is_right
        of_enrolled += not is_right and owner in everybody and everybody[owner].shopper.is_enrolled
        if is_right:
            told.setdefault(place, []).append(alert)
    delays = [alerts[0].raised_at - _first_sight(clips[place[0]], place[1]) for place, alerts in told.items()]
    again = sum(len(alerts) - 1 for alerts in told.values())
    return AlertCounts(len(wanted), len(raised), len(told), again, false, of_enrolled, delays)


def wanted_places(rule: str, clips: Sequence[Shown], watched: Collection[str], closing: float) -> Iterator[Place]:
    """Visits that a rule is to tell of, by the truth. closing: seconds after opening."""
    visits = [shown.visit for shown in clips]
    for place, one in appearances(visits).items():
        if (
            (rule == WATCHED and place[1] in watched)
            or (rule == RETURNING and is_return(one))
            or (rule == CLOSED and not one.shopper.is_enrolled and visits[place[0]].at >= closing)
        ):
            yield place


def count_deliveries(alerts: Sequence[AlertRow], receiver: HttpReceiver) -> Delivered:
    """What arrived over HTTP of what was raised."""
    arrived = Counter(json.loads(request.body)["data"]["alert"] for request in receiver.received)
    names = {alert.alert for alert in alerts}
    return Delivered(len(names), len(names - arrived.keys()), sum(arrived.values()) - len(arrived))


def percentiles(delays: Sequence[float]) -> str:
    """Median and 95th percentile, seconds."""
    if not delays:
        return ""
    middle, late = np.percentile(delays, [50, 95])
    return f"{middle:.1f} s, {late:.1f} s"


def _told(rule: str, place: Place) -> Place:
    """Strangers after closing count by visit: the rule cannot tell two apart that come together."""
    return (place[0], CROWD) if rule == CLOSED else place


def _first_sight(shown: Shown, person: str) -> float:
    """Unix seconds of the first frame with the face; of anybody's where the person is nobody."""
    truth = shown.truth
    assert truth is not None
    seconds = truth.entered(truth.names.index(person)) if person else 0.0
    return OPENING.timestamp() + shown.visit.at + seconds

"""Alerts: listed, and acknowledged."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from pipeline.alerts.reader import AlertFilter, AlertReader, AlertRow
from pipeline.web.api.endpoint import BASE, Call, Endpoint
from pipeline.web.api.moments import moment, whole
from pipeline.web.api.problems import not_found, unavailable
from pipeline.web.api.tracks import Limit, Text


class AlertQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts are asked for; by default all, the newest first."""

    rule: Text | None = None
    camera: Text | None = None
    person: Text | None = None
    since: Annotated[Text | None, Meta(description="raised then or later: Unix seconds or ISO 8601")] = None
    before: Annotated[Text | None, Meta(description="raised before then")] = None
    open: Annotated[bool | None, Meta(description="true: those that nobody has acknowledged")] = None
    after: Annotated[Text | None, Meta(description="where the page begins: as `next` has it")] = None
    limit: Limit = 50


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert. Times are Unix seconds; null: not so far."""

    alert: Annotated[str, Meta(description="what identifies it, here and on the bus")]
    rule: str
    kind: Annotated[str, Meta(description="of its rule")]
    text: str
    level: Annotated[int, Meta(description="0, and one more with each escalation")]
    happened_at: float
    raised_at: float
    node: str
    epoch: str
    camera: str
    track: Annotated[int | None, Meta(description="number of the track in camera and run; null: none")]
    person: str | None
    group: str | None
    false_alarm: float | None
    face_px: float | None
    ended_at: float | None
    acknowledged_at: float | None
    acknowledged_by: str | None


class AlertPage(msgspec.Struct, frozen=True):
    """A page of alerts. next: address of the page that follows; null: this is the last."""

    alerts: list[Alert]
    next: str | None


def list_alerts(call: Call) -> AlertPage:
    """Alerts, the newest first. Raises ApiError and UnavailableError."""
    query: AlertQuery = call.query
    after = whole(query.after, "after") if query.after is not None else None
    wanted = AlertFilter(
        rule=query.rule,
        camera=query.camera,
        person=query.person,
        since=moment(query.since, "since"),
        before=moment(query.before, "before"),
        is_open=query.open,
    )
    with call.room.reading("alerts"), _open(call) as reader:
        rows = reader.alerts(wanted, after=after, limit=query.limit)
    return AlertPage([_alert(row) for row in rows], _next(query, rows[-1]) if len(rows) == query.limit else None)


def acknowledge(call: Call) -> Alert:
    """Note that somebody has seen to an alert; who did so first stays noted. Raises ApiError and UnavailableError."""
    name, acknowledged = call.path["alert"], call.room.api.acknowledge
    with call.room.reading("alerts"):
        _row(call, name)
        if acknowledged is None:
            raise unavailable("this watch room does not change alerts")
        if acknowledged(name, call.user):
            call.note("alert acknowledged", name)
        return _alert(_row(call, name))


def _row(call: Call, name: str) -> AlertRow:
    with _open(call) as reader:
        row = reader.alert(name)
    if row is None:
        raise not_found("there is no such alert; it may be older than what is kept")
    return row


def _open(call: Call) -> AlertReader:
    if call.room.api.open_alerts is None:
        raise unavailable("this watch room raises no alerts; set alerts.file, and start it again")
    return call.room.api.open_alerts()


def _alert(row: AlertRow) -> Alert:
    names = [name for name in Alert.__struct_fields__ if name not in ("node", "epoch")]
    return Alert(node=row.of_node, epoch=row.of_epoch, **{name: getattr(row, name) for name in names})


def _next(query: AlertQuery, last: AlertRow) -> str:
    asked = msgspec.structs.asdict(query) | {"after": last.id}
    shown = {name: str(value).lower() if name == "open" else value for name, value in asked.items()}
    return f"{BASE}/alerts?" + urlencode({name: value for name, value in shown.items() if asked[name] is not None})


endpoints = (
    Endpoint("GET", "/alerts", "Alerts", list_alerts, AlertPage, query=AlertQuery, errors=(400, 503)),
    Endpoint("POST", "/alerts/{alert}/acknowledge", "Acknowledge an alert", acknowledge, Alert, errors=(404, 503)),
)

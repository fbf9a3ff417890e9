"""Spans of time that the timeline offers as buttons."""

from collections.abc import Mapping
from datetime import datetime, timedelta

SPANS = (("morning", "This morning"), ("today", "Today"), ("yesterday", "Yesterday"))
DAY, NOON = timedelta(days=1), timedelta(hours=12)


def with_span(query: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The query with `span` written out as `since` and `before`, in the clock of now; one without it as it is.

    A span that is not offered is left out.
    """
    asked = dict(query)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = {"morning": (today, today + NOON), "today": (today, None), "yesterday": (today - DAY, today)}
    since, before = found.get(asked.pop("span", ""), (None, None))
    if since is None:
        return asked
    return asked | {"since": _written(since), "before": _written(before)}


def _written(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M") if moment else ""

"""Spans of time that the timeline offers as buttons."""

from collections.abc import Mapping
from datetime import time

from pipeline.site.site_time import day_start, local, start_of

SPANS = (("morning", "This morning"), ("today", "Today"), ("yesterday", "Yesterday"))
NOON = time(12)


def with_span(query: Mapping[str, str], now: float) -> dict[str, str]:
    """The query with `span` written out as `since` and `before`, by the clock of the site; one without it as it is.

    now: Unix seconds.

    A span that is not offered is left out.
    """
    asked = dict(query)
    today, noon = day_start(now), start_of(local(now).date(), NOON)
    found = {"morning": (today, noon), "today": (today, None), "yesterday": (day_start(now, -1), today)}
    since, before = found.get(asked.pop("span", ""), (None, None))
    if since is None:
        return asked
    return asked | {"since": _written(since), "before": _written(before)}


def _written(moment: float | None) -> str:
    return "" if moment is None else f"{local(moment):%Y-%m-%dT%H:%M}"

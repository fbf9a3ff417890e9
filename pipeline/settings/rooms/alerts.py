"""Section `alerts`: who is to be told of, and when."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath
from pipeline.settings.section import Section


class AlertRule(Section, frozen=True, kw_only=True):
    """One watch-list or rule."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="name of the rule, in alerts and on the page")]
    people: Annotated[tuple[str, ...], Meta(description="enrolled people that it is about; empty: everybody")] = ()
    cameras: Annotated[tuple[str, ...], Meta(description="cameras that it holds for; empty: all")] = ()


class AlertSettings(Section, frozen=True, kw_only=True):
    """Rules that raise alerts (docs/alerts.md); read by `glimpse alerts run --config`."""

    file: Annotated[FilePath, Meta(description="SQLite file of alerts; empty: no alerts")] = ""
    bind: Annotated[
        str, Meta(description="ZeroMQ address to publish `alert` events on, such as tcp://127.0.0.1:5560; none: none")
    ] = "none"
    outbox: Annotated[FilePath, Meta(description="SQLite file that keeps `alert` events for replay; empty: none")] = ""
    rules: Annotated[tuple[AlertRule, ...], Meta(description="watch-lists and rules")] = ()

"""Section `site`: where the cameras are, for all that people read."""

from typing import Annotated

from msgspec import Meta

from pipeline.settings.section import Section
from pipeline.site.site_time import find_zone


class SiteSettings(Section, frozen=True, kw_only=True):
    """The place that is watched."""

    timezone: Annotated[
        str,
        Meta(
            max_length=64,
            description="time zone by its IANA name, such as Europe/Berlin, for pages, reports, tables, mails and "
            "rules; events are in UTC; empty: that of each machine",
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a zone that this machine does not know."""
        if self.timezone:
            try:
                find_zone(self.timezone)
            except ValueError as error:
                raise ValueError(f"timezone: {error}") from None

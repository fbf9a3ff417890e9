"""Section `history`: what is kept of the past, where, and for how long."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, StorePlace
from pipeline.history.retention import Limits
from pipeline.settings.section import Seconds, Section


class JourneySettings(Section, frozen=True, kw_only=True):
    """Tracks of one person at several cameras (docs/journeys.md)."""

    show: Annotated[bool, Meta(description="show on the page of a track where else this person was")] = False
    probability: Annotated[
        float, Meta(ge=0.5, lt=1, description="probability from which tracks are joined into one journey")
    ] = 0.98
    longest_seconds: Annotated[Seconds, Meta(gt=0, le=86_400, description="time between two tracks of one journey")] = (
        1800.0
    )
    overlapping: Annotated[
        tuple[tuple[str, str], ...],
        Meta(
            description="pairs of cameras that see one place, as CAMERA or NODE/CAMERA; nobody is at two others at once"
        ),
    ] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a camera that overlaps with itself."""
        if same := next((pair[0] for pair in self.overlapping if pair[0] == pair[1]), None):
            raise ValueError(f"overlapping: expected two different cameras, got {same!r} twice")


class HistorySettings(Limits, Section, frozen=True, kw_only=True):
    """The past of a node (docs/history.md); read by `glimpse history record --config` and the page."""

    file: Annotated[
        StorePlace,
        Meta(description="SQLite file, or postgresql://HOST/DATABASE for several nodes; empty: no history"),
    ] = ""
    unknowns: Annotated[
        bool, Meta(description="also keep crops and templates (biometric data) of people who are not enrolled")
    ] = False
    false_link: Annotated[
        float,
        Meta(gt=0, le=0.1, description="chance that a stranger's track is put with another unknown person"),
    ] = 0.03
    recluster_at: Annotated[
        str,
        Meta(
            pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
            description="time of the site, HH:MM, at which unknown people are grouped anew",
        ),
    ] = "03:00"
    bind: Annotated[
        str, Meta(description="ZeroMQ address to publish `person` events on, such as tcp://127.0.0.1:5558; none: none")
    ] = "none"
    outbox: Annotated[FilePath, Meta(description="SQLite file that keeps `person` events for replay; empty: none")] = ""
    journeys: Annotated[JourneySettings, Meta(description="tracks of one person at several cameras")] = (
        JourneySettings()
    )

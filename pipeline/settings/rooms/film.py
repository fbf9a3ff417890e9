"""Section `film`: what is recorded of live cameras, where, and for how long."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Unit
from pipeline.settings.section import Seconds, Section


class FilmSettings(Section, frozen=True, kw_only=True):
    """Recording of live cameras without encoding again (docs/cameras.md). Sound is not recorded."""

    folder: Annotated[FilePath, Meta(description="folder of the film; empty: nothing is recorded")] = ""
    cameras: Annotated[tuple[str, ...], Meta(description="names of the cameras to record; empty: all live ones")] = ()
    minutes: Annotated[
        float, Meta(gt=0, le=60, description="length of one file; it begins with a key frame"), Unit("min")
    ] = 5.0
    keep_days: Annotated[
        float, Meta(ge=0, le=3650, description="older files are deleted; 0: age deletes nothing"), Unit("days")
    ] = 7.0
    keep_gb: Annotated[
        float,
        Meta(ge=0, le=1_000_000, description="the oldest files of all cameras go beyond this; 0: no limit"),
        Unit("GB"),
    ] = 50.0
    before_seconds: Annotated[Seconds, Meta(ge=0, le=600, description="a clip of a track begins so long before it")] = (
        5.0
    )
    after_seconds: Annotated[Seconds, Meta(ge=0, le=600, description="a clip of a track ends so long after it")] = 5.0

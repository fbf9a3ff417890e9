"""Section `log`: what the log of each process looks like, and where it is kept."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Flag, Unit
from pipeline.settings.section import FlagGroup, Section

LogFormat = Literal["text", "json"]


class LogSettings(Section, frozen=True, kw_only=True):
    """The log of a process (docs/operate.md)."""

    format: Annotated[
        LogFormat,
        Meta(description="text for people; json: one object a line, for a collector of logs"),
        Flag("--log-format", FlagGroup.RUN),
    ] = "text"
    file: Annotated[
        FilePath,
        Meta(
            description="file that the log is also written to, for its owner alone; rooms of this file write beside "
            "it, such as glimpse.web.log beside glimpse.log; empty: standard error alone"
        ),
        Flag("--log-file", FlagGroup.RUN, "FILE"),
    ] = ""
    file_mb: Annotated[float, Meta(gt=0, le=10_000, description="a larger file is put aside as FILE.1"), Unit("MB")] = (
        10.0
    )
    keep: Annotated[int, Meta(ge=1, le=1000, description="how many files that were put aside are kept")] = 5

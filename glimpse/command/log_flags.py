"""The flags of a command that runs for long, for its log."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from pipeline.logs.open_log import open_log, room_log
from pipeline.settings.rooms.log import LogFormat, LogSettings


@dataclass(frozen=True)
class LogFlags:
    """What is logged, and where.

    Parameters
    ----------
    log_format
        text for people (default), or json: one object a line
    log_file
        also write the log to this file, put aside when it is large
    """

    log_format: LogFormat | None = None
    log_file: Path | None = None

    def open(self, settings: LogSettings, *, process: str, node: str = "", level: str = "INFO") -> None:
        """Begin the log of a room; what is given as a flag counts more than the file. Raises OSError."""
        open_log(self.over(room_log(settings, process)), process=process, node=node, level=level)

    def over(self, settings: LogSettings) -> LogSettings:
        """The settings, with what is given as a flag in their place."""
        chosen = settings
        if self.log_format:
            chosen = msgspec.structs.replace(chosen, format=self.log_format)
        if self.log_file:
            chosen = msgspec.structs.replace(chosen, file=str(self.log_file.absolute()))
        return chosen


LOG_FLAGS = LogFlags()
Logging = Annotated[LogFlags, Parameter(name="*")]

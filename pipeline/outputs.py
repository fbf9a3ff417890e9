"""Which sinks a run has, from what was asked for on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pipeline.config import Settings
from pipeline.sinks import Sink
from pipeline.sources import Source

DEFAULT_BIND = "tcp://127.0.0.1:5571"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """events: JSONL file, - for standard output, empty for none.  video: annotated MP4, empty text for the report's
    folder, None for none.  console: where progress goes (standard error)."""

    events: str = ""
    report: Path | None = None
    video: str | None = None
    show: bool = False
    resume: bool = False
    console: Console | None = None


def open_sinks(settings: Settings, outputs: Outputs, sources: Sequence[Source], *, epoch: str) -> list[Sink]:
    """Every sink asked for, in the order they are told."""
    raise NotImplementedError

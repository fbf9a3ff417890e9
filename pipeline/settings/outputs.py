"""Options of one run: what it reads, what it leaves and how long it takes. They are flags only, never in a file."""

import math
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from rich.console import Console

from configs.fields import Flag, Unit
from configs.read import ConfigurationError
from pipeline.settings.section import FlagGroup


class Outputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves. video: empty for a file in the report's folder, None for none. console: shows progress.

    follows_config: cameras may be added while none is left.
    """

    events: Annotated[
        str,
        Meta(description="write events as JSON lines; - for standard output"),
        Flag("--events", FlagGroup.RESULTS, "FILE"),
    ] = ""
    report: Annotated[
        Path | None,
        Meta(description="write a report: timeline, faces and reasons"),
        Flag("--report", FlagGroup.RESULTS, "DIR"),
    ] = None
    video: Annotated[
        str | None,
        Meta(description="write annotated video, to this file or into the report's folder"),
        Flag("--save-video", FlagGroup.RESULTS, "MP4", bare=""),
    ] = None
    show: Annotated[
        bool, Meta(description="show the annotated video in a window"), Flag("--show", FlagGroup.RESULTS)
    ] = False
    resume: Annotated[
        bool,
        Meta(description="continue an interrupted run on a recording (needs --report)"),
        Flag("--resume", FlagGroup.RUN),
    ] = False
    console: Console | None = None
    follows_config: bool = False
    overwrite: Annotated[
        bool,
        Meta(description="replace the run in the folder of --report; without it, a new run gets DIR-2, DIR-3, …"),
        Flag("--overwrite", FlagGroup.RESULTS),
    ] = False
    json: Annotated[
        bool,
        Meta(description="print who was seen, or what --check found, as JSON on standard output, instead of a table"),
        Flag("--json", FlagGroup.RESULTS),
    ] = False

    def __post_init__(self) -> None:
        if self.resume and self.report is None:
            raise ConfigurationError("--resume needs --report DIR: its journal lies in that folder")
        if self.video == "" and self.report is None:
            raise ConfigurationError("--save-video needs a file, or --report DIR to put one into")
        if self.overwrite and self.report is None:
            raise ConfigurationError("--overwrite needs --report DIR: it replaces the run in that folder")
        if self.overwrite and self.resume:
            raise ConfigurationError("--overwrite and --resume: one begins again and one goes on; give one of them")
        if self.json and self.events == "-":
            raise ConfigurationError("--json and --events -: both write to standard output; give --events a file")


class RunOptions(Outputs, frozen=True, kw_only=True):
    """All flags that are not settings."""

    rtsp: Annotated[
        list[str],
        Meta(description="URL of a camera; may be repeated"),
        Flag("--rtsp", FlagGroup.INPUT, "URL"),
    ] = []
    source: Annotated[
        list[str],
        Meta(description="URL, video file, folder of videos or images, glob, or webcam index; may be repeated"),
        Flag("--source", FlagGroup.INPUT, "WHAT"),
    ] = []
    config: Annotated[
        Path | None,
        Meta(
            description="YAML file with cameras and settings; flags override it, and sources that are given beside it "
            "are watched in place of its cameras"
        ),
        Flag("--config", FlagGroup.INPUT, "FILE"),
    ] = None
    duration: Annotated[
        float, Meta(ge=0, description="stop after this time; 0: no limit"), Unit("s"), Flag("--duration", FlagGroup.RUN)
    ] = 0.0
    check: Annotated[
        bool, Meta(description="check configuration, models and sources, then exit"), Flag("--check", FlagGroup.RUN)
    ] = False
    web: Annotated[
        bool,
        Meta(description="show the page, and start the other rooms whose sections the file has (docs/watch-room.md)"),
        Flag("--web", FlagGroup.RESULTS),
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="least severe messages to log"),
        Flag("--log-level", FlagGroup.RUN),
    ] = "info"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.duration < math.inf:
            raise ConfigurationError(f"--duration {self.duration:g}: expected seconds, 0 (no limit) or more")

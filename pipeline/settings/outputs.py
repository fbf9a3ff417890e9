"""Options of one run: what it reads, what it leaves and how long it takes. They are flags only, never in a file."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from rich.console import Console

from configs.fields import Flag, Unit
from configs.read import ConfigurationError
from pipeline.settings.types import FlagGroup


class Outputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves. video: empty for a file in the report's folder, None for none. console: shows progress."""

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

    def __post_init__(self) -> None:
        if self.resume and self.report is None:
            raise ConfigurationError("--resume needs --report DIR: its journal lies in that folder")
        if self.video == "" and self.report is None:
            raise ConfigurationError("--save-video needs a file, or --report DIR to put one into")


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
        Meta(description="YAML file with cameras and settings; flags override it"),
        Flag("--config", FlagGroup.INPUT, "FILE"),
    ] = None
    duration: Annotated[
        float, Meta(description="stop after this time; 0: no limit"), Unit("s"), Flag("--duration", FlagGroup.RUN)
    ] = 0.0
    check: Annotated[
        bool, Meta(description="check configuration, models and sources, then exit"), Flag("--check", FlagGroup.RUN)
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="least severe messages to log"),
        Flag("--log-level", FlagGroup.RUN),
    ] = "info"

"""Writes a run's command line again, so that a message can say how to go on."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from configs.fields import Flag, list_flags
from pipeline.capture.sources import show_source
from pipeline.secrets.redact import redact
from pipeline.settings.flags import CommandLine
from pipeline.settings.outputs import RunOptions


def format_resume_command(line: CommandLine, report: Path) -> str:
    """The command that goes on with a run whose report is in this folder, for a shell, without secrets."""
    options = msgspec.structs.replace(line.options, report=report, resume=True, overwrite=False)
    words = [*map(show_source, options.source), *_option_words(options)]
    for field, value in line.settings:
        if field.flag:
            words += [field.flag.name, redact(str(value))]
    return f"glimpse run {shlex.join(words)}"


def _option_words(options: RunOptions) -> Iterator[str]:
    for field, flag in list_flags(RunOptions):
        value = getattr(options, field.place[-1])
        if value != field.default and field.place != ("source",):
            yield from _words(flag, value)


def _words(flag: Flag, value: Any) -> Iterable[str]:
    if value is True or (value == "" and flag.bare is not None):
        return [flag.name]
    if isinstance(value, list):
        return [word for one in value for word in (flag.name, show_source(one))]
    return [flag.name, redact(str(value))]

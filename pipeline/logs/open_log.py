"""Begins the log of a process: standard error, and the file of section `log`."""

import io
import logging
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType

import msgspec
from rich.console import Console
from rich.text import Text

from pipeline.logs.lines import JsonLines, TextLines
from pipeline.logs.rotating_file import RotatingFile
from pipeline.secrets.redact import install_redaction
from pipeline.settings.rooms.log import LogSettings
from pipeline.site.site_time import abbreviation, local

MAX_COLUMNS = 10_000
"""Of what is printed into a JSON log: nothing is folded."""
_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red"}
_log = logging.getLogger("glimpse")


def open_log(
    settings: LogSettings,
    *,
    process: str,
    node: str = "",
    level: str | int = logging.INFO,
    console: Console | None = None,
) -> None:
    """Log from now on as the settings say, and no secrets. process: `run`, or the name of a room.

    console: a terminal that others print to as well.  level: the least severe that is logged.
    Raises OSError where the file cannot be opened; the log goes on as it was.
    """
    is_json = settings.format == "json"
    formatter = JsonLines(process, node) if is_json else TextLines()
    handlers: list[logging.Handler] = []
    if settings.file:
        handlers.append(RotatingFile(Path(settings.file), max_bytes=round(settings.file_mb * 1e6), keep=settings.keep))
        handlers[0].setFormatter(formatter)
    handlers.append(_on_terminal(console) if console and console.is_terminal and not is_json else _on_stderr(formatter))
    install_redaction()
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.captureWarnings(is_json)
    if is_json:
        sys.excepthook, threading.excepthook = _log_uncaught, _log_uncaught_in_thread


def room_log(settings: LogSettings, process: str) -> LogSettings:
    """The log of a room by the settings of its node: its file has the room's name before the suffix."""
    if not settings.file:
        return settings
    path = Path(settings.file)
    return msgspec.structs.replace(settings, file=str(path.with_name(f"{path.stem}.{process}{path.suffix}")))


def announce(line: str, *, level: int = logging.INFO, console: Console | None = None) -> None:
    """Say something on standard error, whatever the level of the log is: where a page is, who was seen.

    level: what a JSON log calls it, and its colour elsewhere.  console: a terminal that others print to as well.
    """
    if is_json_log():
        _log.handle(_log.makeRecord(_log.name, level, "", 0, line, (), None))
    else:
        (console or Console(stderr=True)).print(Text(line, _COLOURS.get(level, "")), soft_wrap=True, highlight=False)


def is_json_log() -> bool:
    """Whether standard error has JSON alone."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def console_for(settings: LogSettings) -> Console:
    """What a run prints to beside its log: standard error, or the log itself where that is JSON."""
    if settings.format != "json":
        return Console(stderr=True)
    return Console(file=_Announced(), width=MAX_COLUMNS, soft_wrap=True, force_terminal=False, color_system=None)


class _Announced(io.StringIO):
    """A file each of whose lines becomes a line of the log."""

    def write(self, text: str) -> int:
        *lines, rest = (self.getvalue() + text).split("\n")
        self.seek(0)
        self.truncate()
        super().write(rest)
        for line in filter(str.strip, lines):
            announce(line.rstrip())
        return len(text)


def _on_stderr(formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler


def _on_terminal(console: Console) -> logging.Handler:
    from rich.logging import RichHandler

    handler = RichHandler(console=console, show_path=False, rich_tracebacks=False, log_time_format=_terminal_time)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def _terminal_time(at: datetime) -> Text:
    shown = local(at.timestamp())
    return Text(f"{shown:%H:%M:%S} {abbreviation(shown)}")


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("uncaught %s", kind.__name__, exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        name = args.thread.name if args.thread else "?"
        trace = (args.exc_type, args.exc_value, args.exc_traceback)
        _log.critical("uncaught %s in thread %s", args.exc_type.__name__, name, exc_info=trace)

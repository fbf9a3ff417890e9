"""The command line from arguments to exit code; every way a run can end has its number here.

Errors are one line on standard error that names the thing, the value and what was expected; a traceback is shown for
mistakes of our own only.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from configs.read import ConfigurationError
from pipeline.redact import redact
from pipeline.settings.flags import overlaid, parser
from pipeline.settings.load import read_yaml, settings_from, shown
from pipeline.settings.types import Settings

DONE, FAILED, USAGE, UNREACHABLE, MODEL_MISSING, INTERRUPTED = 0, 1, 2, 3, 4, 130

log = logging.getLogger("glimpse")


def run(arguments: Sequence[str]) -> int:
    """Run with these arguments (without the program's name) and return the exit code."""
    try:
        given = parser().parse_args(arguments)
    except SystemExit as ended:  # argparse: 0 after --help and --version, 2 after a mistake
        return ended.code if isinstance(ended.code, int) else USAGE
    console = Console(stderr=True)
    _log_to(console, given.log_level)
    from pipeline.build import ModelMissing, Unreachable  # late: --help and --version need no networks

    try:
        settings = effective_settings(given)
        return _check(settings) if given.check else _watch(settings, given, console)
    except (ConfigurationError, ValueError) as error:
        return _fail(console, error, USAGE)
    except ModelMissing as error:
        return _fail(console, error, MODEL_MISSING)
    except Unreachable as error:
        return _fail(console, error, UNREACHABLE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except OSError as error:  # a folder that cannot be written, a full disk: the user's to mend, so no traceback
        return _fail(console, error, FAILED)
    except Exception as error:
        log.exception("the run failed")
        return _fail(console, error, FAILED)


def effective_settings(given: argparse.Namespace) -> Settings:
    """File, flags and defaults put together. Raises ConfigurationError."""
    raw: dict[str, Any] = read_yaml(given.config) if given.config else {}
    try:
        merged = overlaid(raw, given)
        if given.chip_spec:
            section = {key: value for key, value in merged.get("recognizer", {}).items() if key != "chip_spec"}
            if not given.calibration:
                section.pop("calibration", None)
            merged["recognizer"] = section | {"profile": str(given.chip_spec)}
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    settings = settings_from(merged)
    if not settings.cameras:
        raise ConfigurationError("nothing to watch: give --rtsp URL, --source FILE or --config with cameras")
    return settings


def _watch(settings: Settings, given: argparse.Namespace, console: Console) -> int:
    from pipeline.build import build
    from pipeline.sinks.open import Outputs

    outputs = Outputs(
        events=given.events or "",
        report=given.report,
        video=given.save_video,
        show=given.show,
        resume=given.resume,
        console=console,
    )
    job = build(settings, outputs)
    with _signals(job.stop):
        failed = job.run(duration=given.duration)
    if job.interrupted:
        return INTERRUPTED
    for message in failed:
        console.print(f"[red]{message}[/]", highlight=False)
    return UNREACHABLE if failed else DONE


def _check(settings: Settings) -> int:
    from pipeline.check import check

    console = Console()
    console.print(shown(settings), highlight=False, markup=False)
    return check(settings, console)


def _fail(console: Console, error: BaseException, code: int) -> int:
    text = redact(str(error)) or type(error).__name__
    console.print(f"[bold red]error:[/] {_literal(text)}", highlight=False, soft_wrap=True)
    return code


def _literal(text: str) -> str:
    """Keep rich from reading a file name such as `cam[1].mp4` as markup."""
    from rich.markup import escape

    return escape(text)


def _pipe_closed() -> int:
    """The reader of standard output went away (`| head`): nothing is wrong, and Python must not complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


@contextmanager
def _signals(stop: Any) -> Iterator[None]:
    """Ctrl-C and a service manager's SIGTERM end the run after the frame under way; a second Ctrl-C ends it at once."""

    def first(number: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to(console: Console, level: str) -> None:
    from rich.logging import RichHandler

    from pipeline.redact import install

    if console.is_terminal:
        handler: logging.Handler = RichHandler(console=console, show_path=False, rich_tracebacks=False)
        layout = "%(message)s"
    else:  # a journal or a file: one line each, however long
        handler, layout = logging.StreamHandler(), "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=level.upper(), format=layout, handlers=[handler], force=True)
    install()

"""The command line, from arguments to exit code.

An error is one line on standard error: what failed, the value, and what was expected. Only faults of Glimpse itself
come with a traceback.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from configs.read import ConfigurationError
from pipeline.capture.sources import parse_source
from pipeline.logs.open_log import announce, console_for, is_json_log, open_log
from pipeline.secrets.error_line import print_error
from pipeline.settings.blame import check_flags, name_flags
from pipeline.settings.command import format_resume_command
from pipeline.settings.flags import CommandLine, overlay, parse_command_line
from pipeline.settings.load import ROOMS, format_settings, make_settings, read_config, settings_to_plain
from pipeline.settings.rooms.log import LogSettings
from pipeline.settings.types import Settings
from pipeline.sinks.outcome import Outcome, log_lines, outcome_to_json, print_outcome

if TYPE_CHECKING:
    from pipeline.parts.job import Job

DONE, FAILED, USAGE, UNREACHABLE, MODEL_MISSING, INTERRUPTED = 0, 1, 2, 3, 4, 130

log = logging.getLogger("glimpse")


def run(arguments: Sequence[str]) -> int:
    """Run with these arguments (without the program's name) and return the exit code."""
    try:
        line = parse_command_line(arguments)
    except SystemExit as ended:  # 0 after --help and --version, 2 after a mistake
        return ended.code if isinstance(ended.code, int) else USAGE
    return run_command_line(line)


def run_command_line(line: CommandLine) -> int:
    """Watch what a command line asks for, or check it, and return the exit code."""
    from pipeline.parts.models import ModelMissingError  # late: --help and --version need no networks
    from pipeline.parts.sources import SourceUnreachableError

    try:
        _open_log(log_of(line), line)  # also for what is wrong with the settings
        settings = effective_settings(line)
        console = _open_log(settings.log, line, node=settings.node)
        _say_left_out(line)
        return _check(settings, as_json=line.options.json) if line.options.check else _watch(settings, line, console)
    except ValueError as error:  # ConfigurationError is one
        return fail(name_flags(str(error), line), USAGE)
    except ModelMissingError as error:
        return fail(name_flags(str(error), line), MODEL_MISSING)
    except SourceUnreachableError as error:
        return fail(error, UNREACHABLE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return close_stdout()
    except SystemExit as ended:
        return exit_code_of(ended)
    except OSError as error:  # a folder that cannot be written, a full disk: no fault of Glimpse, so no traceback
        return fail(error, FAILED)
    except Exception as error:
        log.exception("the run failed")
        return fail(error, FAILED)


def effective_settings(line: CommandLine) -> Settings:
    """Settings of the file, the flags laid over them, and defaults. Raises ConfigurationError."""
    path = line.options.config
    raw = read_config(path) if path else {}
    try:
        check_flags(line)
        settings = make_settings(overlay(raw, line), ignored=ROOMS)
    except ConfigurationError as error:
        if path is not None and str(error) == _mistake_in(raw):
            raise ConfigurationError(f"{path}: {error}") from None
        raise ConfigurationError(name_flags(str(error), line)) from None
    if not settings.cameras:
        raise ConfigurationError(
            "nothing to watch: give a recording, a camera or photographs, such as glimpse run night.mp4, "
            "or --config with cameras"
        )
    return _without_bus(settings) if _plays_beside_site(line, raw) else settings


def _plays_beside_site(line: CommandLine, raw: dict[str, Any]) -> bool:
    """Whether recordings alone are watched beside a file with cameras, and no flag says where to publish.

    Their events are not what the cameras of the site see now, and a history would take them for that.
    """
    asked = any(field.place == ("events", "bind") for field, _ in line.settings)
    return bool(raw.get("cameras") and line.sources) and not asked and not any(map(_is_live, line.sources))


def _is_live(source: str) -> bool:
    """Also true of what cannot be opened, which is said where it is opened."""
    try:
        return any(found.live for found in parse_source(source))
    except (OSError, ValueError):
        return True


def _without_bus(settings: Settings) -> Settings:
    events = msgspec.structs.replace(settings.events, bind="none", outbox="")
    return msgspec.structs.replace(settings, events=events)


def _say_left_out(line: CommandLine) -> None:
    """Log that sources took the place of the cameras of the file, and that its bus gets nothing of recordings."""
    path = line.options.config
    raw = read_config(path) if path and line.sources else {}
    if isinstance(cameras := raw.get("cameras"), list) and cameras:
        what = "the camera in it is" if len(cameras) == 1 else f"the {len(cameras)} cameras in it are"
        log.warning("%s: %s not watched, as sources were given beside it; its settings hold", path, what)
    events = raw.get("events")
    if isinstance(events, dict) and events.keys() & {"bind", "outbox"} and _plays_beside_site(line, raw):
        log.warning("%s: its bus and outbox get nothing of recordings; --bind ADDRESS publishes them", path)


def _mistake_in(raw: dict[str, Any]) -> str:
    """What is wrong with a configuration file by itself, without flags; empty where nothing is."""
    try:
        make_settings(raw, ignored=ROOMS)
    except ConfigurationError as error:
        return str(error)
    return ""


def _watch(settings: Settings, line: CommandLine, console: Console) -> int:
    from pipeline.build import build

    follows = line.options.config is not None
    job = build(settings, msgspec.structs.replace(line.options, console=console, follows_config=follows))
    _point_to_law(settings.gallery, line)
    try:
        with _stop_on_signals(job.stop), _follow_config(job, line, polls=settings.watch_config):
            failures = job.run(duration=line.options.duration)
    finally:  # also where an output failed
        for message in job.damage:
            announce(message, level=logging.WARNING, console=console)
    for message in [] if job.interrupted else failures:
        announce(message, level=logging.ERROR, console=console)
    _show_outcome(job, settings, line, console)
    if job.interrupted:
        return INTERRUPTED
    return UNREACHABLE if failures else DONE


def _point_to_law(gallery: str, line: CommandLine) -> None:
    """Log where the law is explained, the first time that a gallery is used where somebody reads the log."""
    from pipeline.parts.law_notice import law_notice

    if not line.options.json and log.isEnabledFor(logging.INFO) and (notice := law_notice(gallery)):
        log.info("%s", notice)


def _show_outcome(job: "Job", settings: Settings, line: CommandLine, console: Console) -> None:
    """Say who was seen, where the report is and how to go on; of live cameras without a report, nothing is kept."""
    report = job.outputs.report
    if job.records is None:
        return
    left = report is not None and job.cache_path is not None and job.cache_path.exists()
    outcome = Outcome(
        job.records.tracks,
        job.records.cameras,
        live=job.live,
        compared=bool(settings.gallery),
        report=str(report / "index.html") if report else "",
        resume=format_resume_command(line, report) if report and left else "",
    )
    if line.options.json:
        sys.stdout.write(json.dumps(outcome_to_json(outcome), ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()
    elif is_json_log():
        for sentence in log_lines(outcome):
            announce(sentence)
    else:
        print_outcome(outcome, console)


def _check(settings: Settings, *, as_json: bool) -> int:
    from pipeline.check import check, print_findings, settings_in_use

    findings, used = check(settings), settings_in_use(settings)
    if as_json:
        plain = {"usable": findings.complete} | msgspec.to_builtins(findings) | {"settings": settings_to_plain(used)}
        sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
    else:
        console = Console()
        print_findings(findings, console)
        console.print("\nSettings:", highlight=False)
        console.print(format_settings(used), highlight=False, markup=False, soft_wrap=True)
    return DONE if findings.complete else UNREACHABLE


def fail(error: BaseException | str, code: int) -> int:
    """Print an error as one line, without secrets, and return the exit code."""
    print_error(error)
    return code


def close_stdout() -> int:
    """The reader of standard output has ended (`| head`): no error, and Python must not report one at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def exit_code_of(ended: SystemExit) -> int:
    """The code of what ended the program: rich does with 1 where the reader of standard output has ended (`| head`)."""
    if isinstance(ended.__context__, BrokenPipeError):
        return DONE
    raise ended


@contextmanager
def _stop_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """SIGINT (Ctrl-C) and SIGTERM end the run after the current frame; a second SIGINT ends it at once."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop(f"interrupted by {signal.Signals(number).name}")

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def _follow_config(job: "Job", line: CommandLine, *, polls: bool) -> Iterator[None]:
    """Take up the configuration file of live cameras when it changes (`polls`), and on SIGHUP."""
    running, path = job.running, line.options.config
    if running is None or path is None or not hasattr(signal, "SIGHUP"):
        yield
        return
    from pipeline.reload.watch import followed

    with followed(path, lambda: running.take_up(effective_settings(line)), polls=polls):
        yield


def log_of(line: CommandLine) -> LogSettings:
    """What the flags alone say of the log."""
    given = {field.place[1]: value for field, value in line.settings if field.place[0] == "log"}
    return LogSettings(**given)


def _open_log(settings: LogSettings, line: CommandLine, *, node: str = "") -> Console:
    console = console_for(settings)
    open_log(settings, process="run", node=node, level=line.options.log_level.upper(), console=console)
    return console

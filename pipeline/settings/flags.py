"""The command line of a run, made from the flags that the fields of Settings and RunOptions declare."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import msgspec
from cyclopts import App, CycloptsError, Parameter

from configs.command_line import accept_flags, describe_mistake, fill_bare_flags
from configs.fields import Field, list_flags
from configs.read import ConfigurationError
from pipeline.capture.sources import show_source
from pipeline.secrets.error_line import print_error
from pipeline.settings.outputs import RunOptions
from pipeline.settings.section import FlagGroup
from pipeline.settings.types import Settings
from pipeline.version import VERSION

EPILOG = """\
exit codes: 0 done, 1 failed, 2 usage or configuration, 3 source unreachable, 4 model missing, \
130 interrupted (results up to then are complete)."""
SOURCES = Parameter(name="SOURCE", help="cameras, recordings or pictures, as for --source")
FLAGS = [*list_flags(RunOptions), *list_flags(Settings)]


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line. settings: each setting given as a flag, and its value."""

    options: RunOptions
    settings: list[tuple[Field, Any]]

    @property
    def sources(self) -> list[str]:
        """What is to be watched, in order; empty: the cameras of the configuration."""
        return [*self.options.rtsp, *self.options.source]


def make_command_line(sources: Sequence[str], flags: dict[str, Any]) -> CommandLine:
    """The command line of these sources and of the flags that were given, by `Flag.key`. Raises ConfigurationError."""
    chosen = {field.place[-1]: flags[flag.key] for field, flag in list_flags(RunOptions) if flag.key in flags}
    options = RunOptions(**chosen)
    options = msgspec.structs.replace(options, source=[*sources, *options.source])
    return CommandLine(options, [(field, flags[flag.key]) for field, flag in list_flags(Settings) if flag.key in flags])


def take_run_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate `command(*what, **flags)` so that cyclopts reads every flag of a run for it."""
    order = list(FlagGroup)
    accept_flags(command, sorted(FLAGS, key=lambda item: order.index(FlagGroup(item[1].group))), order)
    return command


def parse_command_line(arguments: Sequence[str]) -> CommandLine:
    """Parse arguments (without the program's name). Exits with 0 after --help and --version, with 2 after a mistake."""
    try:
        line = make_app()(fill_bare_flags(arguments, FLAGS), print_error=False, exit_on_error=False)
    except CycloptsError as error:
        exit_with_mistake(describe_mistake(error, show_source))
    except ConfigurationError as error:
        exit_with_mistake(str(error))
    if not isinstance(line, CommandLine):  # --help or --version printed what was asked for
        raise SystemExit(0)
    return line


def exit_with_mistake(message: str) -> NoReturn:
    """Print what is wrong with a command line, and exit with code 2."""
    print_error(message)
    raise SystemExit(2)


def make_app() -> App:
    """The parser of run_pipeline.py."""

    @take_run_flags
    def run(*what: Annotated[str, SOURCES], **flags: Any) -> CommandLine:
        return make_command_line(what, flags)

    return App(
        name="run_pipeline.py",
        help="Names people from small faces in camera streams and recordings.",
        help_epilogue=EPILOG,
        help_format="plaintext",
        version=f"glimpse {VERSION}",
        default_command=run,
        result_action="return_value",
    )


def overlay(raw: dict[str, Any], line: CommandLine) -> dict[str, Any]:
    """A configuration file's plain data with the given flags laid over it. Raises ConfigurationError for a bad --roi.

    A flag overrides the file's defaults and its cameras; a flag that is not given changes nothing. Sources take the
    place of the file's cameras.
    """
    merged = copy.deepcopy(raw)
    cameras = merged.get("cameras")
    if isinstance(cameras, list | None):
        merged["cameras"] = [{"source": source} for source in line.sources] or cameras or []
    for field, _ in line.settings:
        for section in _sections(merged, field):
            for key in field.flag.replaces if field.flag else ():
                section.pop(key, None)
    for field, value in line.settings:
        plain = field.flag.parse(value) if field.flag and field.flag.parse else value
        for section in _sections(merged, field):
            section[field.place[-1]] = plain
    return merged


def _sections(merged: dict[str, Any], field: Field) -> list[dict[str, Any]]:
    """The mappings in which a field belongs: its section, and every camera for one of the cameras' defaults."""
    section: Any = merged
    for key in field.place[:-1]:
        if section.get(key) is None:
            section[key] = {}
        section = section[key]
        if not isinstance(section, dict):
            return []  # a mistake in the file, reported when it is typed
    cameras = merged.get("cameras") if field.place[0] == "defaults" else None
    listed = cameras if isinstance(cameras, list) else []
    return [section, *(camera for camera in listed if isinstance(camera, dict))]

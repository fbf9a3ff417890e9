"""The command line, made from the flags that the fields of Settings and RunOptions declare."""

import argparse
import copy
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NoReturn, get_args, get_origin

from configs.fields import Field, Flag, arms, list_flags
from pipeline.capture.sources import show_source
from pipeline.secrets.known_secrets import MASK
from pipeline.secrets.redact import redact
from pipeline.settings.outputs import RunOptions
from pipeline.settings.types import FlagGroup, Settings
from pipeline.version import VERSION

EPILOG = """\
exit codes: 0 done, 1 failed, 2 usage or configuration, 3 source unreachable, 4 model missing,
130 interrupted (results up to then are complete)."""
_FLAG = re.compile(r"-{1,2}[A-Za-z][A-Za-z-]*(?=[=\s]|$)")
_PLAIN_ARGUMENT = re.compile(r"(?:-{1,2}[A-Za-z][A-Za-z-]*=?)?[A-Za-z0-9_.-]{0,12}")


@dataclass(frozen=True)
class CommandLine:
    """A parsed command line. settings: each setting given as a flag, and its value."""

    options: RunOptions
    settings: list[tuple[Field, Any]]


class FlagParser(argparse.ArgumentParser):
    """Suggests a flag for a misspelt one, and hides passwords in its error messages."""

    def error(self, message: str) -> NoReturn:
        before, unrecognized, arguments = message.partition("unrecognized arguments: ")
        shown = _show_arguments(arguments)
        near = difflib.get_close_matches(shown.partition(" ")[0], self._option_string_actions, n=1)
        super().error(redact(f"{before}{unrecognized}{shown}") + (f"; did you mean {near[0]}?" if near else ""))


def _show_arguments(arguments: str) -> str:
    """Unknown arguments, joined by spaces. An odd one may be a part of a password: then only the first flag's name."""
    words = arguments.split()
    if all(map(_PLAIN_ARGUMENT.fullmatch, words)):
        return arguments
    if len(words) == 1 and "://" in arguments and not arguments.startswith("-"):
        return show_source(arguments)
    flag = _FLAG.match(arguments)
    return f"{flag[0]} {MASK}" if flag else MASK


def parse_command_line(arguments: Sequence[str]) -> CommandLine:
    """Parse arguments (without the program's name). Exits as argparse does: 0 after --help, 2 after a mistake."""
    parser = make_parser()
    values = vars(parser.parse_args(arguments))
    chosen = {field.place[-1]: values[flag.key] for field, flag in list_flags(RunOptions) if flag.key in values}
    try:
        options = RunOptions(**chosen)
    except ValueError as error:
        parser.error(str(error))
    return CommandLine(
        options, [(field, values[flag.key]) for field, flag in list_flags(Settings) if flag.key in values]
    )


def make_parser() -> FlagParser:
    """The parser of run_pipeline.py. Its result holds only the flags that were given."""
    parser = FlagParser(
        prog="run_pipeline.py",
        description="Names people from small faces in camera streams and recordings.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--version", action="version", version=f"glimpse {VERSION}")
    order = list(FlagGroup)
    flags = [*list_flags(RunOptions), *list_flags(Settings)]
    add_flags(parser, sorted(flags, key=lambda item: order.index(FlagGroup(item[1].group))))
    return parser


def add_flags(parser: argparse.ArgumentParser, flags: Sequence[tuple[Field, Flag]]) -> None:
    """Add a flag for each field, under the heading of its group."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for field, flag in flags:
        if flag.group not in groups:
            groups[flag.group] = parser.add_argument_group(flag.group)
        groups[flag.group].add_argument(flag.name, dest=flag.key, help=_help(field), **_value_options(field, flag))


def overlay(raw: dict[str, Any], line: CommandLine) -> dict[str, Any]:
    """A configuration file's plain data with the given flags laid over it. Raises ConfigurationError for a bad --roi.

    A flag overrides the file's defaults and its cameras; a flag that is not given changes nothing.
    """
    merged = copy.deepcopy(raw)
    cameras = merged.get("cameras")
    if isinstance(cameras, list | None):
        sources = [*line.options.rtsp, *line.options.source]
        merged["cameras"] = [*(cameras or []), *({"source": source} for source in sources)]
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


def _value_options(field: Field, flag: Flag) -> dict[str, Any]:
    """What argparse must know about the flag's value."""
    kind = next(kind for kind, _ in arms(field.kind) if kind is not NoneType)
    if kind is bool:
        return {"action": "store_true"}
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    options: dict[str, Any] = {"metavar": flag.metavar or field.unit.upper()}
    if kind in (int, float, Path):
        options["type"] = kind
    elif get_origin(kind) is list:
        options["action"] = "append"
    return options if flag.bare is None else options | {"nargs": "?", "const": flag.bare}


def _help(field: Field) -> str:
    default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    default = f" (default: {default})" if field.default else ""
    return f"{field.description}{default}".replace("%", "%%")

"""Makes a command: its help text with examples, and how its errors end."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeAlias

import msgspec
from cyclopts import App, Parameter

from glimpse.errors import SourceError
from pipeline.cli import DONE, FAILED, INTERRUPTED, UNREACHABLE, USAGE, close_stdout, fail

__all__ = ["DONE", "FAILED", "INTERRUPTED", "USAGE", "exit_code", "fail", "inner_commands", "new_command", "write_json"]
Arguments = ParamSpec("Arguments")
Decorator: TypeAlias = Callable[[Callable[..., int]], Callable[..., int]]


def new_command(name: str, *examples: str) -> App:
    """A command without parameters yet. examples: lines that a person could type, shown below its flags."""
    return App(
        name=name,
        help_epilogue="\n".join(("Examples:", *(f"  {line}" for line in examples))),
        help_format="plaintext",
        result_action="return_value",
        version_flags=[],
        default_parameter=Parameter(negative=(), show_default=_show_default),
    )


def _show_default(value: object) -> str | None:
    return str(value) if value not in ("", False, None) else None


def exit_code(command: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Decorate a command: what it cannot use, or cannot do, becomes a sentence on standard error and an exit code.

    A ValueError or a file that is missing is wrong usage (2), a recording that cannot be read is an unreachable source
    (3), any other OSError, such as a full disk, a failure (1).
    """

    @wraps(command)
    def run(*arguments: Arguments.args, **flags: Arguments.kwargs) -> int:
        try:
            return command(*arguments, **flags)
        except BrokenPipeError:
            return close_stdout()
        except SourceError as error:
            return fail(error, UNREACHABLE)
        except (ValueError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            return fail(error, USAGE)
        except OSError as error:
            return fail(error, FAILED)
        except KeyboardInterrupt:
            return INTERRUPTED

    return run


def inner_commands(add: Callable[[App], object], begin: str, end: str = "") -> Callable[..., Decorator]:
    """Gives what decorates functions that become the commands of a command.

    add: takes each.  begin, end: what stands before and behind their examples.
    """

    def command(name: str, *examples: str) -> Decorator:
        def decorate(function: Callable[..., int]) -> Callable[..., int]:
            made = new_command(name, *(f"{begin} {example}{end}" for example in examples))
            made.default(exit_code(function))
            add(made)
            return function

        return decorate

    return command


def write_json(content: object) -> None:
    """Print one JSON document on a line of its own, to standard output, which holds nothing else then."""
    sys.stdout.write(msgspec.json.encode(content).decode() + "\n")

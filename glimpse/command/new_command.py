"""Makes a command: its help text with examples, and how its errors end."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from pipeline.secrets.redact import redact

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
Arguments = ParamSpec("Arguments")


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

    A ValueError or a file that is missing is wrong usage (2); any other OSError, such as a full disk, a failure (1).
    """

    @wraps(command)
    def run(*arguments: Arguments.args, **flags: Arguments.kwargs) -> int:
        try:
            return command(*arguments, **flags)
        except BrokenPipeError:
            return close_stdout()
        except (ValueError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            return fail(error, USAGE)
        except OSError as error:
            return fail(error, FAILED)
        except KeyboardInterrupt:
            return INTERRUPTED

    return run


def fail(error: BaseException | str, code: int) -> int:
    """Print an error as one line, without secrets, and return the exit code."""
    text = redact(str(error)) or type(error).__name__
    Console(stderr=True).print(f"[bold red]error:[/] {escape(text)}", highlight=False, soft_wrap=True)
    return code


def close_stdout() -> int:
    """The reader of standard output has ended (`| head`): no error, and Python must not report one at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE

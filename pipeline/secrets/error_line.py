"""Prints an error as one line on standard error, without secrets; as a line of the log where that is JSON."""

import logging

from rich.console import Console
from rich.markup import escape

from pipeline.logs.lines import JsonLines
from pipeline.secrets.os_error import describe_os_error
from pipeline.secrets.redact import redact


def print_error(error: BaseException | str) -> None:
    """Print what is wrong; an error without a text is called by the name of its class."""
    text = sentence_of(error)
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        logging.getLogger("glimpse").error("%s", text)
        return
    Console(stderr=True).print(f"[bold red]error:[/] {escape(text)}", highlight=False, soft_wrap=True)


def sentence_of(error: BaseException | str) -> str:
    """What an error says, without secrets; the name of its class where it says nothing."""
    return redact(describe_os_error(error) if isinstance(error, OSError) else str(error)) or type(error).__name__


def cause_of(error: BaseException) -> str:
    """What failed, for events: the system's words for it, or the name of the class, without paths of this machine."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__

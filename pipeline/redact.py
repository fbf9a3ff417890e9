"""Keep camera passwords out of logs, tracebacks, events and error messages.

The URL of a camera holds its password, and FFmpeg repeats the URL in its errors. Passwords may contain '@', ':' and '/'
unencoded, so everything up to the last '@' of a URL is removed, even if a part of the host name goes with it. A filter
on one logger would miss the records of other loggers, so `install_redaction` replaces the factory of all log records.
"""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

_USERINFO = re.compile(r"(:/{2,}|%3a%2f%2f)\S*(?:@|%40)", re.IGNORECASE)
# A URL whose scheme was forgotten or misspelt: viewer:password@10.0.0.7/door, rtsp:/viewer:password@10.0.0.7.
_LOGIN = re.compile(r"(?<![\w*])[^\s:/@'\"*]+:[^\s*]*@(?=[\w\[])")
_SECRET = re.compile(
    r"((?<![a-z])(?:[a-z]+[-_])?(?:pass(?:word|wd|phrase|code)?|pwd|psw|token|api_?key|accesskey|key|secret|auth|sig(?:nature)?)"
    r"(?:=|(?P<encoded>%3d)))"
    r"[^&;,\s'\"<>]*?(?=_channel|_stream|(?(encoded)%26|(?!))|[&;,\s'\"<>]|$)",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace user and password of every URL in `text`, and secrets given as `password=`, `token=`, `key=`, by ***."""
    return _SECRET.sub(r"\1***", _LOGIN.sub("***@", _USERINFO.sub(r"\1***@", text)))


def install_redaction() -> None:
    """Redact every log record and every uncaught traceback of this process from now on."""
    if isinstance(logging.getLogRecordFactory(), _RedactingFactory):
        return
    logging.setLogRecordFactory(_RedactingFactory())
    sys.excepthook = _print_traceback
    threading.excepthook = _print_thread_traceback


class _RedactingFactory:
    """Makes log records of redacted text only, so that no handler or formatter can print a secret."""

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        record.msg, record.args = redact(_format_message(record)), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        record.exc_info = None
        return record


def _format_message(record: logging.LogRecord) -> str:
    """The message with its arguments; beside them where they do not fit, as an error here would reach the caller."""
    try:
        return record.getMessage()
    except Exception:
        return f"{record.msg} {record.args}"


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _print_thread_traceback(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        name = args.thread.name if args.thread else "?"
        sys.stderr.write(f"Exception in thread {redact(name)}:\n")
        _print_traceback(args.exc_type, args.exc_value, args.exc_traceback)

"""Keeps camera passwords out of everything a person can read: logs, tracebacks, events, error messages.

Cameras are addressed with the password inside the URL, and FFmpeg puts the URL into its errors. Cutting is greedy,
since passwords hold '@', ':' and '/' unencoded: all up to the last '@' of a URL goes, even if that costs a host name.
Filters on loggers miss records of other loggers, so `install` sits where records are made.
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


def install() -> None:
    """Redact every log record and every uncaught traceback of this process from now on."""
    if isinstance(logging.getLogRecordFactory(), _Records):
        return
    logging.setLogRecordFactory(_Records())
    sys.excepthook = _show
    threading.excepthook = _show_thread


class _Records:
    """Makes log records that hold only redacted text, so that no handler or formatter can show more."""

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        record.msg, record.args = redact(_message(record)), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        record.exc_info = None
        return record


def _message(record: logging.LogRecord) -> str:
    """A message that does not fit its arguments is shown beside them: raising here would end whoever logged it."""
    try:
        return record.getMessage()
    except Exception:
        return f"{record.msg} {record.args}"


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _show_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        name = args.thread.name if args.thread else "?"
        sys.stderr.write(f"Exception in thread {redact(name)}:\n")
        _show(args.exc_type, args.exc_value, args.exc_traceback)

"""Keep camera passwords out of logs, tracebacks, events and error messages.

The URL of a camera holds its password, and FFmpeg repeats the URL in its errors. Passwords may contain '@', ':' and '/'
unencoded, so everything up to the last '@' of a URL is removed, even if a part of the host name goes with it. Secrets
that are known (`known_secrets`) are removed wherever they stand. A filter on one logger would miss the records of other
loggers, so `install_redaction` replaces the factory of all log records.
"""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from configs.mask import MASK
from pipeline.secrets.known_secrets import KNOWN_SECRETS

_USERINFO = re.compile(r"(?::/{2,}|%3a%2f%2f)(?P<secret>\S*(?:@|%40))", re.IGNORECASE)
# What should be a port and is none: the password of a login whose host was forgotten.
_NO_PORT = re.compile(
    r"://(?P<secret>[^\s/?#@\[]*:(?!(?:\d{0,5}|\*|port)(?:[/?#\s'\",;:.)\]}]|$))[^\s@]+)(?=\s|$)", re.IGNORECASE
)
# A URL whose scheme was forgotten or misspelt: viewer:password@10.0.0.7/door, rtsp:/viewer:password@10.0.0.7.
_LOGIN = re.compile(r"(?<![\w*])(?P<secret>[^\s:/@'\"*]+:(?!/{2,})[^\s*]*@)(?=[\w\[])")
_PUNCTUATION = re.compile(r"[)\]}>'\",;:.]*")
# A value ends where the next parameter begins, not at the first odd character: passwords hold those.
_PARAMETER = re.compile(
    r"(?<![a-z])(?:[a-z0-9]{1,20}[-_]){0,3}"
    r"(?:[a-z]{0,20}(?:pass(?:wo?r?d|phrase|code)?|passw|pwd|token|secret|signature|credentials?|authorization|apikey)"
    r"|access_?key(?:_?id)?|api_?key|key|pw|psw|auth|sig|session(?:_?id)?|sid|jwt|bearer|otp|hmac|digest)"
    r"(?:=|(?P<encoded>%3d))"
    r"(?P<secret>\S+?)"
    r"(?=_channel=|_stream=|(?(encoded)%26|(?!))|[&;,](?![\w.-]*_(?:channel|stream)=)[A-Za-z][\w.-]*=|"
    + _PUNCTUATION.pattern
    + r"(?:\s|$))",
    re.IGNORECASE,
)
# In a URL every value is hidden but those of these keys: any other may be called as its maker liked.
_URL = re.compile(r"(?::/{2,}|%3a%2f%2f)\S+", re.IGNORECASE)
_URL_PARAMETER = re.compile(
    r"[?&;#](?P<key>[A-Za-z][\w.-]*)=(?P<secret>[^\s&;#]+?)(?=[?&;#][A-Za-z][\w.-]*=|[&;#]|"
    + _PUNCTUATION.pattern
    + r"$)"
)
_HARMLESS_KEYS = frozenset(
    "audio bitrate camera ch channel chn codec compression fps framerate format h height id index inst latency"
    " listen media mode next profile proto quality res resolution rotation size stream streaming streamtype sub"
    " subtype timeout track trackid transport ttl type unicast user username usr v version video videocodec w"
    " width x y".split()
)


def redact(text: str) -> str:
    """Replace secrets in `text` by ***.

    These are user and password of every URL, in a URL every value whose key is not known as harmless, elsewhere values
    given as `password=`, `token=`, `key=` and the like, and every known secret, also percent-encoded or escaped.
    """
    logins = [match.span("secret") for rule in (_USERINFO, _LOGIN) for match in rule.finditer(text)]
    others = [match.span("secret") for rule in (_NO_PORT, _PARAMETER) for match in rule.finditer(text)]
    others += [*_url_parameters(text), *KNOWN_SECRETS.spans(text)]
    login_ends = {last for _, last in logins} - {last for _, last in others}
    shown, end = [], 0
    for first, last in _merge(logins + others):
        shown += [text[end:first], f"{MASK}@" if last in login_ends else MASK]
        end = last
    return "".join([*shown, text[end:]])


def secret_parameters(text: str) -> list[str]:
    """The values of `password=`, `token=`, `key=` and the like in a URL's path and query, as written."""
    found = []
    for match in _PARAMETER.finditer(text):
        after = text[match.end() :]  # behind a URL in a sentence a comma is punctuation, at its end it is not
        found.append(match["secret"] + (after if _PUNCTUATION.fullmatch(after) else ""))
    return found


def _url_parameters(text: str) -> list[tuple[int, int]]:
    """Where values stand in the URLs of a text that no harmless key explains."""
    return [
        (url.start() + match.start("secret"), url.start() + match.end("secret"))
        for url in _URL.finditer(text)
        for match in _URL_PARAMETER.finditer(url[0])
        if match["key"].lower() not in _HARMLESS_KEYS
    ]


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that touch or overlap: to remove them one by one would hide from one rule what another seeks."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            first, last = merged[-1][0], max(merged.pop()[1], last)
        merged.append((first, last))
    return merged


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
        record.stack_info = redact(record.stack_info) if record.stack_info else None
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

"""How a log record is written: a line for people, or a JSON object for programs.

Records hold redacted text already (`pipeline.secrets.redact.install_redaction`); what code adds to one with `extra` is
redacted here.
"""

import json
import logging

from pipeline.secrets.redact import redact
from pipeline.site.site_time import iso, utc


class TextLines(logging.Formatter):
    """Time of the site with its offset, level and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return iso(record.created, "milliseconds")


class JsonLines(logging.Formatter):
    """One object a line, of ASCII alone, so that it is JSON in every encoding of standard error.

    process: `run`, or the name of a room.  node: of the settings; empty where there is none.
    """

    def __init__(self, process: str, node: str = "") -> None:
        super().__init__()
        self._who = {"process": process} | ({"node": node} if node else {})

    def format(self, record: logging.LogRecord) -> str:
        found = {
            "time": utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._who,
        }
        if camera := getattr(record, "camera", ""):
            found["camera"] = redact(str(camera))
        if exception := self._exception(record):
            found["exception"] = exception
        return json.dumps(found)

    def _exception(self, record: logging.LogRecord) -> str:
        """The traceback and the stack of a record; a handler before may have put them into `exc_text`."""
        text = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return redact("\n".join(filter(None, (text, record.stack_info))))

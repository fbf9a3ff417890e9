"""Lines of the log: what programs read, and that no secret is in them, wherever it was."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pipeline.logs.lines import JsonLines, TextLines
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.secrets.redact import install_redaction
from pipeline.site import site_time

SECRET = "hunter2secret"
URL = f"rtsp://viewer:{SECRET}@10.0.0.7/door?token={SECRET}"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    factory = logging.getLogRecordFactory()
    install_redaction()
    found = logging.Logger("test")
    yield found
    logging.setLogRecordFactory(factory)


def lines(log: logging.Logger, formatter: logging.Formatter) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    log.addHandler(handler)
    return stream


def test_an_object_a_line(log: logging.Logger) -> None:
    stream = lines(log, JsonLines("web", "shop"))
    log.warning("%s: lost\nagain", "door \u05e9\u05e8\u05d4 \udcff", extra={"camera": "door"})
    [line] = stream.getvalue().splitlines()
    assert line.isascii()
    found = json.loads(line)
    time = found.pop("time")
    assert time[10] == "T"
    assert time.endswith("+00:00")
    assert found == {
        "level": "warning",
        "logger": "test",
        "message": "door: lost\nagain".replace("door", "door \u05e9\u05e8\u05d4 \udcff"),
        "process": "web",
        "node": "shop",
        "camera": "door",
    }


def plant(log: logging.Logger) -> None:
    """Secrets in every place that a record has."""
    KNOWN_SECRETS.add([SECRET])
    log.error("cannot open %s", URL)
    log.error("cannot open " + URL)  # noqa: G003 - what a library may do
    log.error("%(url)s", {"url": URL})
    log.error("an argument that does not fit %d", URL)
    log.error("of a camera", extra={"camera": URL})
    log.error("with a stack of %s", SECRET, stack_info=True)
    try:
        try:
            raise OSError(2, "no such file", URL)
        except OSError as cause:
            raise ValueError(f"password={SECRET}") from cause
    except ValueError:
        log.exception("failed with %s", SECRET.encode())


def test_no_secret_is_in_json(log: logging.Logger) -> None:
    stream = lines(log, JsonLines("run"))
    plant(log)
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert SECRET not in stream.getvalue()
    assert "hunter2" not in json.dumps(found)
    assert len(found) == 7
    assert "***@10.0.0.7/door" in found[0]["message"]
    assert "ValueError: password=***" in found[-1]["exception"]
    assert "OSError" in found[-1]["exception"]
    assert "Stack" in found[5]["exception"]


def test_no_secret_is_in_text(log: logging.Logger) -> None:
    stream = lines(log, TextLines())
    plant(log)
    assert SECRET not in stream.getvalue()
    assert "ValueError: password=***" in stream.getvalue()


def test_a_line_for_people_has_the_offset_of_the_site(log: logging.Logger) -> None:
    stream = lines(log, TextLines())
    site_time.use_zone("Australia/Lord_Howe")
    try:
        record = log.makeRecord("test", logging.INFO, "", 0, "hello", (), None)
        record.created = 1_775_313_000.5
        log.handle(record)
    finally:
        site_time.use_zone("")
    assert stream.getvalue() == "2026-04-05T01:30:00.500+11:00 INFO hello\n"

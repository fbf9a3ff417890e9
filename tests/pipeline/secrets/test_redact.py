"""Passwords are removed from every text; texts without one stay as they are."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from urllib.parse import quote

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.secrets.redact import install_redaction, redact

URL = "rtsp://admin:hunter2@cam.local:554/main"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (URL, "rtsp://***@cam.local:554/main"),
        ("RTSPS://a:b@h/x", "RTSPS://***@h/x"),
        ("rtsp://admin:p@ss:w/rd@h/x", "rtsp://***@h/x"),
        ("rtsp://admin@h/x", "rtsp://***@h/x"),
        ("rtsp://:pw@h/x", "rtsp://***@h/x"),
        ("rtsp://admin:p%40ss%2F@h/x", "rtsp://***@h/x"),
        ("rtsp%3A%2F%2Fadmin%3Ahunter2%40h", "rtsp%3A%2F%2F***@h"),
        ("rtsp://admin:p?w#d@h/x", "rtsp://***@h/x"),
        ("rtsp://admin:pa'ss\"@h/x", "rtsp://***@h/x"),
        ("http://h/v.cgi?user=me&password=hunter2&x=1", "http://h/v.cgi?user=me&password=***&x=1"),
        ("http://h/v?access_token=abc.def", "http://h/v?access_token=***"),
        ("http://h/v?api_key=abc;key=d", "http://h/v?api_key=***;key=***"),
        ("http://h/v?PWD=abc#top", "http://h/v?PWD=***"),
        ("srt://h:9000?passphrase=0123456789", "srt://h:9000?passphrase=***"),
        (
            "rtsp://h/user=admin_password=tl_Jw_channel=1_stream=0.sdp",
            "rtsp://h/user=admin_password=***_channel=1_stream=0.sdp",
        ),
        ("http://h/v?password=hun%26ter2&x=1", "http://h/v?password=***&x=1"),
        ("http://h/v?password=a'b\"c;d<e&x=1", "http://h/v?password=***&x=1"),
        ("http://h/v?password=a@b&x=1", "http://***&x=1"),
        ("cannot open 'rtsp://admin:hunter2'", "cannot open 'rtsp://***"),
        (
            "see http://h:8080, tcp://*:5556 and tcp://HOST:PORT.",
            "see http://h:8080, tcp://*:5556 and tcp://HOST:PORT.",
        ),
        ("http://h/?next=x%26token%3Dabc%26y", "http://h/?next=x%26token%3D***%26y"),
        ("[Errno 1] no: 'rtsp://a:b@h/x'; and rtsp://c:d@i/y", "[Errno 1] no: 'rtsp://***@h/x'; and rtsp://***@i/y"),
    ],
)
def test_secrets_are_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted
    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rtsp://cam.local:554/main?channel=1&subtype=0",
        "mail bob@example.org about monkey=3",
        "face 12 px, margin 0.03 below 0.08",
        "unknown key 'detecter': did you mean 'detector'?",
    ],
)
def test_text_without_a_secret_stays(text: str) -> None:
    assert redact(text) == text


@given(
    st.text(st.characters(exclude_categories=("Z", "C")), min_size=6), st.sampled_from(["", "/main?x=1", ":554/h264"])
)
def test_any_password_is_removed(password: str, path: str) -> None:
    for written in (f"Q{password}Q", quote(f"Q{password}Q", safe="")):
        assert written not in redact(f"cannot open 'rtsp://admin:{written}@cam{path}' now")


def test_errors_of_ffmpeg_hold_the_url_and_are_redacted() -> None:
    with pytest.raises(av.FFmpegError) as caught:
        av.open("rtsp://admin:hunter2@127.0.0.1:1/x", timeout=2)
    assert "hunter2" in str(caught.value), "FFmpeg hides passwords itself now: this test can be deleted"
    assert "hunter2" not in redact(str(caught.value))
    assert "hunter2" not in redact(repr(caught.value))


@pytest.fixture
def installed() -> Iterator[io.StringIO]:
    """Installs redaction for one test and adds a handler, as another library might; yields what the handler writes."""
    factory, hooks = logging.getLogRecordFactory(), (sys.excepthook, threading.excepthook)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    install_redaction()
    install_redaction()
    logging.getLogger("glimpse.test").addHandler(handler)
    yield written
    logging.getLogger("glimpse.test").removeHandler(handler)
    logging.setLogRecordFactory(factory)
    sys.excepthook, threading.excepthook = hooks


def fail() -> None:
    raise OSError(f"cannot open {URL}")


def test_logs_and_their_tracebacks(installed: io.StringIO) -> None:
    log = logging.getLogger("glimpse.test")
    log.warning("opening %s took %d s", URL, 3)
    try:
        fail()
    except OSError:
        log.exception("failed")
    text = installed.getvalue()
    assert "opening rtsp://***@cam.local:554/main took 3 s" in text
    assert "OSError: cannot open rtsp://***@cam.local:554/main" in text
    assert "hunter2" not in text


@pytest.mark.usefixtures("installed")
def test_uncaught_errors_of_threads(capsys: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=fail, name="reader of rtsp://a:hunter2@h")
    thread.start()
    thread.join()
    text = capsys.readouterr().err
    assert "OSError: cannot open rtsp://***@cam.local:554/main" in text
    assert "hunter2" not in text


@pytest.mark.usefixtures("installed")
def test_uncaught_errors_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except OSError as error:
        sys.excepthook(OSError, error, error.__traceback__)
    text = capsys.readouterr().err
    assert "rtsp://***@cam.local" in text
    assert "hunter2" not in text


def test_a_message_that_does_not_fit_its_arguments_is_logged_all_the_same(installed: io.StringIO) -> None:
    logging.getLogger("glimpse.test").warning("%d frames from %s", URL)
    assert "%d frames" in installed.getvalue()
    assert "hunter2" not in installed.getvalue()

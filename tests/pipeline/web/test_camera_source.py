"""Passwords stay in the file."""

import pytest

from pipeline.web.camera_source import check_source, shown_source

FILE = "a: ${env:DOOR}\n"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("rtsp://u:${env:DOOR}@h/x", "rtsp://u:${env:DOOR}@h/x"),
        ("rtsp://h/x?password=${env:DOOR}", "rtsp://h/x?password=${env:DOOR}"),
        ("rtsp://u:pw@h/x", "rtsp://***@h/x"),
        ("rtsp://u:${env:DOOR}@h/x?password=pw", "rtsp://***@h/x?password=***"),
        ("rtsp://h/x", "rtsp://h/x"),
        (0, "0"),
    ],
)
def test_what_is_shown_holds_no_password(raw: object, shown: str) -> None:
    assert shown_source(raw) == shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rtsp://***@h/x", "stands for a password"),
        ("rtsp://u:${env:HOME}@h/x", "the file names already"),
        ("/etc/passwd", "live camera"),
        ("file:///etc/passwd", "live camera"),
        ("0", "live camera"),
        ("http://h/clip.mp4", "not of a recording"),
        ("", "live camera"),
    ],
)
def test_what_a_page_must_not_set_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_source(text, file_text=FILE)


def test_a_live_camera_is_taken() -> None:
    check_source("rtsp://u:${env:DOOR}@10.0.0.2/main", file_text=FILE)

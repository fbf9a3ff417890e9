"""A camera's URL is read in one way only, and a refused one is not repeated."""

import pytest

from pipeline.capture.source_url import SourceUrlError, encode_part, parse_source_url


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("rtsp://admin:hun?ter=2@cam/main?x=1", "rtsp://admin:hun%3Fter%3D2@cam/main?x=1"),
        ("rtsp://admin:pa?x=1@cam:554/h", "rtsp://admin:pa%3Fx%3D1@cam:554/h"),
        ("rtsp://admin:p@ss@10.0.0.7:554/x", "rtsp://admin:p%40ss@10.0.0.7:554/x"),
        ("rtsp://admin:p@ss:w/rd@[fe80::1]/x", "rtsp://admin:p%40ss%3Aw%2Frd@[fe80::1]/x"),
        ("rtsp://admin:p%40ss#1@cam", "rtsp://admin:p%40ss%231@cam"),
        ("http://cam/v?password=a@;b", "http://cam/v?password=a@;b"),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
        ("srt://:9000?mode=listener", "srt://:9000?mode=listener"),
    ],
)
def test_what_ffmpeg_is_given(text: str, location: str) -> None:
    assert parse_source_url(text).location == location


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:12?x=1@cam/y",  # host `admin`, port 12
        "rtsp://admin:554/s3cret@cam/y",
        "rtsp://admin:a@s3cret/w@cam/y",  # host `s3cret`
        "rtsp://cam/live?password=a@s3cret",
        "http://cam/picture@s3cret.mjpg",
        "rtsp://us/er:s3cret@cam/x",
    ],
)
def test_a_url_with_two_readings_is_refused(text: str) -> None:
    with pytest.raises(SourceUrlError, match="two ways; write %40") as caught:
        parse_source_url(text)
    assert "s3cret" not in str(caught.value)
    assert "cam" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rtsp://admin:s3cret", "expected rtsp://user:password@host:port/path"),
        ("rtsp://admin:s3cret@", "expected a host"),
        ("rtsp://admin:x@cam:s3cret/", "expected rtsp://"),
        ("rtsp://admin:s3 cret@cam/", "write %20"),
        ("admin:s3cret://cam/", "unknown URL scheme"),
        ("s3cret://cam/", "unknown URL scheme"),
    ],
)
def test_a_refused_url_is_not_repeated(text: str, message: str) -> None:
    with pytest.raises(SourceUrlError, match=message) as caught:
        parse_source_url(text)
    assert "s3cret" not in str(caught.value)


def test_what_is_secret_in_a_url() -> None:
    secrets = set(parse_source_url("rtsp://tok-1:hun?ter=2@cam/x?password=a'b;c&channel=1").secrets())
    assert {"hun?ter=2", "tok-1", "a'b;c"} <= secrets
    assert "admin" not in set(parse_source_url("rtsp://admin:hunter2@cam/x").secrets())


def test_what_is_encoded_already_stays() -> None:
    assert encode_part("a%40b%zz@") == "a%40b%25zz%40"

"""Every form of source is parsed, and errors say what was expected."""

from pathlib import Path

import pytest

from pipeline.capture.sources import NAME_PATTERN, Source, SourceKind, list_images, make_names_unique, parse_source


def one(text: str, name: str = "") -> Source:
    (source,) = parse_source(text, name=name)
    return source


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("rtsp://u:p@cam.local:554/h264/main", "cam.local-h264-main", SourceKind.LIVE),
        ("RTSP://192.168.0.2", "192.168.0.2", SourceKind.LIVE),
        ("rtsp://192.168.0.2:8554/", "192.168.0.2-8554", SourceKind.LIVE),
        ("http://h/video.mjpg?token=abc", "h-video.mjpg", SourceKind.LIVE),
        ("https://h/clip.mp4?token=abc", "h-clip.mp4", SourceKind.VIDEO),
        ("udp://@:1234", "1234", SourceKind.LIVE),
        ("rtsp://[fe80::1]:554/x", "fe80-1-x", SourceKind.LIVE),
        ("0", "video0", SourceKind.WEBCAM),
        ("/dev/video3", "video3", SourceKind.WEBCAM),
    ],
)
def test_streams_and_devices(text: str, name: str, kind: SourceKind) -> None:
    source = one(text)
    assert (source.name, source.kind) == (name, kind)
    assert source.live == (kind in (SourceKind.LIVE, SourceKind.WEBCAM))


def test_password_goes_to_ffmpeg_encoded_and_nowhere_else() -> None:
    source = one("rtsp://admin:p@ss:w/r?d%@cam/main?x=1")
    assert source.location == "rtsp://admin:p%40ss%3Aw%2Fr%3Fd%25@cam/main?x=1"
    assert source.name == "cam-main"
    assert repr(source) == "Source(name='cam-main', location='rtsp://***@cam/main?x=1', kind=live)"
    assert f"{source}" == repr(source)
    assert one("rtsp://u:a%40b@h/x").location == "rtsp://u:a%40b@h/x", "already encoded"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a URL"),
        ("rstp://a:secret@h/x", r"did you mean rtsp://"),
        ("gopher://a:secret@h/x", r"expected one of rtsp"),
        ("rtsp://a:my secret@h/x", r"'rtsp://\*\*\*': expected no spaces"),
        ("rtsp://a:secret@h:99999/x", r"port"),
        ("rtsp:///x", r"expected a host"),
    ],
)
def test_bad_sources_say_why_without_the_password(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        parse_source(text)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_misspelt_file_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "entrance.mp4").touch()
    with pytest.raises(FileNotFoundError, match=r"did you mean .*entrance\.mp4"):
        parse_source(str(tmp_path / "entrnce.mp4"))
    with pytest.raises(FileNotFoundError, match="and no folder"):
        parse_source(str(tmp_path / "nowhere" / "x.mp4"))


def test_a_folder_is_one_recording_per_video_and_one_of_all_pictures(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.MOV", "10.jpg", "2.jpg", "01.png", "notes.txt"):
        (tmp_path / name).touch()
    sources = parse_source(str(tmp_path))
    assert [(source.name, source.kind) for source in sources[:2]] == [("a", SourceKind.VIDEO), ("b", SourceKind.VIDEO)]
    assert sources[2].kind is SourceKind.IMAGES
    assert [path.name for path in list_images(sources[2].location)] == ["01.png", "2.jpg", "10.jpg"]


def test_globs_and_single_pictures(tmp_path: Path) -> None:
    for name in ("x1.mp4", "x2.mp4", "y.mp4", "p1.jpg", "p2.jpg", "q.jpg"):
        (tmp_path / name).touch()
    assert [source.name for source in parse_source(str(tmp_path / "x*.mp4"))] == ["x1", "x2"]
    source = one(str(tmp_path / "p*.jpg"))
    assert source.kind is SourceKind.IMAGES
    assert [path.name for path in list_images(source.location)] == ["p1.jpg", "p2.jpg"]
    assert [path.name for path in list_images(one(str(tmp_path / "q.jpg")).location)] == ["q.jpg"]
    assert one(f"file://{tmp_path}/y.mp4").kind is SourceKind.VIDEO


def test_a_name_with_a_bracket_is_a_file_before_it_is_a_glob(tmp_path: Path) -> None:
    (tmp_path / "cam[1].mp4").touch()
    assert one(str(tmp_path / "cam[1].mp4")).name == "cam-1-.mp4".removesuffix("-.mp4")


def test_nothing_to_play(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    for text in (str(tmp_path), str(tmp_path / "*")):
        with pytest.raises(ValueError, match="expected videos or images"):
            parse_source(text)


def test_names(tmp_path: Path) -> None:
    for name in ("Überwachung 1.mp4", "--.mp4", "a" * 90 + ".mp4", "x.mp4", "x.mov"):
        (tmp_path / name).touch()
    sources = parse_source(str(tmp_path))
    names = [source.name for source in sources]
    assert len(set(names)) == 5
    assert all(NAME_PATTERN.fullmatch(name) for name in names)
    assert {"x", "x-2", "source", "berwachung-1"} <= set(names)
    assert [source.name for source in parse_source(str(tmp_path / "x.m*"), name="door")] == ["door-x", "door-x-2"]
    assert one("0", name="door").name == "door"
    with pytest.raises(ValueError, match="name 'a/b'"):
        parse_source("0", name="a/b")


def test_unique_keeps_the_names_people_gave() -> None:
    given = [Source(name, str(index), SourceKind.WEBCAM) for index, name in enumerate(["x", "x", "x-2", "x"])]
    assert [source.name for source in make_names_unique(given)] == ["x", "x-3", "x-2", "x-4"]


def test_the_home_of_an_unknown_user_is_a_missing_file() -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        parse_source("~nobody-of-this-name/x.mp4")


def test_a_name_no_file_can_have() -> None:
    with pytest.raises(ValueError, match="File name too long, expected a URL"):
        parse_source("x" * 300)

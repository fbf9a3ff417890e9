"""Every form of source is parsed, and errors say what was expected."""

import os
from pathlib import Path

import pytest

from pipeline.capture.camera_names import NAME_PATTERN
from pipeline.capture.sources import Source, SourceKind, list_images, make_names_unique, parse_source


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
        ("rtsp://h/v.mjpg;k=VALUE", "h-v.mjpg", SourceKind.LIVE),
        ("rtsp://h/v.mjpg;VALUE/more", "h-v.mjpg", SourceKind.LIVE),
        ("rtsp://h/v%3BVALUE", "h-v", SourceKind.LIVE),
        ("rtsp://h/v%3fVALUE", "h-v", SourceKind.LIVE),
        ("rtsp://h/v&k=VALUE", "h-v", SourceKind.LIVE),
        ("rtsp://h/live/k=VALUE/main", "h-live", SourceKind.LIVE),
        ("rtsp://h/live/k%3DVALUE/main", "h-live", SourceKind.LIVE),
        ("rtsp://h/k=VALUE", "h", SourceKind.LIVE),
        ("rtsp://h:8554/;k=VALUE", "h", SourceKind.LIVE),
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
    assert {"x", "x-2", "source"} <= set(names)
    assert any(name.startswith("Uberwachung-1-") for name in names)
    assert [source.name for source in parse_source(str(tmp_path / "x.m*"), name="door")] == ["door-x", "door-x-2"]
    assert one("0", name="door").name == "door"
    (tmp_path / "вход.mp4").touch()
    assert one("0", name="вход").name == one(str(tmp_path / "вход.mp4")).name == "source-d291253f"
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


def test_a_path_that_exists_is_no_webcam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "clip.mp4").touch()
    (tmp_path / "7").touch()
    assert (one("2024").name, one("2024").kind) == ("clip", SourceKind.VIDEO)
    assert one("7").kind is SourceKind.VIDEO
    assert one("8").kind is SourceKind.WEBCAM
    assert one("9" * 300).kind is SourceKind.WEBCAM
    assert one("9" * 5000).kind is SourceKind.WEBCAM  # more digits than Python makes a number of
    assert (one("007").location, one("00").location) == ("/dev/video7", "/dev/video0")
    with pytest.raises(FileNotFoundError):
        parse_source("٣")


@pytest.mark.parametrize("host", ["", "localhost"])
def test_a_file_url_is_decoded(tmp_path: Path, host: str) -> None:
    for name in ("a b.mp4", "100%.mp4", "вход.mp4", os.fsdecode(b"caf\xe9.mp4")):
        (tmp_path / name).touch()
        source = one(tmp_path.joinpath(name).as_uri().replace("file://", f"file://{host}"))
        assert source.location == str(tmp_path / name)


@pytest.mark.parametrize("start", ["file:", "FILE:", "file://", "File://LocalHost", "file:///", "file:///%2e/"])
def test_every_form_of_a_file_url(tmp_path: Path, start: str) -> None:
    (tmp_path / "a#b?c 100%.mp4").touch()
    path = str(tmp_path / "a%23b%3Fc%20100%25.mp4")
    assert Path(one(f"{start}{path}").location).resolve() == tmp_path / "a#b?c 100%.mp4"


@pytest.mark.parametrize(
    "url", ["file://", "file://nas/share/x.mp4", "file://localhost", "file://x.mp4", "file://C:/x"]
)
def test_a_file_url_of_another_machine_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected file:///path, as a file URL names files of this machine"):
        parse_source(url)


def test_a_link_to_nothing_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to("b.mp4")
    (tmp_path / "b.mp4").symlink_to("a.mp4")
    with pytest.raises(FileNotFoundError, match=r"a\.mp4': a link to a file that does not exist"):
        parse_source(str(tmp_path / "a.mp4"))


def test_a_glob_through_a_link_that_leads_back_gives_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "a.mp4").touch()
    assert one(str(tmp_path / "**" / "*.mp4")).location == str(tmp_path / "a.mp4")


def test_names_of_other_scripts_differ_and_stay_the_same(tmp_path: Path) -> None:
    files = [
        "вход.mp4",
        "выход.mp4",
        "門.mp4",
        "Café.mp4",
        "Cafè.mp4",
        os.fsdecode(b"\xff.mp4"),
        os.fsdecode(b"\xfe.mp4"),
    ]
    for name in files:
        (tmp_path / name).touch()
    names = {source.location: source.name for source in parse_source(str(tmp_path))}
    assert len(set(names.values())) == len(files)
    assert all(NAME_PATTERN.fullmatch(name) for name in names.values())
    for name in files:
        assert one(str(tmp_path / name)).name == names[str(tmp_path / name)], "alone or among others"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Streaming/Channels/101", "channel-1"),
        ("/Streaming/Channels/102?transportmode=unicast", "channel-1-sub"),
        ("/ISAPI/Streaming/channels/1603", "channel-16-stream-3"),
        ("/Streaming/tracks/201?starttime=20260101t000000z", "channel-2"),
        ("/cam/realmonitor?channel=1&subtype=0", "channel-1"),
        ("/cam/realmonitor?channel=12&subtype=1", "channel-12-sub"),
        ("/user=admin_password=geheim_channel=3_stream=0.sdp?real_stream", "channel-3"),
        ("/user=admin&password=geheim&channel=3&stream=1.sdp", "channel-3-sub"),
        ("/h264Preview_01_main", "channel-1"),
        ("/h265Preview_02_sub", "channel-2-sub"),
        ("/Preview_03_main", "channel-3"),
        ("/unicast/c1/s0/live", "channel-1"),
        ("/unicast/c4/s1/live", "channel-4-sub"),
        ("/h264/ch2/main/av_stream", "channel-2"),
        ("/axis-media/media.amp?camera=2", "channel-2"),
    ],
)
def test_recorders_are_named_by_channel_without_credentials(path: str, name: str) -> None:
    source = one(f"rtsp://admin:geheim@192.168.1.9:554{path}")
    assert source.name == f"192.168.1.9-{name}"


def test_what_a_folder_holds_beside_cameras_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.mp4", "b.jpg", "c.HEIC", "d.jfif", "notes.txt", "._a.mp4", ".hidden.mp4", "Thumbs.db"):
        (tmp_path / name).touch()
    for folder in ("@eaDir", "__MACOSX", ".thumbnails", "2025"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.mp4").touch()
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    with caplog.at_level("INFO"):
        sources = parse_source(str(tmp_path))
    assert [source.name for source in sources] == ["a", tmp_path.name]
    assert [path.name for path in list_images(sources[1].location)] == ["b.jpg", "c.HEIC", "d.jfif"]
    lines = sorted(record.getMessage() for record in caplog.records)
    assert lines == sorted(
        [
            f"'{tmp_path}/2025' is left out: folders within a folder are not searched (a glob with ** does)",
            f"'{tmp_path}/gone.mp4' is left out: a link to a file that does not exist",
            f"'{tmp_path}/notes.txt' is left out: no ending of a video or picture (.txt)",
            "6 hidden files, thumbnails and folders of the system are left out",
        ]
    )
    assert [source.name for source in parse_source(str(tmp_path / "**" / "*.mp4"))] == ["x", "a"]


def test_what_a_person_names_is_taken(tmp_path: Path) -> None:
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / ".x.jpg").touch()
    assert [path.name for path in list_images(one(str(tmp_path / "@eaDir" / ".x.jpg")).location)] == [".x.jpg"]

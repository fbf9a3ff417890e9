"""What the libraries inside wheels say of themselves."""

import cv2
import pytest

from install import built_in
from install.built_in import describe_libraries


def test_the_libraries_inside_the_wheels_say_their_licences() -> None:
    assert "FFmpeg's libavcodec" in describe_libraries()


def test_each_library_of_ffmpeg_has_its_version_and_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    meta = {"libb": {"version": (2, 3), "license": "GPL version 3"}, "liba": {"version": (1, 0, 5), "license": "LGPL"}}
    monkeypatch.setattr(built_in, "library_meta", meta)
    lines = [line for line in describe_libraries().splitlines() if line.startswith("| av ")]
    assert lines == ["| av | FFmpeg's liba 1.0.5 | LGPL |", "| av | FFmpeg's libb 2.3 | GPL version 3 |"]


@pytest.mark.parametrize(
    ("information", "libraries"),
    [
        (
            "    QT:    YES (ver 5.15)  \n  avcodec:  YES (59.37)\n",
            ["Qt: YES (ver 5.15)", "FFmpeg's avcodec: YES (59.37)"],
        ),
        ("    GUI: NONE\n    avcodec:    NO\n", ["FFmpeg's avcodec: NO"]),
        ("", []),
    ],
)
def test_opencv_names_what_its_build_has(
    monkeypatch: pytest.MonkeyPatch, information: str, libraries: list[str]
) -> None:
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: information)
    lines = [line for line in describe_libraries().splitlines() if line.startswith("| opencv-python ")]
    assert lines == [f"| opencv-python | {library} | not said |" for library in libraries]

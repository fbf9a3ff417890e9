"""A connection yields whole frames with their timestamps, and every error has a reason without the password.

Files stand in for cameras: FFmpeg opens both alike. test_live.py connects to a real RTSP server.
"""

from pathlib import Path

import av
import pytest

from pipeline.capture.pixels import to_bgr
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.stream import Failure, Stream, classify_error
from pipeline.capture.video_stream import NoVideoError
from tests.synthetic.video import number_of, numbered, write_clip, write_sound

URL = "rtsp://u:s3cr3t@10.0.0.7/x"


def open_stream(path: Path) -> Stream:
    return Stream(Source("cam", str(path), SourceKind.LIVE), open_timeout=5, read_timeout=5)


def test_frames_keep_the_timestamps_of_the_stream(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", numbered(5), times=[0, 0.1, 0.4, 0.5, 3.0])
    with open_stream(path) as stream:
        frames = list(stream.frames())
    assert [number_of(to_bgr(frame.frame)) for frame in frames] == list(range(5))
    assert [frame.timestamp for frame in frames] == pytest.approx([0, 0.1, 0.4, 0.5, 3.0], abs=1e-3)
    assert {frame.capture_time for frame in frames} == {None}


def test_formats_without_timestamps_have_none(tmp_path: Path) -> None:
    with open_stream(write_clip(tmp_path / "clip.h264", numbered(5))) as stream:
        frames = list(stream.frames())
    assert [number_of(to_bgr(frame.frame)) for frame in frames] == list(range(5))
    assert {frame.timestamp for frame in frames} == {None}


def test_stream_without_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoVideoError):
        open_stream(write_sound(tmp_path / "sound.mp4"))


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (av.error.HTTPUnauthorizedError(401, "401", URL), Failure("wrong user or password", persistent=True)),
        (av.error.HTTPForbiddenError(403, "403", URL), Failure("wrong user or password", persistent=True)),
        (av.error.HTTPNotFoundError(404, "404", URL), Failure("no such stream", persistent=True)),
        (NoVideoError(), Failure("the stream has no video", persistent=True)),
        (av.error.InvalidDataError(1, "invalid", URL), Failure("the data is not valid video")),
        (av.error.ConnectionRefusedError(111, "refused", URL), Failure("connection refused")),
        (av.error.ConnectionResetError(104, "reset", URL), Failure("connection lost")),
        (av.error.TimeoutError(110, "timed out", URL), Failure("no answer")),
        (av.error.FileNotFoundError(2, "no file", URL), Failure("no such device")),
        (av.error.OSError(93, "protocol", URL), Failure("the camera does not support RTP over TCP", persistent=True)),
        (av.error.OSError(7777, f"odd {URL}", URL), Failure("odd rtsp://***@10.0.0.7/x")),
        (RuntimeError(f"odd {URL}"), Failure("RuntimeError: odd rtsp://***@10.0.0.7/x")),
    ],
)
def test_errors_have_a_reason_without_the_password(error: Exception, failure: Failure) -> None:
    assert classify_error(error) == failure

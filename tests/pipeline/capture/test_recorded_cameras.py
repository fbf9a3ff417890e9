"""Sessions of cameras that do something wrong, said again byte by byte: what is whole is delivered, in order.

tests/synthetic/rtsp_tape.py recorded them.
"""

import base64

import av
import numpy as np
import pytest

from pipeline.capture.pixels import to_bgr
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.stream import Failure, Stream, classify_error
from pipeline.capture.video_stream import NoVideoError
from tests.synthetic.rtsp_tape import MOODS, Tape, playing, read_tape
from tests.synthetic.video import number_of


def watch(tape: Tape) -> tuple[list[int], list[float | None], Failure | None]:
    """The numbers painted on the pictures that come, their capture times, and why the connection ended."""
    numbers, times = [], []
    with playing(tape) as url:
        try:
            with Stream(Source("cam", url, SourceKind.LIVE), open_timeout=5, read_timeout=1) as stream:
                for frame in stream.frames():
                    numbers.append(number_of(to_bgr(frame.frame)))
                    times.append(frame.capture_time)
        except (av.FFmpegError, NoVideoError, OSError) as error:
            return numbers, times, classify_error(error)
    return numbers, times, None


def is_in_order(numbers: list[int]) -> bool:
    """Whether these are pictures of a loop of eight, each the next or a later one."""
    steps = np.diff(numbers) % 8
    return bool((steps >= 1).all() and (steps <= 4).all())


@pytest.mark.parametrize(
    "name",
    [
        *("well", "no_sender_reports", "clock_a_year_ahead", "wrong_clock_rate", "no_content_base", "no_control"),
        *("control_with_query", "no_session_timeout", "wrong_rtp_info", "other_channels", "bye_in_mid_stream"),
        "no_parameter_sets_in_description",
    ],
)
def test_every_picture_comes(name: str) -> None:
    numbers, times, failure = watch(read_tape(name))
    assert failure in (None, Failure("no answer")), "the tape ends there"
    assert len(numbers) >= 18
    assert numbers[:8] == list(range(8))
    assert set(np.diff(numbers) % 8) == {1}
    assert (set(times) == {None}) == (name == "no_sender_reports")


def test_pictures_begin_at_a_key_frame() -> None:
    numbers, _, _ = watch(read_tape("begins_between_key_frames"))
    assert numbers[0] == 4
    assert is_in_order(numbers)


@pytest.mark.parametrize("name", ["no_key_frame", "channels_swapped"])
def test_without_a_key_frame_and_from_other_channels_nothing_is_shown(name: str) -> None:
    assert watch(read_tape(name))[0] == []


def test_a_description_without_a_codec_is_named() -> None:
    assert watch(read_tape("no_codec_in_description"))[2] == Failure(
        "FFmpeg does not know the video's codec", persistent=True
    )


def test_corrupt_pictures_put_no_other_out_of_order() -> None:
    numbers, _, _ = watch(read_tape("every_third_frame_corrupt"))
    assert len(numbers) >= 5
    assert is_in_order(numbers)


def test_a_camera_for_udp_alone_is_named() -> None:
    assert watch(read_tape("udp_only"))[2] == Failure("the camera does not support RTP over TCP", persistent=True)


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.9])
def test_a_session_that_is_cut_anywhere_ends_without_a_wrong_picture(share: float) -> None:
    *probes, session = read_tape("well")
    data = [(requests, base64.b64decode(text)) for requests, text in session]
    left = int(sum(len(answer) for _, answer in data) * share)
    cut = []
    for requests, answer in data:
        cut.append((requests, base64.b64encode(answer[: max(0, left)]).decode()))
        left -= len(answer)
    numbers, _, _ = watch([*probes, cut])
    assert numbers == [number % 8 for number in range(len(numbers))]


def test_there_is_a_tape_for_every_mood() -> None:
    assert all(read_tape(name) for name in MOODS)

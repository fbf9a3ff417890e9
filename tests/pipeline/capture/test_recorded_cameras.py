"""Sessions of cameras that do something wrong, said again byte by byte: what is whole is delivered, in order.

tests/synthetic/rtsp_tape.py recorded them.
"""

import base64

import av
import numpy as np
import pytest

from pipeline.capture.pixels import to_bgr
from pipeline.capture.redirects import WrongLoginError
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.stream import Failure, Stream, classify_error
from pipeline.capture.video_stream import NoVideoError
from tests.synthetic.rtsp_tape import MOODS, Tape, after, playing, read_tape
from tests.synthetic.video import number_of


def watch(tape: Tape) -> tuple[list[int], list[float | None], Failure | None]:
    """The numbers painted on the pictures that come, their capture times, and why the connection ended."""
    numbers, times = [], []
    with playing(tape) as url:
        try:
            source = Source("cam", url, SourceKind.LIVE)
            with Stream(source, open_timeout=5, read_timeout=1, give_up=after(1)) as stream:
                for frame in stream.frames():
                    numbers.append(number_of(to_bgr(frame.frame)))
                    times.append(frame.capture_time)
        except (av.FFmpegError, NoVideoError, OSError, WrongLoginError) as error:
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
        *("no_parameter_sets_in_description", "sender_reports_without_time", "sequence_jumps"),
        *("garbage_between_packets", "packets_of_unknown_channels", "packets_without_content"),
    ],
)
def test_every_picture_comes(name: str) -> None:
    numbers, times, failure = watch(read_tape(name))
    assert failure in (None, Failure("no answer")), "the tape ends there"
    assert len(numbers) >= 18
    assert numbers[:8] == list(range(8))
    assert set(np.diff(numbers) % 8) == {1}
    assert (set(times) == {None}) == (name in ("no_sender_reports", "sender_reports_without_time"))


def test_packets_that_come_twice_show_each_picture_once() -> None:
    numbers, _, failure = watch(read_tape("packets_come_twice"))
    assert failure is None
    assert numbers == [number % 8 for number in range(12)]


def test_a_camera_that_refuses_every_login_is_asked_three_times_at_most() -> None:
    tape = read_tape("refuses_every_login")
    assert sum(map(len, tape)) == 3, "OPTIONS, without a login, and with it"
    assert watch(tape) == ([], [], Failure("wrong user or password", persistent=True))


@pytest.mark.parametrize("name", [name for name in MOODS if name.startswith("content_length")])
def test_a_description_of_a_wrong_length_fails_with_a_reason(name: str) -> None:
    """FFmpeg reads as much as the camera says, so nothing can be shown; no length makes anybody wait for ever."""
    numbers, _, failure = watch(read_tape(name))
    assert numbers == []
    assert failure is not None
    assert failure.reason in ("the data is not valid video", "connection lost", "no answer")


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

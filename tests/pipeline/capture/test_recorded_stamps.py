"""Files whose timestamps are wrong play as long as they are: frames in their order, media time, `end` and `fps`."""

from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.recording import RecordingReader
from pipeline.capture.sources import parse_source
from pipeline.settings.types import CameraDefaults
from pipeline.types import Frame
from tests.synthetic.transport_stream import Change, restamp
from tests.synthetic.video import number_of, numbered, write_clip

FPS = 25
COUNT = 50
STEADY = [index / FPS for index in range(COUNT)]
B_FRAMES = {"preset": "medium", "tune": "fastdecode", "bf": "3"}


def play(path: Path, settings: CameraDefaults | None = None) -> list[Frame]:
    """Read a recording to its end as the engine does; checks that frames come in the order of their pictures."""
    mailbox = Mailbox()
    mailbox.register("clip", live=False)
    reader = RecordingReader(parse_source(str(path), name="clip")[0], mailbox, settings or CameraDefaults())
    reader.start()
    items = []
    while mailbox.open:
        items += mailbox.take(10)
    reader.join(5)
    frames = [item for item in items if isinstance(item, Frame)]
    assert [number_of(frame.image) for frame in frames] == [frame.index % COUNT for frame in frames]
    assert all(a.media_time < b.media_time for a, b in pairwise(frames))
    return frames


def times(path: Path) -> list[float]:
    return [frame.media_time for frame in play(path)]


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of MPEG-TS without B-frames."""
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.ts", numbered(COUNT), fps=FPS)


@pytest.fixture(scope="module")
def b_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of MPEG-TS with B-frames."""
    return write_clip(tmp_path_factory.mktemp("clips") / "b.ts", numbered(COUNT), fps=FPS, **B_FRAMES)


@pytest.mark.parametrize("suffix", ["avi", "mp4", "mkv", "ts"])
def test_b_frames(tmp_path: Path, suffix: str) -> None:
    path = write_clip(tmp_path / f"clip.{suffix}", numbered(COUNT), fps=FPS, **B_FRAMES)
    assert times(path) == pytest.approx(STEADY, abs=1 / FPS + 1e-3)


def test_end_and_fps_count_in_seconds_of_the_recording(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", numbered(COUNT), fps=FPS, **B_FRAMES)
    assert len(play(path, CameraDefaults(end=1.0))) == pytest.approx(FPS, abs=1)
    assert len(play(path, CameraDefaults(fps=5))) == pytest.approx(10, abs=1)


def _swap(number: int, stamp: float) -> float:
    return stamp + {0: 1, 1: -1, 2: 0}[number % 3] / FPS


@pytest.mark.parametrize(
    "change",
    [
        lambda number, stamp: stamp + 5000 * (number == 20),
        lambda number, stamp: stamp + 5000 * (number == 0),
        lambda number, stamp: stamp + 5000 * (number == COUNT - 1),
        lambda number, stamp: stamp - 2 * (number % 10 == 5),
        lambda number, stamp: stamp - 2 * (20 <= number < 25),
        lambda number, stamp: stamp + 300 * (20 <= number < 23),
        _swap,
        lambda number, stamp: stamp + 5000 * (number >= 20),
        lambda number, stamp: stamp - 1 * (number >= 40),
        lambda number, stamp: 0.0,
    ],
    ids=["spike", "first", "last", "five early", "burst early", "burst late", "swapped", "jump", "back", "frozen"],
)
def test_wrong_stamps(stream: Path, tmp_path: Path, change: Change) -> None:
    assert times(restamp(stream, change, tmp_path / "wrong.ts")) == pytest.approx(STEADY, abs=1 / FPS + 1e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda number, stamp: stamp + 5000 * (number == 20),
        lambda number, stamp: stamp - 2 * (number % 10 == 5),
        lambda number, stamp: stamp + 5000 * (number >= 25),
        lambda number, stamp: stamp - 1 * (number >= 25),
    ],
    ids=["spike", "five early", "jump", "back"],
)
def test_wrong_stamps_among_b_frames(b_frames: Path, tmp_path: Path, change: Change) -> None:
    assert times(restamp(b_frames, change, tmp_path / "wrong.ts"))[-1] == pytest.approx(STEADY[-1], abs=2.1 / FPS)


def test_a_33_bit_clock_that_wraps(stream: Path, tmp_path: Path) -> None:
    before_wrap = 2**33 / 90_000 - 1
    path = restamp(stream, lambda number, stamp: before_wrap + number / FPS, tmp_path / "wrap.ts")
    assert times(path) == pytest.approx(STEADY, abs=1 / FPS)


@pytest.mark.parametrize("shift", [0.0, 7000.0, -0.5, 2.0], ids=["same clock", "later", "overlap", "in order"])
def test_two_recordings_joined(stream: Path, tmp_path: Path, shift: float) -> None:
    second = restamp(stream, lambda number, stamp: stamp + shift, tmp_path / "second.ts")
    joined = tmp_path / "joined.ts"
    joined.write_bytes(stream.read_bytes() + second.read_bytes())
    assert times(joined) == pytest.approx([index / FPS for index in range(2 * COUNT)], abs=1 / FPS + 1e-3)


def test_two_recordings_with_b_frames_joined(b_frames: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.ts"
    joined.write_bytes(2 * b_frames.read_bytes())
    assert times(joined)[-1] == pytest.approx((2 * COUNT - 1) / FPS, abs=2.1 / FPS)


@pytest.mark.parametrize("fps", [12, 25])
@pytest.mark.parametrize(("suffix", "codec"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_file_without_timestamps_plays_at_the_rate_that_its_codec_states(
    tmp_path: Path, suffix: str, codec: str, fps: int
) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(tmp_path / f"raw.{suffix}", numbered(COUNT), fps=fps, codec=codec, **options)
    assert times(path) == pytest.approx([index / fps for index in range(COUNT)])


def test_two_runs_give_the_same_times(stream: Path, tmp_path: Path) -> None:
    path = restamp(stream, lambda number, stamp: stamp + 5000 * (number % 7 == 3), tmp_path / "wrong.ts")
    assert times(path) == times(path)

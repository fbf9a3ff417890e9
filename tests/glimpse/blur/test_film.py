"""The blurred copy: its pictures, its times and its sound."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from detectors.arrays import Float32, Image
from glimpse.blur.film import write_film
from glimpse.errors import SourceError
from tests.synthetic.video import write_clip, write_rotated_clip

GREY, REGION, RATE = 128, (16, 16, 80, 80), 16_000


def clip(path: Path, frames: int = 20) -> Path:
    """A chessboard at 10 frames a second."""
    board = np.kron(np.indices((12, 16)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255
    return write_clip(path, (np.repeat(board[:, :, None], 3, axis=2) for _ in range(frames)), fps=10)


def with_sound(video: Path, target: Path, codec: str, *, begin: float = 0.0) -> Path:
    """The same video with two seconds of a tone that begins so many seconds after its first picture, or before."""
    with av.open(str(video)) as pictures, av.open(str(target), "w") as writer:
        copy = writer.add_stream_from_template(pictures.streams.video[0])
        sound = writer.add_stream(codec, rate=RATE, layout="mono")
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.dts is not None and packet.pts is not None and packet.time_base is not None:
                late = round(max(0.0, -begin) / packet.time_base)
                packet.stream, packet.pts, packet.dts = copy, packet.pts + late, packet.dts + late
                writer.mux(packet)
        tone = (np.sin(np.arange(2 * RATE) / 10) * 8000).astype(np.int16)
        for start in range(0, len(tone), 1000):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1000], format="s16", layout="mono")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = start + round(max(0.0, begin) * RATE)
            writer.mux(sound.encode(frame))
        writer.mux(sound.encode(None))
    return target


def write(recording: Path, regions: dict[int, Float32] | None = None) -> Path:
    target = recording.with_name("blurred.mp4")
    write_film(recording, target, regions or {}, style="black")
    return target


def pictures(film: Path) -> list[tuple[float, Image]]:
    with av.open(str(film)) as container:
        return [(float(frame.time or 0), frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


def sound_times(film: Path) -> tuple[str, float, float]:
    """Codec, begin and end of the sound, seconds."""
    with av.open(str(film)) as container:
        stream = container.streams.audio[0]
        frames = [(float(frame.time or 0), frame.samples / frame.sample_rate) for frame in container.decode(stream)]
        return stream.codec_context.name, frames[0][0], sum(frames[-1])


def test_every_picture_is_there_at_its_time_and_hidden_where_asked(tmp_path: Path) -> None:
    recording = clip(tmp_path / "clip.mp4")
    region = np.array([REGION], np.float32)
    shown = pictures(write(recording, {3: region, 4: region}))
    assert [time for time, _ in shown] == pytest.approx([index / 10 for index in range(20)], abs=0.002)
    x0, y0, x1, y1 = REGION
    brightness = [picture[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4].mean() for _, picture in shown]
    assert [index for index, mean in enumerate(brightness) if mean < 20] == [3, 4]
    assert all(picture[90:].mean() > 100 for _, picture in shown)


@pytest.mark.parametrize(("codec", "suffix", "stays"), [("aac", "mp4", "aac"), ("pcm_s16le", "mkv", "aac")])
def test_the_sound_is_kept(tmp_path: Path, codec: str, suffix: str, stays: str) -> None:
    recording = with_sound(clip(tmp_path / "clip.mp4"), tmp_path / f"sound.{suffix}", codec)
    name, begin, end = sound_times(write(recording))
    assert name == stays
    assert begin == pytest.approx(0, abs=0.08)
    assert end == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize(("begin", "first", "last"), [(0.5, 0.5, 2.5), (-0.5, 0, 1.5)])
def test_sound_that_begins_later_or_earlier_stays_in_step(
    tmp_path: Path, begin: float, first: float, last: float
) -> None:
    recording = with_sound(clip(tmp_path / "clip.mp4"), tmp_path / "sound.mkv", "pcm_s16le", begin=begin)
    _, start, end = sound_times(write(recording))
    assert start == pytest.approx(first, abs=0.1)
    assert end == pytest.approx(last, abs=0.15)


def test_a_film_turned_by_a_phone_is_written_upright(tmp_path: Path) -> None:
    recording = write_rotated_clip(tmp_path / "phone.mp4", np.full((120, 160, 3), GREY, np.uint8), 90)
    assert pictures(write(recording))[0][1].shape == (160, 120, 3)


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = clip(tmp_path / "clip.mp4")

    def fail(*_: object) -> bool:
        raise av.error.InvalidDataError(1, "no")

    monkeypatch.setattr("glimpse.blur.film.add_sound", fail)
    with pytest.raises(SourceError, match=r"clip\.mp4: expected a recording that can be written as MP4"):
        write(recording)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]

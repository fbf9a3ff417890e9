"""Sound of every kind beside the pictures of a film: none of it costs the film."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from glimpse.blur.sound import AAC_RATES, add_sound
from tests.glimpse.blur.test_film import clip, pictures

FREQUENCY = 200.0  # of the tone, Hz


def recording(folder: Path, codec: str, *, rate: int = 16_000, layout: str = "mono", seconds: float = 2.0) -> Path:
    """Two seconds of pictures with a tone."""
    target = folder / "recording.mkv"
    with av.open(str(clip(folder / "pictures.mp4"))) as silent, av.open(str(target), "w") as writer:
        copy = writer.add_stream_from_template(silent.streams.video[0])
        sound = writer.add_stream(codec, rate=rate, layout=layout)
        for packet in silent.demux(silent.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                writer.mux(packet)
        channels = len(av.AudioLayout(layout).channels)
        tone = (np.sin(2 * np.pi * FREQUENCY * np.arange(round(seconds * rate)) / rate) * 8000).astype(np.int16)
        for start in range(0, len(tone), 1000):
            samples = np.repeat(tone[start : start + 1000], channels)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start
            writer.mux(sound.encode(frame))
        writer.mux(sound.encode(None))
    return target


def add(folder: Path, source: Path) -> Path:
    assert add_sound(folder / "pictures.mp4", source, folder / "film.mp4")
    return folder / "film.mp4"


def heard(film: Path) -> tuple[float, float]:
    """How long the sound is, seconds, and the frequency of its loudest tone, Hz."""
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    samples = np.concatenate(frames)
    loudest = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
    return len(samples) / rate, float(loudest)


@pytest.mark.parametrize("rate", [1000, 8000, 15_360, 44_100, 96_000, 192_000])
def test_any_rate_becomes_one_that_players_know(tmp_path: Path, rate: int) -> None:
    film = add(tmp_path, recording(tmp_path, "pcm_s16le", rate=rate))
    seconds, frequency = heard(film)
    assert seconds == pytest.approx(2, abs=0.15)
    assert frequency == pytest.approx(FREQUENCY, abs=3)
    with av.open(str(film)) as container:
        assert container.streams.audio[0].rate in AAC_RATES
    assert len(pictures(film)) == 20


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 2)])
def test_any_number_of_channels_becomes_one_or_two(tmp_path: Path, layout: str, channels: int) -> None:
    film = add(tmp_path, recording(tmp_path, "pcm_s16le", rate=48_000, layout=layout))
    assert heard(film)[1] == pytest.approx(FREQUENCY, abs=3)
    with av.open(str(film)) as container:
        assert container.streams.audio[0].layout.nb_channels == channels


@pytest.mark.parametrize("seconds", [0.0, 0.001])
def test_sound_that_hardly_is_there_costs_no_picture(tmp_path: Path, seconds: float) -> None:
    assert len(pictures(add(tmp_path, recording(tmp_path, "pcm_s16le", seconds=seconds)))) == 20


@pytest.mark.parametrize("codec", ["flac", "mp2", "pcm_s16le"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_damaged_sound_costs_no_picture(tmp_path: Path, codec: str, is_cut: bool) -> None:
    source = recording(tmp_path, codec)
    data = bytearray(source.read_bytes())
    for at in np.random.default_rng(1).integers(len(data) // 2, len(data) - 2000, 60):
        data[at] ^= 0xFF
    source.write_bytes(data[: len(data) * 2 // 3] if is_cut else data)
    film = add(tmp_path, source)
    assert len(pictures(film)) == 20
    assert heard(film)[0] > 0.5


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    silent = clip(tmp_path / "pictures.mp4")
    assert not add_sound(silent, silent, tmp_path / "film.mp4")
    assert len(pictures(tmp_path / "film.mp4")) == 20

"""Puts the sound of a recording beside the pictures of a film, as it is where MP4 can hold it, otherwise as AAC."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

SoundPacket: TypeAlias = "Packet[AudioStream]"
COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
"""Codecs that players read in MP4."""
AAC_RATES = frozenset(
    (7350, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
)
"""Samples a second that AAC has a number for (ISO 14496-3, table 1.18)."""
USUAL_RATE = 48_000


def add_sound(film: Path, recording: Path, target: Path) -> bool:
    """Write `target`, an MP4 with the pictures of `film` and the sound of `recording`; whether it has any.

    Both begin at the first picture of the recording. Raises av.FFmpegError and OSError.
    """
    with (
        av.open(str(recording.absolute()), metadata_errors="replace") as sound_file,
        av.open(str(film.absolute())) as pictures,
        av.open(str(target.absolute()), "w", format="mp4", options={"movflags": "faststart"}) as writer,
    ):
        copy = writer.add_stream_from_template(pictures.streams.video[0])
        sound = _Sound(sound_file, writer) if sound_file.streams.audio else None
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                time = float(packet.dts * packet.time_base)
                writer.mux([*(sound.until(time) if sound else ()), packet])
        writer.mux(list(sound.until(float("inf"))) if sound else [])
    return sound is not None


class _Sound:
    """The sound of a recording as packets of a film."""

    def __init__(self, container: InputContainer, writer: OutputContainer) -> None:
        self._source = container.streams.audio[0]
        self._is_copied = self._source.codec_context.name in COPIED
        self._begin = _start_of_pictures(container)
        self._stream = _add_stream(writer, self._source, copied=self._is_copied)
        self._packets = self._copied(container) if self._is_copied else self._encoded(container)
        self._waiting: SoundPacket | None = None

    def until(self, seconds: float) -> Iterator[SoundPacket]:
        """The packets that begin before this time of the film."""
        while (packet := self._waiting or next(self._packets, None)) is not None:
            self._waiting = packet
            if packet.dts is None or packet.time_base is None or float(packet.dts * packet.time_base) > seconds:
                return
            self._waiting = None
            yield packet

    def _copied(self, container: InputContainer) -> Iterator[SoundPacket]:
        for packet in container.demux(self._source):
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            offset = round(self._begin / packet.time_base)
            packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
            if packet.dts >= 0:
                packet.stream = self._stream
                yield packet

    def _encoded(self, container: InputContainer) -> Iterator[SoundPacket]:
        rate = self._stream.codec_context.sample_rate
        resampler = av.AudioResampler(format="fltp", layout=self._stream.layout, rate=rate)
        for frame in _decode(container, self._source):
            if frame.pts is None or frame.time_base is None:
                continue
            frame.pts -= round(self._begin / frame.time_base)
            if frame.pts >= 0:
                for part in resampler.resample(frame):
                    yield from self._stream.encode(part)
        yield from self._stream.encode(None)


def _decode(container: InputContainer, source: AudioStream) -> Iterator[AudioFrame]:
    """The frames of a stream, without damaged packets: one of them must not cost the film."""
    for packet in container.demux(source):
        with suppress(av.error.InvalidDataError):
            yield from packet.decode()


def _start_of_pictures(container: InputContainer) -> Fraction:
    """When the pictures begin, seconds on the clock of the file."""
    stream = container.streams.video[0]
    return Fraction(stream.start_time or 0) * (stream.time_base or 0)


def _add_stream(writer: OutputContainer, source: AudioStream, *, copied: bool) -> AudioStream:
    if copied:
        return writer.add_stream_from_template(source)
    rate = source.rate if source.rate in AAC_RATES else USUAL_RATE
    return writer.add_stream("aac", rate=rate, layout="mono" if source.layout.nb_channels == 1 else "stereo")

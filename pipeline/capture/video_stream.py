"""Chooses the video stream of a file or connection that is watched."""

from collections.abc import Collection
from contextlib import suppress
from itertools import islice

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from detectors.pictures import MAX_PICTURE_SIDE, PictureError, read_size
from pipeline.capture.geometry import MAX_FRAME_PIXELS

PICTURE_BRANDS = frozenset("heic heix heim heis hevm hevs mif1 msf1 avif avis miaf".split())
"""Major brands of HEIC and AVIF files (ISO/IEC 23008-12)."""

DECODER_OPTIONS = {"max_pixels": str(MAX_FRAME_PIXELS)}
"""What FFmpeg gets too, since a stream may change its size later."""


PROBED_PACKETS = 2000
"""Some tens of seconds: how far a stream is looked for that the header promises."""

CODECS_OF_PICTURES = frozenset({"mjpeg", "png", "jpeg2000", "gif", "webp", "tiff"})
"""A packet of these is a picture file, whose header tells the size."""


DAMAGE = (av.error.InvalidDataError, av.error.PatchWelcomeError, av.error.MemoryError)
"""What decoders say of a damaged packet. One that is damaged may ask for more memory than there is."""


class NoVideoError(Exception):
    """There is no video in it."""


class UnreadableVideoError(NoVideoError):
    """There is video that cannot be read here; the message says why."""


def choose_video_stream(container: InputContainer, *, empty: Collection[int] = ()) -> VideoStream:
    """The video stream that players show: one marked as default before others, then the one of most pixels.

    Cover images of audio files are no video. empty: indices of streams that come after all others.
    Raises NoVideoError and UnreadableVideoError.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise NoVideoError("audio only" if container.streams.audio else "no video stream")
    readable = [stream for stream in streams if _is_readable(stream)]
    if not readable:
        raise UnreadableVideoError("FFmpeg does not know the video's codec")
    if len(streams) > 1 and container.metadata.get("major_brand", "").strip() in PICTURE_BRANDS:
        raise UnreadableVideoError(f"a picture of {len(streams)} parts, of which one alone would be seen")
    chosen = max(readable, key=lambda stream: (stream.index not in empty, *_preference(stream)))
    _check_size(chosen.codec_context.width, chosen.codec_context.height)
    chosen.codec_context.options = DECODER_OPTIONS
    return chosen


def find_empty_streams(container: InputContainer) -> set[int]:
    """Indices of the video streams without a packet among the first ones; of a container that nobody else reads.

    Reads one packet where the stream that `choose_video_stream` prefers has one, as nearly always.
    """
    streams = [stream for stream in container.streams.video if _is_readable(stream)]
    if len(streams) < 2:
        return set()
    empty = {stream.index for stream in streams}
    preferred = max(streams, key=_preference).index
    with suppress(av.FFmpegError):
        for packet in islice(container.demux(streams), PROBED_PACKETS):
            if packet.size:
                empty.discard(packet.stream_index)
            if preferred not in empty:
                break
    return empty


def _preference(stream: VideoStream) -> tuple[bool, int]:
    return bool(stream.disposition & Disposition.default), _pixels(stream)


def decode_packet(packet: "Packet[VideoStream]") -> list[VideoFrame] | None:
    """The frames of a packet; None where it is damaged, or of another codec than the stream began with.

    Raises UnreadableVideoError for frames beyond the limits, which a stream may reach while it plays, and
    av.FFmpegError.
    """
    try:
        frames = packet.decode()
    except av.FFmpegError as error:
        _explain_refusal(packet, error)
        return None
    for frame in frames:
        _check_size(frame.width, frame.height)
    return frames


def _explain_refusal(packet: "Packet[VideoStream]", error: av.FFmpegError) -> None:
    """Raise what is wrong where more than the packet is; each of FFmpeg's decoders refuses a size in its own way."""
    codec = packet.stream.codec_context
    _check_size(codec.width, codec.height)
    if isinstance(error, DAMAGE):
        return
    if codec.name in CODECS_OF_PICTURES:
        _check_size(*_picture_size(bytes(packet)))
    if isinstance(error, av.error.OverflowError) or not codec.width:
        raise UnreadableVideoError(f"frames of unknown size, or of more than {_megapixels()} megapixels") from None
    raise error


def _picture_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header of a picture; 0, 0 where they cannot be read."""
    try:
        return read_size(data)
    except PictureError:
        return 0, 0


def _is_readable(stream: VideoStream) -> bool:
    # PyAV gives a stream without a decoder no codec context, which its types do not say.
    return stream.codec_context is not None


def _pixels(stream: VideoStream) -> int:
    """Pixels of a frame by the header; 0 where it does not tell."""
    return int(stream.codec_context.width) * int(stream.codec_context.height)


def _check_size(width: int, height: int) -> None:
    """Raise UnreadableVideoError for frames beyond the limits."""
    if width * height > MAX_FRAME_PIXELS:
        raise UnreadableVideoError(f"frames of {width}x{height}: expected at most {_megapixels()} megapixels")
    if max(width, height) > MAX_PICTURE_SIDE:
        raise UnreadableVideoError(f"frames of {width}x{height}: expected at most {MAX_PICTURE_SIDE} pixels a side")


def _megapixels() -> str:
    return f"{MAX_FRAME_PIXELS / 1e6:g}"

"""Chooses the video stream of a file or connection that is watched."""

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from pipeline.capture.geometry import MAX_FRAME_PIXELS

PICTURE_BRANDS = frozenset("heic heix heim heis hevm hevs mif1 msf1 avif avis miaf".split())
"""Major brands of HEIC and AVIF files (ISO/IEC 23008-12)."""

DECODER_OPTIONS = {"max_pixels": str(MAX_FRAME_PIXELS)}
"""What FFmpeg gets too, since a stream may change its size later."""


UNDECODABLE = (av.error.InvalidDataError, av.error.PatchWelcomeError)
"""What FFmpeg says of a packet that is damaged, or of another codec than the stream began with."""


class NoVideoError(Exception):
    """There is no video in it."""


class UnreadableVideoError(NoVideoError):
    """There is video that cannot be read here; the message says why."""


def choose_video_stream(container: InputContainer) -> VideoStream:
    """The video stream that players show: one marked as default before others, then the one of most pixels.

    Cover images of audio files are no video. Raises NoVideoError and UnreadableVideoError.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise NoVideoError("audio only" if container.streams.audio else "no video stream")
    readable = [stream for stream in streams if _is_readable(stream)]
    if not readable:
        raise UnreadableVideoError("FFmpeg does not know the video's codec")
    if len(streams) > 1 and container.metadata.get("major_brand", "").strip() in PICTURE_BRANDS:
        raise UnreadableVideoError(f"a picture of {len(streams)} parts, of which one alone would be seen")
    chosen = max(readable, key=lambda stream: (bool(stream.disposition & Disposition.default), _pixels(stream)))
    _check_size(chosen)
    chosen.codec_context.options = DECODER_OPTIONS
    return chosen


def explain_refusal(stream: VideoStream) -> None:
    """Raise UnreadableVideoError where the size of the frames is why FFmpeg called an argument invalid."""
    if not 0 < _pixels(stream) <= MAX_FRAME_PIXELS:  # 0: it refused the first frame, too
        raise UnreadableVideoError(f"frames of unknown size, or of more than {MAX_FRAME_PIXELS // 10**6} megapixels")


def _is_readable(stream: VideoStream) -> bool:
    # PyAV gives a stream without a decoder no codec context, which its types do not say.
    return stream.codec_context is not None


def _pixels(stream: VideoStream) -> int:
    """Pixels of a frame by the header; 0 where it does not tell."""
    return int(stream.codec_context.width) * int(stream.codec_context.height)


def _check_size(stream: VideoStream) -> None:
    if _pixels(stream) > MAX_FRAME_PIXELS:
        size = f"{stream.codec_context.width}x{stream.codec_context.height}"
        raise UnreadableVideoError(f"frames of {size}: expected at most {MAX_FRAME_PIXELS // 10**6} megapixels")

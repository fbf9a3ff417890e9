"""What a file states about its frame rate, which FFmpeg reports in several places."""

from av.container import InputContainer
from av.format import Flags
from av.video.stream import VideoStream

MAX_USUAL_FPS = 240.0
"""A header that states more usually states its clock instead."""


def stated_fps(container: InputContainer, stream: VideoStream) -> float:
    """Frames per second by the headers of container and codec; 0.0 if they state none.

    For formats without timestamps FFmpeg invents an average of 25; there the codec's own header comes first.
    """
    rates = [stream.average_rate, stream.guessed_rate]
    if Flags.no_timestamps in Flags(container.format.flags):
        rates.insert(0, stream.codec_context.framerate)
    stated = [float(rate) for rate in rates if rate]
    return next((rate for rate in stated if 0 < rate <= MAX_USUAL_FPS), stated[0] if stated else 0.0)

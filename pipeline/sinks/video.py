"""The annotated video: what the engine saw and decided, in H.264 with the recording's own timestamps.

It is written in fragments to `NAME.part.mp4`, so that even a killed run leaves a film that plays, and copied without
encoding again into a `NAME.mp4` that starts at once in a browser when it closes. A change of size, or a clock that
jumps back, begins a new film (`NAME-2.mp4`): players do not survive either within one.
"""

import errno
import os
from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import cv2
from av.video.stream import VideoStream

from detectors.arrays import Image
from pipeline.events import Event
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import annotate

_ENCODERS = ("libx264", "libopenh264", "mpeg4")
_TICKS = 90_000
# veryfast and a short look-ahead bound the work and the 4k frames held back; B-frames would shift a fragmented start.
_OPTIONS = {"libx264": {"preset": "veryfast", "crf": "23", "x264-params": "rc-lookahead=10:sync-lookahead=0:bframes=0"}}


class VideoSink:
    """One annotated film per camera: `path` for a single camera, `STEM-CAMERA.mp4` beside it for several.

    Raises OSError when it cannot be written.
    """

    def __init__(self, path: Path, *, cameras: Sequence[str]) -> None:
        # Absolute, as FFmpeg takes what stands before a colon (`10:30.mp4`) for a protocol.
        if path.suffix.lower() != ".mp4":
            raise ValueError(f"video {path}: expected a name that ends in .mp4")
        self._path = path.absolute()
        self._several = len(cameras) > 1
        self._films: dict[str, Film] = {}
        # Names given, and the first film's of every camera: the second film of `door` is not that of `door-2`.
        self._taken = {self._stem(camera) for camera in cameras}
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "cannot write a video here", str(path.parent))

    def on_event(self, event: Event) -> None:
        """Nothing: the picture shows tracks and decisions."""

    def on_frame(self, view: FrameResult) -> None:
        """Draw and encode one frame."""
        camera, image = view.frame.camera, view.frame.image
        film = self._films.get(camera)
        if film is None or not film.continues(image, view.frame.media_time):
            if film is not None:
                film.close()
            film = self._films[camera] = Film(self._name(camera), image, view.frame.media_time)
        film.add(annotate(image, view), view.frame.media_time)

    def close(self) -> None:
        """Finish every film; may be called again."""
        for film in self._films.values():
            film.close()
        self._films.clear()

    def _name(self, camera: str) -> Path:
        stem = self._stem(camera)
        if camera in self._films:
            stem = next(name for n in count(2) if (name := f"{stem}-{n}") not in self._taken)
            self._taken.add(stem)
        return self._path.with_name(f"{stem}.mp4")

    def _stem(self, camera: str) -> str:
        return f"{self._path.stem}-{camera}" if self._several else self._path.stem


class Film:
    """One H.264 file of one size; odd sizes get their last row or column twice, as H.264's colours come in pairs."""

    def __init__(self, path: Path, image: Image, start: float) -> None:
        self._path = path
        self._part = path.with_suffix(".part.mp4")
        self._shape = image.shape
        self._start = start
        self._last = -1
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        self._container = av.open(str(self._part), "w", format="mp4", options=flags)
        self._stream = _add_stream(self._container, image)
        self._closed = False

    def continues(self, image: Image, time: float) -> bool:
        """Whether a frame of this size and media time (seconds) belongs to this film."""
        return image.shape == self._shape and round((time - self._start) * _TICKS) > self._last

    def add(self, image: Image, time: float) -> None:
        """Encode a BGR uint8 (H,W,3) image at its media time in seconds."""
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        self._last = max(self._last + 1, round((time - self._start) * _TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flush, and copy the packets into a file that starts at once; may be called again."""
        if self._closed:
            return
        self._closed = True
        self._container.mux(self._stream.encode(None))
        self._container.close()
        _remux(self._part, self._path)
        self._part.unlink()


def _add_stream(container: av.container.OutputContainer, image: Image) -> VideoStream:
    name = next(name for name in _ENCODERS if _has_encoder(name))
    stream = container.add_stream(name, rate=25, options=_OPTIONS.get(name, {}))
    if not isinstance(stream, VideoStream):
        raise TypeError(f"encoder {name}: expected a video stream, got {type(stream).__name__}")
    stream.height, stream.width = (side + side % 2 for side in image.shape[:2])
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, _TICKS)
    context.gop_size = 50
    context.thread_count = 1
    return stream


def _has_encoder(name: str) -> bool:
    try:
        av.Codec(name, "w")
    except ValueError:
        return False
    return True


def _remux(source: Path, target: Path) -> None:
    unfinished = target.with_suffix(".new.mp4")
    with (
        av.open(str(source)) as read,
        av.open(str(unfinished), "w", format="mp4", options={"movflags": "faststart"}) as written,
    ):
        stream = read.streams.video[0]
        copy = written.add_stream_from_template(stream)
        for packet in read.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                written.mux(packet)
    unfinished.replace(target)

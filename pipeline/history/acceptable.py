"""What a history can keep of an event: what a node may send and no database takes is left out, not stumbled over again
and again."""

import logging

import msgspec
import numpy as np

from pipeline.bus.reorder import Gap
from pipeline.events import CameraEvent, IdentityEvent, SampleEvent, TrackEvent, topic

log = logging.getLogger(__name__)

MAX_TEXT_BYTES = 400  # of a name in an index; PostgreSQL takes 2,700 in all
MAX_NUMBER = (1 << 63) - 1
MAX_CROP_BYTES = 1 << 20  # a node publishes at most 16 KiB
MAX_TEMPLATE_BYTES = 8192
MAX_LENGTH_ERROR = 0.01  # of a template, which is a unit vector rounded to float16
OfTrack = TrackEvent | IdentityEvent | SampleEvent


def can_be_kept(item: CameraEvent | OfTrack | Gap) -> bool:
    """Whether names and numbers have a size that a database takes; a warning says what is left out."""
    numbers, texts = _of_gap(item) if isinstance(item, Gap) else _of_event(item)
    if all(abs(number) <= MAX_NUMBER for number in numbers) and all(map(_is_short, texts)):
        return True
    log.warning("history: left out an event with a number or a name that is too large")
    return False


def _of_gap(gap: Gap) -> tuple[list[int], list[str]]:
    return [gap.first, gap.last], [gap.epoch, gap.topic]


def _of_event(event: CameraEvent | OfTrack) -> tuple[list[int], list[str]]:
    texts = [event.node, event.epoch, topic(event)]
    if isinstance(event, CameraEvent):
        return [event.seq], texts
    evidence = event.evidence
    return [event.seq, event.track], [*texts, *((evidence.state, evidence.person or "") if evidence else ())]


def _is_short(text: str) -> bool:
    return len(text.encode()) <= MAX_TEXT_BYTES


def without_pictures(event: SampleEvent) -> SampleEvent:
    """A sample as it is kept among the events."""
    return msgspec.structs.replace(event, template=b"", crop=b"")


def is_crop(data: bytes) -> bool:
    """Whether these are the bytes of a picture; zeros stand for one that was erased."""
    if len(data) > MAX_CROP_BYTES:
        log.warning("history: left out a crop of %d bytes", len(data))
        return False
    return any(data)


def is_template(data: bytes) -> bool:
    """Whether these are the bytes of a unit vector; zeros stand for one that was erased."""
    if not data or len(data) % 2 or len(data) > MAX_TEMPLATE_BYTES:
        log.warning("history: left out a template of %d bytes", len(data))
        return False
    length = float(np.linalg.norm(np.frombuffer(data, "<f2").astype(np.float32)))
    return abs(length - 1) <= MAX_LENGTH_ERROR

"""Chooses frames of a clip or webcam to enrol: sharp ones that show one face, some time apart."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detectors.arrays import Image
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.sources import Source
from pipeline.settings.types import CameraSettings
from pipeline.types import CameraReport, CameraState, Frame
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.gallery.chips import STORED_SPEC
from recognizer.gallery.enroll import Enroller
from recognizer.gallery.folders import Photo
from recognizer.gallery.only_face import FaceChoice, OnlyFace, RefusedError
from recognizer.quality import crop_weight, sharpness

MAX_FRAMES = 5  # enrolled of one clip
STEP_SECONDS = 0.5  # between two frames that are looked at: nearer ones show the same
MAX_LOOKED_AT = 240  # frames of a clip: two minutes


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A frame with one face. worth: as `_rate` gives it."""

    time: float
    image: Image
    worth: float


def choose_frames(source: Source, person: str, enroller: Enroller, *, seconds: float = 0.0) -> list[Photo]:
    """Up to MAX_FRAMES frames of a source in the order of time, each named for its second; or one with the fault.

    seconds: how long to look at a webcam; 0: until the clip ends.
    """
    found: list[_Candidate] = []
    looked_at, problem = 0, "no frame"
    for item in read_frames(source, seconds=seconds):
        if isinstance(item, str):
            problem = item
            continue
        looked_at, image = looked_at + 1, item.image
        if (worth := _rate(image, enroller)) > 0:
            found.append(_Candidate(item.media_time, image.copy(), worth))
            found = sorted(found, key=lambda candidate: -candidate.worth)[:MAX_FRAMES]
    if not found:
        fault = f"no frame of {looked_at} shows exactly one clear face" if looked_at else problem
        return [Photo(Path(), person, source.name, fault=fault)]
    found.sort(key=lambda candidate: candidate.time)
    return [Photo(Path(), person, f"{source.name} at {one.time:.1f} s", pixels=one.image) for one in found]


def read_frames(
    source: Source, *, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
) -> Iterator[Frame | str]:
    """Frames STEP_SECONDS apart, and why there are none, or no more."""
    mailbox, camera = Mailbox(), CameraSettings(source=source.location)
    due, count = 0.0, 0
    deadline = clock() + (seconds + camera.connect_seconds if seconds else float("inf"))
    with Feed(mailbox, [open_reader(source, mailbox, camera)]) as feed:
        while feed.open and count < MAX_LOOKED_AT and (left := deadline - clock()) > 0:
            for item in feed.take(min(left, 60.0)):
                if isinstance(item, CameraReport):
                    if item.reason:
                        yield item.reason
                    if item.state is CameraState.FAILED or (item.reason and source.live and not count):
                        return  # a webcam that is missing will not come
                elif not isinstance(item, Frame):
                    continue
                elif seconds and item.media_time > seconds:
                    return
                elif item.media_time >= due:
                    due, count = item.media_time + STEP_SECONDS, count + 1
                    yield item


def _rate(image: Image, enroller: Enroller) -> float:
    """How well a frame suits, by size, pose and sharpness of the face; 0 where it does not show exactly one face."""
    choice = FaceChoice(
        enroller.detector, enroller.recognizer, enroller.calibration, enroller.min_score, enroller.min_length
    )
    try:
        face = choice.choose(image)
        chip = _cut(image, face)
        return sharpness(chip) * crop_weight(chip, face_px=face.px, landmarks=face.landmarks, score=face.score)
    except (RefusedError, ValueError):
        return 0.0


def _cut(image: Image, face: OnlyFace) -> Image:
    if face.landmarks is None:
        return cut_chip_from_box(image, face.box, STORED_SPEC)
    return cut_chip(image, face.landmarks, STORED_SPEC)

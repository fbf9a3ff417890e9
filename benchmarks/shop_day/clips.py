"""The clip of each visit: painted once from photographs as `benchmarks.walks` does, or cut from a real video.

A clip on disk is taken from there: a run that was broken off goes on.
"""

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.shop_day.plan import Visit
from benchmarks.walks.people import WalkingPerson
from benchmarks.walks.street import StreetTruth, StreetWalk
from detectors.arrays import Image
from tests.synthetic.video import write_clip
from tests.synthetic.walk import Camera

FPS = 10.0
CAMERA = Camera(width=640, height=360, horizon=0.4, above=0.5, fps=FPS)
FACES_PX = (14.0, 45.0)
STAGGER_SECONDS = 0.6
VIDEO_FRAMES = 80


@dataclass(frozen=True)
class Shown:
    """A visit and its clip. key: names the clip.  truth: who is where; None for a real video."""

    visit: Visit
    key: str
    path: Path
    frames: int
    truth: StreetTruth | None


def make_clips(visits: Sequence[Visit], backgrounds: Sequence[Image], folder: Path) -> Iterator[Shown]:
    """The clips of visits in their order, each made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, visit in enumerate(visits):
        if visit.video:
            yield _cut_video(visit, folder)
        else:
            yield _paint(visit, backgrounds[number % len(backgrounds)], folder)


def read_frames(path: Path) -> list[Image]:
    """All frames of a clip, BGR uint8 (360,640,3)."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def _paint(visit: Visit, background: Image, folder: Path) -> Shown:
    people = [WalkingPerson(one.shopper.name, None, one.shopper.looks[one.number]) for one in visit.people]
    key = _key(people, background, [one.number for one in visit.people if one.is_repeated])
    path, kept = folder / f"{key}.mp4", folder / f"{key}.pickle"
    if not kept.is_file():
        walk = StreetWalk(
            people, background, seed=int(key[:6], 16), camera=CAMERA, faces_px=FACES_PX, stagger=STAGGER_SECONDS
        )
        write_clip(path, walk.frames(), fps=FPS, preset="veryfast", crf="26")
        kept.write_bytes(pickle.dumps(walk.truth))
    truth: StreetTruth = pickle.loads(kept.read_bytes())
    return Shown(visit, key, path, len(truth.faces), truth)


def _cut_video(visit: Visit, folder: Path) -> Shown:
    source = Path(visit.video)
    path = folder / f"{source.stem}.mp4"
    if not path.is_file():
        unfinished = path.with_suffix(".part.mp4")
        write_clip(unfinished, _sampled(source), fps=FPS, preset="veryfast", crf="20")
        unfinished.rename(path)
    return Shown(visit, source.stem, path, len(read_frames(path)), None)


def _sampled(source: Path) -> Iterator[Image]:
    """Ten frames a second of a video, fitted into the camera's picture."""
    with av.open(str(source)) as container:
        due, given = 0.0, 0
        for frame in container.decode(video=0):
            if float(frame.time or 0.0) >= due and given < VIDEO_FRAMES:
                due, given = due + 1 / FPS, given + 1
                yield _fit(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))


def _fit(image: Image) -> Image:
    scale = min(CAMERA.width / image.shape[1], CAMERA.height / image.shape[0])
    small = cv2.resize(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)), interpolation=3)
    canvas = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas


def _key(people: Sequence[WalkingPerson], background: Image, repeated: Sequence[int]) -> str:
    """Changes with whom it shows, the street, and how faces are painted; it also seeds the walk.

    repeated: numbers of visits with a photograph that was shown before.
    """
    digest = hashlib.sha256(repr((CAMERA, FACES_PX, STAGGER_SECONDS)).encode() + background.tobytes())
    for person in people:
        digest.update(person.chip.tobytes())
    digest.update(bytes(repeated))
    return digest.hexdigest()[:12]

"""Tracks of a made site for `python -m distill site`, and a family of hand-made recognisers to fit to it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from distill.site.last_layer import LastLayer
from distill.site.visitors import Look, Visitor
from recognizer.onnx import read_chip_spec
from tests.synthetic.made_faces import draw_face, make_person
from tests.synthetic.networks import write_recognizer

NEAR_PX, FAR_PX = 60.0, (13.0, 14.0, 15.0, 16.0)
START, APART, DAY = 1_700_000_000.0, 100.0, 86_400.0


def write_family(folder: Path, *, spoilt: float = 0.0) -> Path:
    """A folder of two students, for 16 and 64 pixels, in one space.

    spoilt: standard deviation of what is added to the weights of the small one, as a multiple of their own.
    """
    folder.mkdir(parents=True)
    for size in (16, 64):
        write_recognizer(folder / f"own{size}.onnx", size)
    if spoilt:
        small = folder / "own16.onnx"
        spec = read_chip_spec(small)
        layer = LastLayer(small.read_bytes(), spec)
        errors = np.random.default_rng(8).normal(0, spoilt * layer.weight.std(), layer.weight.shape)
        small.write_bytes(layer.replaced(layer.weight + errors, layer.bias))
    return folder


def make_visitors(count: int, *, noise: float = 40.0, mixed_up: bool = False, visits: int = 1) -> list[Visitor]:
    """People who were seen near twice and far four times, with so much noise, on each of so many days.

    mixed_up: far looks show the next one.
    """
    rng = np.random.default_rng(3)
    visitors = []
    for number in range(count):
        looks: list[Look] = []
        for visit in range(visits):
            track, time = f"{number:04d}-{visit}", START + APART * number + DAY * visit
            near = [Look(draw_face(make_person(number), rng, side=64), NEAR_PX, time + 10 + k) for k in range(2)]
            person = make_person((number + 1) % count if mixed_up else number)
            far = [Look(_far(draw_face(person, rng), px, noise, rng), px, time + k) for k, px in enumerate(FAR_PX)]
            looks += [replace(look, track=track, known="confirmed") for look in (*far, *near)]
        visitors.append(Visitor(f"{number:04d}", tuple(looks)))
    return visitors


def write_tracks(folder: Path, visitors: list[Visitor]) -> Path:
    """The looks as files, and the list of who they show."""
    rows = []
    for visitor in visitors:
        for look in visitor.looks:
            own = folder / look.track
            own.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(own / f"{look.time:.3f}_{look.px:.2f}.png"), look.picture)
        rows += [f"{track},{visitor.name},confirmed" for track in sorted({look.track for look in visitor.looks})]
    (folder / "tracks.csv").write_text("\n".join(["track,person,known", *rows]) + "\n", encoding="utf-8")
    return folder


def _far(face: Image, px: float, noise: float, rng: np.random.Generator) -> Image:
    small = cv2.resize(face, (round(px), round(px)), interpolation=cv2.INTER_AREA)
    seen = np.clip(small + rng.normal(0, noise, small.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(seen, (16, 16), interpolation=cv2.INTER_CUBIC), np.uint8)

"""The templates that a reach is measured with: people's photographs, their views by a camera, and faces learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detectors.arrays import Float32, Image
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.lengths import LengthBand
from recognizer.population import LANDMARK_JITTER, embed_enrolled, pool_crops, read_people, read_shrunk
from recognizer.spec import aligned_landmarks

SIZES_PX = (12, 16, 24, 32, 64)
CROP_COUNTS = (1, 5)


@dataclass(frozen=True, slots=True)
class View:
    """Templates (T,D) of faces `px` high, with their mean number of looks."""

    px: int
    looks: float
    templates: Float32


@dataclass(frozen=True, slots=True)
class ReachTemplates:
    """faces: everybody's photographs as enrolled, (F,D), in order of people.  people: who is on each.

    probes: people whose `views` pass a camera, T of them.  learnt: faces that the recogniser was taught, (L,D).
    """

    faces: Float32
    people: Sequence[str]
    probes: Sequence[str]
    views: Sequence[View]
    learnt: Float32

    def save(self, path: Path) -> None:
        """Write a file that `load_templates` reads."""
        arrays: dict[str, Any] = {f"view_{view.px}_{view.looks:.4f}": view.templates for view in self.views}
        arrays |= {"people": np.array(self.people), "probes": np.array(self.probes)}
        arrays |= {"faces": self.faces, "learnt": self.learnt}
        np.savez(path, **arrays)


def load_templates(path: Path) -> ReachTemplates:
    """Read a file of `ReachTemplates.save`. Raises OSError."""
    with np.load(path) as content:
        views = []
        for name in content:
            if name.startswith("view_"):
                _, px, looks = name.split("_")
                views.append(View(int(px), float(looks), content[name]))
        people, probes = content["people"].tolist(), content["probes"].tolist()
        return ReachTemplates(content["faces"], people, probes, views, content["learnt"])


def read_templates(
    recognizer: Recognizer, data: Path, lengths: Sequence[LengthBand], *, probes: int, learnt: Float32
) -> ReachTemplates:
    """Read people of `data`, and views of `probes` of them drawn at random. Raises like `read_people`.

    Views show a person's last photographs, never the first one where there are others: that one is enrolled.
    """
    shown = read_people(data)
    names = sorted(shown)
    faces = embed_enrolled(recognizer, [picture for name in names for picture in shown[name]])
    people = [name for name in names for _ in shown[name]]
    drawn = [names[row] for row in np.random.default_rng(0).permutation(len(names))[:probes]]
    pictures = [shown[name] for name in drawn]
    views = [view for px in SIZES_PX for view in _read_views(recognizer, pictures, px, lengths)]
    return ReachTemplates(faces, people, drawn, views, learnt)


def read_once(recognizer: Recognizer, pictures: Sequence[Image]) -> Float32:
    """The vectors of aligned pictures of one size, each read once and not as enrolment does, (N,D)."""
    landmarks = aligned_landmarks(len(pictures[0])).astype(np.float32)
    spec = recognizer.spec_for(len(pictures[0]))
    blocks = [pictures[start : start + 128] for start in range(0, len(pictures), 128)]
    vectors = [recognizer.read(np.stack([cut_chip(one, landmarks, spec) for one in block])).vectors for block in blocks]
    return np.concatenate(vectors)


def _read_views(
    recognizer: Recognizer, people: Sequence[list[Image]], px: int, lengths: Sequence[LengthBand]
) -> list[View]:
    crops = [
        read_shrunk(
            recognizer,
            [pictures[-1 - crop % max(len(pictures) - 1, 1)] for pictures in people],
            px,
            jitter=LANDMARK_JITTER,
            seed=crop,
        )
        for crop in range(max(CROP_COUNTS))
    ]
    views = []
    for count in CROP_COUNTS:
        pools = [pool_crops(crops[:count], row, px, lengths) for row in range(len(people))]
        looks = float(np.mean([pool.looks for pool in pools]))
        views.append(View(px, looks, np.stack([pool.template() for pool in pools])))
    return views

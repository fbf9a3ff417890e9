"""What a student is fitted to: real far looks, far views made of near ones as the site's cameras make them, and
ordinary views, for which it shall say what it said.

Near looks of different people are mixed, so that there are more faces than visitors; the shipped family says of each
mixed face what it reads near by. Everything is made from its number, so that an interrupted run goes on with the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from detectors.arrays import Chips, Float32, Image
from distill.config import MixSettings
from distill.data.mix import mix
from distill.data.store import FACE_SIDE_PX, RowFile
from distill.progress import Progress
from distill.site.camera import Camera, film
from distill.site.last_layer import LastLayer
from distill.site.pictures import fit, fit_all, read_looks, read_sharp
from distill.site.split import Limits
from distill.site.visitors import Visitor
from recognizer.base import Recognizer
from recognizer.preprocess import l2_normalise
from recognizer.quality import size_weight
from recognizer.spec import ChipSpec

CHUNK = 64  # views between two writes
NEAR_LOOKS = 4  # of each visitor, the largest
ORDINARY = Camera(0.05, 0.0, 12)  # a sharp frame, hardly compressed
SMALLEST_PX = 10.0  # of views that are made where no far look was seen


@dataclass(frozen=True, slots=True)
class Amount:
    """mixed: faces made of near looks.  views: far views, and ordinary ones, of each."""

    mixed: int = 1500
    views: int = 2


@dataclass(frozen=True, slots=True)
class Views:
    """Inputs of the last layer and targets, unit rows: real far looks (R,F) (R,D), made (M,F) (M,D), ordinary (M,F)."""

    real: Float32
    real_targets: Float32
    made: Float32
    made_targets: Float32
    kept: Float32


class ViewMaker:
    """Makes the views of one site's visitors for one student.

    spec: of the student's chips.  cameras: those of the site.  heights: of far faces, pixels, to draw from.
    """

    def __init__(
        self, visitors: Sequence[Visitor], limits: Limits, spec: ChipSpec, cameras: Sequence[Camera], *, seed: int
    ) -> None:
        self._visitors, self._limits, self._spec, self._cameras, self._seed = visitors, limits, spec, cameras, seed
        looks = [look for one in visitors for look in one.near(limits.near_px)[:NEAR_LOOKS]]
        self._faces: Chips = fit_all([look.picture for look in looks], FACE_SIDE_PX)
        far = [look.px for one in visitors for look in one.far(limits.far_px)]
        self._heights = far or list(np.linspace(SMALLEST_PX, limits.far_px, 16))

    def make(self, folder: Path, recognizer: Recognizer, layer: LastLayer, amount: Amount) -> Views:
        """Make everything, in a folder that keeps what is done. recognizer: reads near looks."""
        width, dim, total = layer.weight.shape[1], recognizer.dim, amount.mixed * amount.views

        def read_mixed(rows: range) -> Float32:
            return read_sharp(recognizer, [self._mixed(row) for row in rows], self._limits.near_px)

        def read_views(cameras: Sequence[Camera]) -> Callable[[range], Float32]:
            return lambda rows: layer.inputs(self._film(rows, amount.views, cameras))

        targets = fill(folder / "targets.f16", dim, amount.mixed, read_mixed, "near faces")
        made = fill(folder / "made.f16", width, total, read_views(self._cameras), "far views")
        kept = fill(folder / "kept.f16", width, total, read_views((ORDINARY,)), "ordinary views")
        real, real_targets = self._read_real(recognizer, layer)
        return Views(real, real_targets, made, np.repeat(targets, amount.views, axis=0), kept)

    def _read_real(self, recognizer: Recognizer, layer: LastLayer) -> tuple[Float32, Float32]:
        chips: list[Image] = []
        targets: list[Float32] = []
        for visitor in self._visitors:
            far = visitor.far(self._limits.far_px)
            if far:
                chips += [fit(look.picture, self._spec.size) for look in far]
                targets += [near_vector(recognizer, visitor, self._limits)] * len(far)
        if not chips:
            width, dim = layer.weight.shape[1], recognizer.dim
            return np.zeros((0, width), np.float32), np.zeros((0, dim), np.float32)
        return layer.inputs(np.stack(chips)), np.stack(targets)

    def _mixed(self, row: int) -> Image:
        random = np.random.default_rng((self._seed, 0, row))
        return mix(self._faces, np.arange(len(self._faces)), MixSettings(), random)

    def _film(self, rows: range, views: int, cameras: Sequence[Camera]) -> Chips:
        """Far views by their numbers; each chunk is of one camera."""
        random = np.random.default_rng((self._seed, 1, rows.start))
        heights = random.choice(self._heights, len(rows))
        camera = cameras[int(random.integers(len(cameras)))]
        faces = [self._mixed(row // views) for row in rows]
        return film(faces, list(heights), camera, self._spec, seed=int(random.integers(2**31)))


def near_vector(recognizer: Recognizer, visitor: Visitor, limits: Limits) -> Float32:
    """What the largest looks at a visitor say together, unit vector (D,)."""
    looks = visitor.near(limits.near_px)[:NEAR_LOOKS]
    weights = np.array([size_weight(look.px) for look in looks], np.float32)
    mirrored = [replace(look, picture=np.ascontiguousarray(look.picture[:, ::-1])) for look in looks]
    vectors = read_looks(recognizer, looks).vectors + read_looks(recognizer, mirrored).vectors
    mean: Float32 = l2_normalise(weights[None] @ l2_normalise(vectors))[0]
    return mean


def fill(path: Path, width: int, total: int, make: Callable[[range], Float32], title: str) -> Float32:
    """Rows float32 (total,width) made by their numbers, kept in a file; goes on after the last whole chunk."""
    rows = RowFile(path, np.float16, (width,))
    rows.truncate(len(rows) // CHUNK * CHUNK if len(rows) < total else total)
    with Progress(title, unit="views", total=total, done=len(rows)) as progress:
        while (start := len(rows)) < total:
            rows.append(make(range(start, min(start + CHUNK, total))))
            progress.update(len(rows))
    return np.asarray(rows.array(), np.float32)

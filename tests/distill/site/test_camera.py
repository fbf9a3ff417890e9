"""What the cameras of a site do to small faces."""

import numpy as np
import pytest

from distill.site.camera import CANDIDATES, Camera, describe, film, find_cameras
from recognizer.spec import ChipSpec
from tests.synthetic.made_faces import draw_face, make_person

SPEC = ChipSpec(size=32)
RNG = np.random.default_rng(1)
NOISE = RNG.normal(0, 12, (40, 112, 112, 1))
FACES = [np.clip(draw_face(make_person(number), RNG) + NOISE[number], 0, 255).astype(np.uint8) for number in range(40)]
HEIGHTS = list(RNG.uniform(12, 28, 40))


def test_a_film_has_a_chip_of_each_face_and_is_the_same_each_time() -> None:
    camera = Camera(1.0, 8.0, 32)
    chips = film(FACES[:5], HEIGHTS[:5], camera, SPEC, seed=4)
    assert chips.shape == (5, 32, 32, 3)
    assert (chips == film(FACES[:5], HEIGHTS[:5], camera, SPEC, seed=4)).all()
    assert (chips != film(FACES[:5], HEIGHTS[:5], camera, SPEC, seed=5)).any()


def test_a_film_shows_the_face_where_the_recogniser_looks_for_it() -> None:
    chips = film(FACES, [28.0] * 40, Camera(0.3, 0.0, 20), SPEC, seed=1)
    small = [np.asarray(face[::4, ::4], float).ravel() - 128 for face in FACES]
    alike = np.corrcoef(small, [np.asarray(chip[::1, ::1][:28, :28], float).ravel() - 128 for chip in chips])
    own = np.diag(alike[:40, 40:])
    assert own.mean() > np.delete(alike[0, 40:], 0).mean() + 0.3


def test_blur_takes_detail_and_noise_gives_some() -> None:
    plain, soft, loud = (
        describe(film(FACES, HEIGHTS, camera, SPEC, seed=1))
        for camera in (Camera(0.3, 0.0, 20), Camera(2.0, 0.0, 20), Camera(0.3, 20.0, 20))
    )
    assert soft[0] < plain[0] < loud[0]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("camera", [Camera(1.5, 4.0, 32), Camera(0.3, 14.0, 20)])
def test_the_camera_is_found_by_what_it_does(camera: Camera) -> None:
    far = film(FACES, HEIGHTS, camera, SPEC, seed=9)
    best = find_cameras(far, FACES[::-1], HEIGHTS, SPEC)[0]  # of other people
    assert abs(best.blur - camera.blur) <= 0.5
    assert abs(best.noise - camera.noise) <= 6.0
    assert best in CANDIDATES


@pytest.mark.parametrize("height", [0.5, 4.0, 200.0])
def test_faces_of_any_height_can_be_filmed(height: float) -> None:
    assert film(FACES[:1], [height], Camera(1.0, 4.0, 26), SPEC, seed=0).shape == (1, 32, 32, 3)

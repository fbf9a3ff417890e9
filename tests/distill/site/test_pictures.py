"""Looks as a recogniser reads them."""

from pathlib import Path

import numpy as np

from detectors.runtime import Runtime
from distill.site.pictures import enrol, fit, fit_all, read_looks, read_sharp
from distill.site.visitors import Look
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from tests.synthetic.made_faces import draw_face, make_person
from tests.synthetic.made_site import write_family

RNG = np.random.default_rng(0)


def family(folder: Path) -> Recognizer:
    return load_recognizer(write_family(folder / "own"), runtime=Runtime())


def look(px: float, side: int) -> Look:
    return Look(draw_face(make_person(1), RNG, side=side), px, 0.0)


def test_a_picture_of_the_right_size_stays_as_it_is() -> None:
    picture = look(16, 16).picture
    assert fit(picture, 16) is picture
    assert fit(picture, 64).shape == (64, 64, 3)
    assert fit_all([picture, look(60, 64).picture], 32).shape == (2, 32, 32, 3)


def test_each_look_is_read_by_the_member_for_its_height(tmp_path: Path) -> None:
    recognizer = family(tmp_path)
    looks = [look(60, 64), look(14, 16), look(61, 112), look(15, 32)]
    vectors = read_looks(recognizer, looks).vectors
    alone = [recognizer.embed(fit(one.picture, recognizer.spec_for(one.px).size)[None])[0] for one in looks]
    np.testing.assert_allclose(vectors, alone, atol=1e-6)
    assert read_looks(recognizer, []).vectors.shape == (0, 32)


def test_what_is_enrolled_and_what_is_read_sharply_are_unit_vectors_of_one_person(tmp_path: Path) -> None:
    recognizer = family(tmp_path)
    near = look(60, 64)
    small = look(14, 16)
    (one, far), [other] = enrol(recognizer, [near, small]), read_sharp(recognizer, [near.picture], 60)
    np.testing.assert_allclose(enrol(recognizer, [small]), [far], atol=1e-6)
    assert enrol(recognizer, []).shape == (0, 32)
    np.testing.assert_allclose(np.linalg.norm([one, other], axis=1), 1, atol=1e-5)
    assert float(one @ other) > 0.8

"""Names of people from paths, and their class numbers."""

import numpy as np

from distill.data.people import assign_classes, normalise_name, person_from_path
from distill.data.store import FaceNote


def test_people_come_from_folders_or_names() -> None:
    assert person_from_path("celebs", "Barack_Obama/1.webp", "folder") == "celebs/Barack_Obama"
    assert person_from_path("mps", "mps/Noël-Abbé_2.webp", "name") == "mps/noel abbe"
    assert person_from_path("flat", "1.webp", "folder") == ""
    assert person_from_path("any", "x/1.webp", "none") == ""
    assert normalise_name("Ségolène_Royal_0001") == "segolene royal"


def test_classes_are_people_with_two_usable_faces() -> None:
    notes = [FaceNote("s", "", person) for person in ("s/b", "s/a", "s/b", "s/a", "s/c", "")]
    assert assign_classes(notes, np.ones(6, bool)).tolist() == [1, 0, 1, 0, -1, -1]
    assert assign_classes(notes, np.array([0, 1, 1, 1, 1, 1], bool)).tolist() == [-1, 0, -1, 0, -1, -1]


def test_a_name_of_digits_alone_names_nobody() -> None:
    assert person_from_path("flat", "people/0001.webp", "name") == ""
    assert normalise_name("__12--") == ""


def test_no_faces_have_no_classes() -> None:
    assert assign_classes([], np.zeros(0, bool)).shape == (0,)

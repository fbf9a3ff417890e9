"""Enrolment of folders: names, files that are left out, and pictures that nobody can read."""

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recognizer.gallery import Gallery
from recognizer.gallery.enroll import (
    Enroller,
    Verdict,
)
from tests.synthetic.painted_people import enroll_folder, paint_picture, write_picture


def test_a_folder_without_people_is_an_error(tmp_path: Path, enroller: Enroller) -> None:
    (tmp_path / "faces").mkdir()
    for folder in (tmp_path / "faces", tmp_path / "nowhere"):
        with (
            Gallery(tmp_path / "g.db", create=True) as gallery,
            pytest.raises(ValueError, match="one folder per person"),
        ):
            list(enroller.enroll(folder, gallery))


def test_one_photograph_under_two_names_is_refused_with_the_other_name(tmp_path: Path, enroller: Enroller) -> None:
    picture = paint_picture((1, 60))
    write_picture(tmp_path / "faces" / "Ada" / "x.png", picture)
    write_picture(tmp_path / "faces" / "Ada" / "y.webp", picture)
    write_picture(tmp_path / "faces" / "Bea" / "x.bmp", picture)
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert outcomes["Ada/y.webp"].verdict is Verdict.TAKEN
    assert outcomes["Bea/x.bmp"].reason.startswith("the same face as Ada: cosine ")


def test_a_second_spelling_of_a_name_is_refused(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada" / "x.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "ada" / "x.png", paint_picture((2, 60)))
    write_picture(tmp_path / "faces" / "B\u202eea" / "x.png", paint_picture((3, 60)))
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    assert "'Ada' is enrolled" in outcomes["ada/x.png"].reason
    assert "(U+202E)" in outcomes["B\\u202eea/x.png"].reason


def test_a_name_that_means_nobody_is_refused_unless_the_gallery_has_it_already(
    tmp_path: Path, enroller: Enroller
) -> None:
    for number, name in enumerate(("Stranger", "unknown", "unknown-3", "Ada")):
        write_picture(tmp_path / "faces" / name / "x.png", paint_picture((number + 1, 60)))
    write_picture(tmp_path / "old" / "Edda" / "x.png", paint_picture((5, 60)))
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        list(enroller.enroll(tmp_path / "old", gallery))
        gallery.rename("Edda", "unknown")  # as an earlier version took it
        outcomes = {outcome.person: outcome for outcome in enroller.enroll(tmp_path / "faces", gallery)}
        assert {person.name: person.faces for person in gallery.people()} == {"Ada": 1, "unknown": 2}
    assert "expected a person's own name" in outcomes["Stranger"].reason
    assert "expected a person's own name" in outcomes["unknown-3"].reason


def test_a_flat_folder_holds_one_person_a_picture(tmp_path: Path, enroller: Enroller) -> None:
    write_picture(tmp_path / "faces" / "Ada.png", paint_picture((1, 60)))
    write_picture(tmp_path / "faces" / "Bob.gif", paint_picture((2, 60)))
    (tmp_path / "faces" / "@eaDir").mkdir()
    outcomes = enroll_folder(enroller, tmp_path / "faces")
    taken = [outcome.person for outcome in outcomes.values() if outcome.verdict is Verdict.TAKEN]
    assert taken == ["Ada", "Bob"]


def test_every_file_and_person_left_out_gets_a_line(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    write_picture(faces / "Ada" / "x.png", paint_picture((1, 60)))
    for hidden in ("._x.png", ".thumbnails/x.png", "@eaDir/x.jpg/y.png", "Thumbs.db"):
        (faces / "Ada" / hidden).parent.mkdir(parents=True, exist_ok=True)
        (faces / "Ada" / hidden).write_bytes((faces / "Ada" / "x.png").read_bytes())
    write_picture(faces / "__MACOSX" / "x.png", paint_picture((2, 60)))
    write_picture(faces / "Flo.jpg", paint_picture((3, 60)))
    (faces / "Eva").mkdir()
    (faces / "Eva" / "gone.png").symlink_to("nowhere")
    lines = {source: (outcome.verdict, outcome.reason) for source, outcome in enroll_folder(enroller, faces).items()}
    assert lines == {
        "Ada/x.png": (Verdict.TAKEN, ""),
        "Eva/gone.png": (Verdict.LEFT_OUT, "not a file, or a link to nothing"),
        "Eva": (Verdict.REFUSED, "no picture in this folder"),
        "Flo.jpg": (Verdict.REFUSED, "lies beside the folders of people; move it into one"),
        "": (
            Verdict.LEFT_OUT,
            "5 hidden or system entries left out (._x.png, .thumbnails, @eaDir, Thumbs.db, __MACOSX)",
        ),
    }


def test_a_bad_picture_is_one_refusal_and_never_the_end(tmp_path: Path, enroller: Enroller) -> None:
    faces = tmp_path / "faces"
    write_picture(faces / "a" / "wide.png", np.zeros((1, 40_000, 3), np.uint8))
    write_picture(faces / "a" / "thin.png", np.zeros((2, 30_000, 3), np.uint8))
    write_picture(faces / "a" / "whole.png", paint_picture((1, 60)))
    (faces / "a" / "cut.png").write_bytes((faces / "a" / "whole.png").read_bytes()[:60])
    (faces / os.fsdecode(b"n\xff")).mkdir()
    (faces / os.fsdecode(b"n\xff") / "x.png").write_bytes(b"x")
    write_picture(faces / "z" / "good.png", paint_picture((2, 60)))
    (faces / "z" / "good.png").rename(faces / "z" / os.fsdecode(b"g\xff.png"))
    outcomes = enroll_folder(enroller, faces)
    assert "too long: 40000x1" in outcomes["a/wide.png"].reason
    assert "too small: picture of 30000x2" in outcomes["a/thin.png"].reason
    assert outcomes["a/cut.png"].reason.startswith("unreadable: ")
    assert "not UTF-8" in outcomes["n\\udcff/x.png"].reason
    assert outcomes["z/g\\udcff.png"].verdict is Verdict.TAKEN
    assert msgspec.json.encode(list(outcomes.values()))

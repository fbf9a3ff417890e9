"""Sealed sites: a person is erased from them, and gets what is kept of them."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from configs.at_rest import VARIABLE, new_key
from pipeline.erase.disclosure import NO_KEY, disclose_person
from pipeline.erase.run import erase_person
from recognizer.gallery import Gallery
from tests.synthetic.erasable_site import NAME, OTHER, chip, look, vector
from tests.synthetic.sealed_site import CROP, read_sample, write_site

KEY = new_key()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, KEY)
    return write_site(tmp_path)


def test_a_person_is_erased_from_sealed_files(site: Path) -> None:
    erasure = erase_person(NAME, [site])
    assert erasure.complete
    with Gallery(site / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == [OTHER]
    assert not any(read_sample(site / "outbox.db").crop)
    assert erasure.faces >= 7
    assert not any(outcome.changed for outcome in erase_person(NAME, [site]).outcomes if outcome.path != "people.db")


def test_a_copy_that_is_not_sealed_is_found(site: Path) -> None:
    (site / "copy.bin").write_bytes(b"\0" * 9 + vector(0).tobytes())
    (site / "crop.bin").write_bytes(b"\0" * 9 + CROP)
    left = {Path(outcome.path).name: outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left}
    assert left == {"copy.bin": "still holds a face", "crop.bin": "still holds a face"}


def test_a_sealed_copy_is_found(site: Path) -> None:
    (site / "backup.bin").write_bytes((site / "outbox.db").read_bytes()[100:])  # no database any more
    left = {Path(outcome.path).name: outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left}
    assert "a face" in left["backup.bin"]


def test_without_the_key_what_cannot_be_read_is_said_to_be_left(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    erasure = erase_person(NAME, [site])
    unread = {Path(outcome.path).name for outcome in erasure.outcomes if VARIABLE in outcome.left}
    assert unread == {"outbox.db", "webhooks.db", "alerts.db"}
    assert not erasure.complete


def test_a_person_gets_the_faces_opened(site: Path) -> None:
    disclosure = disclose_person(NAME, [site])
    assert disclosure.complete
    with zipfile.ZipFile(io.BytesIO(disclosure.archive)) as archive:
        faces = {archive.read(name) for name in archive.namelist() if "/face-" in name}
    assert {vector(0).tobytes(), chip(0), look(0), b"\xff\xd8" + chip(10), b"\xff\xd8" + chip(21), CROP} <= faces
    assert not {chip(1), look(1)} & faces


def test_without_the_key_the_answer_says_that_they_are_sealed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    disclosure = disclose_person(NAME, [site])
    assert not disclosure.complete
    assert {Path(one.name).name: one.left for one in disclosure.found} == dict.fromkeys(
        ("people.db", "history.db", "alerts.db", "webhooks.db", "outbox.db"), NO_KEY
    )
    with zipfile.ZipFile(io.BytesIO(disclosure.archive)) as archive:
        index = json.loads(archive.read("index.json"))
    assert [entry["faces"] for entry in index] == [0] * 5

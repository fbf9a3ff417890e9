"""Enrolling, removing and erasing for the page, with the models that ship and real photographs."""

from contextlib import closing
from pathlib import Path

import cv2
import pytest

from detectors.pictures import decode_picture
from glimpse.models import shipped_models
from glimpse.web_people import NOTHING, RoomEnrolment, desk_opener, stores_of, unreached_by
from pipeline.settings.load import make_settings
from pipeline.web.changes.form import Upload
from recognizer.gallery.store import Gallery
from tests.synthetic.collection import add, new_collection
from tests.synthetic.events import identity
from tests.synthetic.portraits import FACES

PHOTOGRAPH = (FACES / "Ada.jpg").read_bytes()


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


def room(gallery: Path, *more: str) -> RoomEnrolment:
    return RoomEnrolment(gallery, shipped_models(), [str(gallery), *more])


def small(px: int) -> bytes:
    picture = decode_picture(PHOTOGRAPH)
    assert picture is not None
    return cv2.imencode(".png", cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA))[1].tobytes()


def test_each_file_has_its_own_result(gallery: Path) -> None:
    files = [
        Upload("C:\\ada\\one.jpg", PHOTOGRAPH),
        Upload("one.jpg", PHOTOGRAPH),
        Upload("small.png", small(30)),
        Upload("x.svg", b"<svg onload=alert(1)>"),
        Upload("cut.jpg", PHOTOGRAPH[:200]),
    ]
    done = room(gallery).enrol("Ada", files)
    assert [one.verdict for one in done] == ["taken", "already enrolled", "refused", "refused", "refused"]
    assert [one.source for one in done] == ["one.jpg", "one.jpg", "small.png", "x.svg", "cut.jpg"]
    assert all(one.reason for one in done[2:])
    with Gallery(gallery) as people:
        assert [(name, face.source) for name, face in people.faces()] == [("Ada", "one.jpg")]


def test_somebody_elses_photograph_is_enrolled_with_a_warning(gallery: Path) -> None:
    done = room(gallery).enrol("Ada", [Upload("1.jpg", PHOTOGRAPH), Upload("2.jpg", (FACES / "Ben.jpg").read_bytes())])
    assert [one.is_taken for one in done] == [True, True]
    assert done[0].warning == ""
    assert done[1].warning.startswith("does not look like the other photograph of Ada: score 0.")


def test_a_photograph_is_removed_by_its_digest(gallery: Path) -> None:
    enrolment = room(gallery)
    enrolment.enrol("Ada", [Upload("1.jpg", PHOTOGRAPH), Upload("2.png", small(150))])
    with Gallery(gallery) as people:
        first, second = people.digests("Ada")
    assert enrolment.remove("Ada", first) == ""
    with pytest.raises(ValueError, match="only picture"):
        enrolment.remove("Ada", second)
    with pytest.raises(ValueError, match="enrolled"):
        enrolment.remove("Ben", second)


def test_erasing_notes_no_name_and_says_where_nothing_was(gallery: Path, tmp_path: Path) -> None:
    enrolment = room(gallery, str(tmp_path / "not-there.db"))
    enrolment.enrol("Ada", [Upload("1.jpg", PHOTOGRAPH)])
    assert enrolment.stores() == ["people.db"]
    assert enrolment.erase("Ada") == (["people.db: 1 faces erased and overwritten"], [])
    assert enrolment.erase("Ada") == ([NOTHING], [])
    assert "Ada" not in (tmp_path / "erasures.jsonl").read_text()


def test_the_stores_and_the_desk_of_settings(tmp_path: Path) -> None:
    sections = {"gallery": "g.db", "history": {"file": str(tmp_path / "h.db")}, "alerts": {"file": "a.db"}}
    settings = make_settings(sections, environment={})
    assert stores_of(settings) == ["g.db", str(tmp_path / "h.db"), "a.db"]
    opened = desk_opener(settings, shipped_models())
    assert opened
    with pytest.raises(FileNotFoundError, match="record makes one"), opened("ada"):
        pass
    assert desk_opener(make_settings({}, environment={}), shipped_models()) is None


def test_a_collection_and_the_cluster_are_erased_from_or_told(gallery: Path, tmp_path: Path) -> None:
    stream = tmp_path / "collection.db"
    with closing(new_collection(tmp_path)) as collection:
        add(collection, [identity(0, person="Ada"), identity(1, person="Ben")])
    sections = {
        "collect": {"file": str(stream), "redis": {"server": "r"}, "nats": {"server": "n"}},
        "cluster": {"folder": str(tmp_path / "nodes")},
    }
    settings = make_settings(sections, environment={})
    assert stores_of(settings) == [str(stream), str(tmp_path / "nodes")]
    enrolment = RoomEnrolment(gallery, shipped_models(), stores_of(settings), unreached_by(settings))
    done = enrolment.erase("Ada")
    assert done.done == ["collection.db: name overwritten in 1 events"]
    assert [line.partition(":")[0] for line in done.left] == [
        "the stream in Redis",
        "the stream in NATS",
        "the outboxes of the cluster's other machines",
    ]
    assert b"Ada" not in stream.read_bytes()


def test_a_collection_in_a_database_is_told_and_ends_no_erasing() -> None:
    place = "postgresql://sesame:open@db/stream"
    settings = make_settings({"gallery": "g.db", "collect": {"file": place}}, environment={})
    assert stores_of(settings) == ["g.db"]
    assert unreached_by(settings) == ["the collection in PostgreSQL: not erased; delete there what names them"]

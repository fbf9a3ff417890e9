"""What the API is given: the shipped models and a gallery, and what the settings name."""

from pathlib import Path

import pytest

import glimpse
from glimpse.web_api import GalleryFaces, make_api
from pipeline.settings.load import make_settings
from pipeline.web.api.problems import ApiError
from tests.pipeline.web.showroom import jpeg
from tests.synthetic.portraits import portrait

GREY = jpeg(portrait("Ada") * 0 + 90)


@pytest.fixture
def faces(tmp_path: Path) -> GalleryFaces:
    return GalleryFaces(tmp_path / "people.db", glimpse.Models())


def test_who_was_enrolled_is_identified_renamed_and_erased(faces: GalleryFaces) -> None:
    photograph = jpeg(portrait("Ada"), 98)
    [outcome] = faces.enrol("Ada", [photograph])
    assert (outcome.verdict, outcome.reason) == ("taken", "")
    assert faces.enrol("Ada", [photograph])[0].verdict == "already enrolled"
    [found] = faces.identify(photograph)
    assert (found.name, found.state) == ("Ada", "named")
    assert found.confidence >= 0.999
    faces.rename("Ada", "Ada L.")
    assert faces.identify(photograph)[0].name == "Ada L."
    assert faces.erase("Ada L.") == 1
    assert faces.identify(photograph)[0].name is None


def test_mistakes_have_their_status(faces: GalleryFaces) -> None:
    refused = faces.enrol("Ada", [GREY])[0]
    assert refused.verdict == "refused"
    assert refused.reason
    with pytest.raises(ApiError) as missing:
        faces.erase("Nemo")
    assert missing.value.status == 404
    with pytest.raises(ApiError) as invisible:
        faces.enrol("A\u200bda", [GREY])
    assert invisible.value.status == 400
    assert faces.identify(GREY) == []


def test_the_parts_are_those_of_the_settings(tmp_path: Path) -> None:
    bare = make_api(make_settings({}, environment={}), glimpse.Models(), None)
    assert (bare.faces, bare.open_alerts, bare.open_groups, bare.open_desk, bare.deliveries) == (
        None,
        None,
        None,
        None,
        {},
    )
    sections = {
        "gallery": str(tmp_path / "people.db"),
        "history": {"file": str(tmp_path / "history.db")},
        "mail": {"file": str(tmp_path / "mail.db")},
    }
    full = make_api(make_settings(sections, environment={}), glimpse.Models(), None)
    assert full.faces
    assert list(full.deliveries) == ["mail"]
    assert full.open_desk
    with pytest.raises(FileNotFoundError), full.open_desk("eve"):
        pass
    assert not list(tmp_path.iterdir())

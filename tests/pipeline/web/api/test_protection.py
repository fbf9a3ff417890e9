"""Who may ask the API what, and what the audit log holds of it."""

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.api.conftest import Program
from tests.pipeline.web.api.rooms import png
from tests.pipeline.web.security.site import Browser

PHOTO = {"photo": ("a.png", png())}


def test_nothing_without_a_token(nobody: Program) -> None:
    answer = nobody.get("/api/v1/cameras")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "log in first"}
    assert nobody.get("/api/openapi.json").status_code == 401
    assert nobody.get("/health/live").json() == {"live": True}


def test_a_viewer_changes_nothing(viewer: Program) -> None:
    assert (
        viewer.post("/api/v1/people", data={"name": "Gil"}, files=PHOTO).json()["detail"]
        == "this needs the role operator"
    )
    assert viewer.ask("DELETE", "/api/v1/people/Ada").status_code == 403
    assert viewer.get("/api/v1/people").status_code == 200


def test_changes_are_audited_with_the_name_of_the_token(operator: Program, users: Users) -> None:
    operator.post("/api/v1/people", data={"name": "Gil"}, files=PHOTO)
    operator.ask("DELETE", "/api/v1/people/Gil")
    operator.post("/api/v1/identify", files=PHOTO)
    entries = [(entry.by, entry.action, entry.target) for entry in users.audit.entries(limit=3)]
    assert entries == [
        ("token:robot", "photograph identified", ""),
        ("token:robot", "person erased", "Gil"),
        ("token:robot", "person enrolled", "Gil"),
    ]


def test_an_upload_that_is_too_large_is_refused_as_a_problem(operator: Program) -> None:
    answer = operator.post("/api/v1/identify", files={"photo": ("a.png", png() + b"x" * 1_100_000)})
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


@pytest.mark.parametrize("files", [{}, [("photo", ("a.png", png()))] * 2, [("photo", ("a.png", png()))] * 60])
def test_one_photograph_is_expected(operator: Program, files: object) -> None:
    answer = operator.post("/api/v1/identify", files=files, data={"x": "y"})
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_without_accounts_this_machine_reads_and_changes_need_the_pages_token(room: Room) -> None:
    with Browser(secure(make_app(room), WebSettings())) as browser:
        assert browser.get("/api/v1/people").status_code == 200
        assert browser.ask("DELETE", "/api/v1/people/Ada").status_code == 403
        assert browser.get("/api/v1/people", headers={"host": "evil.example"}).status_code == 421
        token = {"x-csrf-token": browser.token("/search")}
        assert browser.ask("DELETE", "/api/v1/people/Ada", headers=token).status_code == 200

"""DeepStack's requests, as bytes, at the real server."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.roles import Role
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.api.conftest import Program
from tests.pipeline.web.api.rooms import make_api_room, png
from tests.pipeline.web.security.site import Browser, free_port, raw, serve

IMAGE = {"image": ("a.png", png())}
CORNERS = '"y_min":0,"x_min":10,"y_max":50,"x_max":40'


def form(**parts: bytes) -> bytes:
    """A multipart body as curl and .NET write it."""
    lines = []
    for name, value in parts.items():
        file = b'; filename="a.jpg"\r\nContent-Type: image/jpeg' if name.startswith("image") else b""
        lines.append(
            b'--XX\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (name.encode(), file, value)
        )
    return b"".join(lines) + b"--XX--\r\n"


def request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.fixture
def key(users: Users) -> str:
    return users.tokens.add("blue-iris", Role.VIEWER, by="test")


@pytest.fixture
def port(room: Room, settings: WebSettings, users: Users) -> Iterator[int]:
    port = free_port()
    settings = WebSettings(accounts=settings.accounts, deepstack=True, address=f"127.0.0.1:{port}")
    with serve(secure(make_app(room), settings, users=users), settings):
        yield port


def test_the_bytes_of_recognize(port: int, key: str) -> None:
    answer = raw(port, request("/v1/vision/face/recognize", form(image=png(), api_key=key.encode())))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"content-type: application/json; charset=utf-8" in head
    ada = f'{{"confidence":0.9995,"userid":"Ada",{CORNERS}}}'
    stranger = f'{{"confidence":0,"userid":"unknown",{CORNERS}}}'
    expected = re.escape(f'{{"success":true,"predictions":[{ada},{stranger}],"duration":') + r"\d+\.\d+(e-\d+)?}"
    assert re.fullmatch(expected, body.decode())


def test_the_bytes_of_refusals(port: int, key: str) -> None:
    path = "/v1/vision/face/recognize"
    wrong = raw(port, request(path, form(image=png(), api_key=b"glimpse_no")))
    assert wrong.startswith(b"HTTP/1.1 401 ")
    assert wrong.endswith(b'{"success":false,"error":"this token is not known","duration":0}')
    missing = raw(port, request(path, form(api_key=key.encode())))
    assert missing.startswith(b"HTTP/1.1 400 ")
    assert missing.endswith(b'{"success":false,"error":"No valid image file found","duration":0}')
    assert raw(port, request(path, form(image=b"<svg/>", api_key=key.encode()))).endswith(
        b'"invalid image","duration":0}'
    )
    assert raw(port, request(path, form(image=png()))).startswith(b"HTTP/1.1 401 ")


def ask(program: Program, path: str, key: str, **request: Any) -> tuple[int, Any]:
    data = {"api_key": key, **request.pop("data", {})}
    answer = program.post(f"/v1/vision/face{path}", data=data, **request)
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "duration"}


def test_faces_are_registered_listed_and_deleted(nobody: Program, operator: Program, room: Room) -> None:
    key = operator.token
    several = {"image1": ("a.png", png()), "image2": ("b.png", png(1))}
    added = ask(nobody, "/register", key, data={"userid": "Gil"}, files=several)
    assert added == (200, {"success": True, "message": "face added"})
    again = ask(nobody, "/register", key, data={"userid": "Ben"}, files=IMAGE)
    assert again == (200, {"success": True, "message": "face updated"})
    assert ask(nobody, "/list", key) == (200, {"success": True, "faces": ["Ada", "Ben", "Cleo", "Dan"]})
    assert ask(nobody, "/delete", key, data={"userid": "Ada"}) == (200, {"success": True})
    assert "Ada" not in room.api.faces.names  # type: ignore[union-attr]
    assert ask(nobody, "/delete", key, data={"userid": "Nemo"}) == (200, {"success": True})
    assert ask(nobody, "/delete", key) == (400, {"success": False, "error": "userid not specified"})
    dark = ask(nobody, "/register", key, data={"userid": "Hal"}, files={"image": ("a.png", png(0))})
    assert dark == (400, {"success": False, "error": "too dark"})


def test_a_key_for_cameras_changes_nothing(nobody: Program, key: str) -> None:
    assert ask(nobody, "/list", key)[0] == 200
    assert ask(nobody, "/delete", key, data={"userid": "Ada"})[0] == 403
    assert ask(nobody, "/register", key, data={"userid": "Gil"}, files=IMAGE)[0] == 403


@pytest.mark.parametrize(
    ("least", "detected", "named"), [("", 2, "Ada"), ("0.7", 1, "Ada"), ("0.9999", 0, "unknown"), ("-1", 2, "Ada")]
)
def test_min_confidence(nobody: Program, key: str, least: str, detected: int, named: str) -> None:
    data = {"min_confidence": least}
    _, found = ask(nobody, "", key, data=data, files=IMAGE)
    assert len(found["predictions"]) == detected
    _, found = ask(nobody, "/recognize", key, data=data, files=IMAGE)
    assert [face["userid"] for face in found["predictions"]] == [named, "unknown"]


@pytest.mark.parametrize("least", ["x", "nan", "1.1", "inf"])
def test_a_wrong_min_confidence(nobody: Program, key: str, least: str) -> None:
    code, found = ask(nobody, "/recognize", key, data={"min_confidence": least}, files=IMAGE)
    assert (code, found["success"]) == (400, False)
    assert "min_confidence" in found["error"]


def local_page(room: Room, settings: WebSettings) -> ASGIApp:
    return secure(make_app(room), settings)


def test_without_accounts_programs_of_this_machine_may_ask_and_browsers_not(tmp_path: Any) -> None:
    settings = WebSettings(deepstack=True)
    room = make_api_room(tmp_path / "local", settings=settings)
    with Browser(local_page(room, settings)) as browser:
        path = "/v1/vision/face/recognize"
        assert browser.post(path, files=IMAGE).status_code == 200
        for header in ({"origin": "http://evil.example"}, {"sec-fetch-site": "same-origin"}, {"cookie": "a=b"}):
            refused = browser.post(path, files=IMAGE, headers=header)
            assert (refused.status_code, json.loads(refused.text)["success"]) == (403, False)
        assert browser.post(path, files=IMAGE, headers={"host": "evil.example"}).status_code == 421


def test_it_is_off_unless_it_is_asked_for(tmp_path: Any) -> None:
    with Browser(local_page(make_api_room(tmp_path / "off"), WebSettings())) as browser:
        assert browser.post("/v1/vision/face/list").status_code == 404

"""Templates are data: each that ships fits its service, and no name leaves its place."""

import json
from email import message_from_bytes
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from configs.read import ConfigurationError
from pipeline.alerts.webhooks.request import Endpoint
from pipeline.alerts.webhooks.template import TEMPLATES, load_template
from pipeline.events import AlertEvent
from pipeline.settings.rooms.deliveries import Webhook
from tests.synthetic.alerts import JPEG, alert

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
FIELDS = {"token": "app-token", "user": "user-key", "chat_id": "-100123"}
HOSTILE = 'O\'Neil "quote" \\ {token} ${x} <!channel> @everyone *b* \r\nX-Header: evil\x00 Ünïcödé 🙂'


def request(template: str, event: AlertEvent, **more: object) -> httpx.Request:
    settings = Webhook(name="a", url="https://example.org/hook", template=template, fields=FIELDS, **more)  # type: ignore[arg-type]
    return Endpoint.of(settings).request(event, "msg_1", untold=0, now=1_000_000.0)


def parts(sent: httpx.Request) -> dict[str, bytes]:
    """The parts of a multipart body by their names."""
    head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + sent.content)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[misc]
        for part in message.get_payload()  # type: ignore[union-attr]
    }


def test_those_that_are_documented_ship() -> None:
    assert NAMES == ["discord", "generic", "ntfy", "pushover", "slack", "telegram"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("crop", [JPEG, b""])
def test_a_hostile_name_stays_a_text(name: str, crop: bytes) -> None:
    sent = request(name, alert(0, at=1e6, rule=HOSTILE, text=HOSTILE, person=HOSTILE, crop=crop))
    assert "x-header" not in sent.headers
    assert b"app-token" not in sent.content.replace(b"token=app-token", b"")
    if sent.headers["content-type"] == "application/json":
        json.loads(sent.content)
    if name == "discord":
        body = json.loads(parts(sent)["payload_json"] if crop else sent.content)
        assert body["allowed_mentions"] == {"parse": []}
        assert "\\*b\\*" in body["content"]
    if name == "slack":
        assert "&lt;!channel&gt;" in json.loads(sent.content)["text"]


def test_generic_has_everything() -> None:
    body = json.loads(request("generic", alert(3, at=1e6)).content)
    assert (body["type"], body["timestamp"]) == ("alert.raised", "1970-01-12T13:46:40.000+00:00")
    data = body["data"]
    assert (data["id"], data["person"], data["level"], data["group"]) == ("msg_1", "Ada", 0, None)
    assert data["picture"].startswith("/9gg")
    assert json.loads(request("generic", alert(3, at=1e6), picture=False).content)["data"]["picture"] is None


def test_ntfy_has_the_picture_as_body_and_the_rest_in_the_url() -> None:
    sent = request("ntfy", alert(0, at=1e6, level=9))
    query = parse_qs(urlsplit(str(sent.url)).query)
    assert (sent.method, sent.content) == ("PUT", JPEG)
    assert query["message"] == ["Ada at the door, number 0."]
    assert (query["title"], query["priority"], query["filename"]) == (["couriers (door)"], ["5"], ["face.jpg"])
    plain = request("ntfy", alert(0, at=1e6, crop=b""))
    assert (plain.method, plain.content) == ("POST", b"Ada at the door, number 0.")


def test_telegram_sends_a_photo_with_a_caption_or_a_text() -> None:
    sent = request("telegram", alert(0, at=1e6))
    assert sent.url.path == "/hook/sendPhoto"
    found = parts(sent)
    assert (found["chat_id"], found["photo"]) == (b"-100123", JPEG)
    assert found["caption"] == b"couriers (door): Ada at the door, number 0."
    plain = request("telegram", alert(0, at=1e6, crop=b""))
    assert (plain.url.path, json.loads(plain.content)["chat_id"]) == ("/hook/sendMessage", "-100123")


def test_pushover_is_a_form_with_token_user_and_the_picture() -> None:
    form = parse_qs(request("pushover", alert(0, at=1e6, level=3)).content.decode())
    assert (form["token"], form["user"], form["priority"]) == (["app-token"], ["user-key"], ["1"])
    assert form["attachment_base64"][0].startswith("/9gg")


def test_a_long_text_is_cut_and_what_was_missed_is_told() -> None:
    settings = Webhook(name="a", url="https://example.org/hook", template="pushover", fields=FIELDS)
    sent = Endpoint.of(settings).request(alert(0, at=1e6, text="x" * 5000, crop=b""), "m", untold=3, now=1e6)
    assert len(parse_qs(sent.content.decode())["message"][0]) == 1024
    sent = Endpoint.of(settings).request(alert(0, at=1e6, text="Ada.", crop=b""), "m", untold=1, now=1e6)
    assert parse_qs(sent.content.decode())["message"] == ["Ada. (1 earlier message was not delivered.)"]


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("plain: {text: '{nobody}'}", "unknown placeholder 'nobody'"),
        ("plain: {text: '{fields.key}'}", r"unknown placeholder 'fields\.key'"),
        ("plain: {jsn: {}}", "did you mean 'json'"),
        ("max_text: 10", "plain"),
    ],
)
def test_a_template_of_ones_own_is_checked(tmp_path: Path, yaml: str, sentence: str) -> None:
    (tmp_path / "own.yaml").write_text(yaml)
    with pytest.raises(ConfigurationError, match=sentence):
        load_template(str(tmp_path / "own.yaml"))


def test_a_receiver_without_a_field_that_its_template_needs_is_refused() -> None:
    settings = Webhook(name="phone", url="https://example.org/", template="telegram")
    with pytest.raises(ConfigurationError, match=r"receiver 'phone': fields\.chat_id: expected a value"):
        Endpoint.of(settings)


@pytest.mark.parametrize("headers", [{"A b": "x"}, {"A": "x\r\nB: y"}, {"A": "ü"}])
def test_headers_are_lines_of_ascii(headers: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="expected a name and a text of one line in ASCII"):
        Endpoint.of(Webhook(name="a", url="https://example.org/", headers=headers))

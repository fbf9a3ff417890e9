"""Makes the HTTP request of one alert for one receiver."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from configs.read import ConfigurationError
from pipeline.alerts.deliver.wording import sentence
from pipeline.alerts.webhooks.signature import read_keys, sign
from pipeline.alerts.webhooks.template import Shape, Template, Value, fill, fill_texts, load_template
from pipeline.events import AlertEvent
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.settings.rooms.deliveries import Webhook
from pipeline.site.site_time import utc
from pipeline.version import VERSION

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
MIN_PATH_CHARACTERS = 8


@dataclass(frozen=True)
class Endpoint:
    """A receiver, ready to be written to. Raises ConfigurationError that names it and what is wrong."""

    settings: Webhook
    template: Template
    keys: Sequence[bytes]

    @classmethod
    def of(cls, settings: Webhook) -> "Endpoint":
        try:
            template = load_template(settings.template)
            _check(settings, template)
            endpoint = cls(settings, template, read_keys(settings.secret))
        except ConfigurationError as error:
            raise ConfigurationError(f"webhooks: receiver {settings.name!r}: {error}") from None
        path = httpx.URL(settings.url).raw_path.decode("ascii")
        secrets = [settings.secret, *settings.fields.values(), *settings.headers.values()]
        KNOWN_SECRETS.add([*secrets, *[path] * (len(path) >= MIN_PATH_CHARACTERS)])
        return endpoint

    def request(self, alert: AlertEvent, message_id: str, *, untold: int, now: float) -> httpx.Request:
        """The request, signed at `now` (Unix seconds)."""
        has_picture = bool(alert.crop) and self.settings.picture
        shape = self.template.picture if has_picture and self.template.picture else self.template.plain
        values = _values(alert, message_id, untold, self.template.max_text) | self._fields()
        values["picture"] = base64.b64encode(alert.crop).decode() if has_picture else None
        request = self._build(shape, values, alert.crop)
        body = request.read()
        headers = {"idempotency-key": message_id, "webhook-id": message_id, "webhook-timestamp": str(int(now))}
        if self.keys:
            headers["webhook-signature"] = sign(self.keys, message_id, int(now), body)
        request.headers.update(headers | self.settings.headers)
        return request

    def _fields(self) -> dict[str, Value]:
        return {f"fields.{name}": value for name, value in self.settings.fields.items()}

    def _build(self, shape: Shape, values: Mapping[str, Value], picture: bytes) -> httpx.Request:
        escape = self.template.escape
        url = httpx.URL(self.settings.url)
        url = url.copy_with(path=url.path.rstrip("/") + shape.path) if shape.path else url
        url = url.copy_merge_params(fill_texts(shape.query, values)) if shape.query else url
        request = httpx.Request(shape.method, url, **_content(shape, values, escape, picture))
        request.headers["user-agent"] = f"glimpse/{VERSION}"
        return request


def _content(shape: Shape, values: Mapping[str, Value], escape: str, picture: bytes) -> dict[str, Any]:
    """The body as arguments of a request."""
    json = msgspec.json.encode(fill(shape.json, values, escape)) if shape.json else b""
    form = fill_texts(shape.form, values, escape)
    if shape.file:
        parts = form | ({shape.json_part: json.decode()} if shape.json_part else {})
        return {"data": parts, "files": {shape.file: ("face.jpg", picture, "image/jpeg")}}
    if shape.body:
        return {"content": picture, "headers": {"content-type": "image/jpeg"}}
    if shape.json:
        return {"content": json, "headers": {"content-type": "application/json"}}
    if form:
        return {"data": form}
    text = fill(shape.text, values, escape)
    return {"content": str(text).encode(), "headers": {"content-type": "text/plain; charset=utf-8"}}


def _values(alert: AlertEvent, message_id: str, untold: int, max_text: int) -> dict[str, Value]:
    message = sentence(alert, untold)
    shortened = message if len(message) <= max_text else f"{message[: max_text - 1]}…"
    return {
        "id": message_id,
        "alert": alert.alert,
        "action": str(alert.action),
        "rule": alert.rule,
        "text": alert.text,
        "message": shortened,
        "level": alert.level,
        "priority": min(3 + alert.level, 5),
        "urgency": min(alert.level, 1),
        "node": alert.of_node,
        "camera": alert.camera,
        "track": alert.track,
        "person": alert.person,
        "group": alert.group,
        "false_alarm": alert.false_alarm,
        "face_px": alert.face_px,
        "by": alert.by,
        "wall_time": alert.wall_time,
        "seconds": int(alert.wall_time),
        "time": utc(alert.wall_time),
        "dropped": untold,
    }


def _check(settings: Webhook, template: Template) -> None:
    try:
        host = httpx.URL(settings.url).host
    except (httpx.InvalidURL, ValueError):
        host = ""
    if not host:
        raise ConfigurationError("url: expected http://HOST or https://HOST with a path, got something else")
    for name in template.needs:
        if not settings.fields.get(name):
            raise ConfigurationError(f"fields.{name}: expected a value, as template {settings.template!r} needs it")
    for name, value in settings.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise ConfigurationError(f"headers.{name!r}: expected a name and a text of one line in ASCII")

"""Shapes of messages as data: a file for each service, in which `{name}` stands for a value of the alert.

Values are put into parsed data, which is encoded afterwards. So no name can leave its place in a body or a parameter.
A text that is one placeholder alone becomes the value itself: a number, null or a text.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from configs.read import ConfigurationError, read_settings
from pipeline.settings.section import Section

TEMPLATES = Path(__file__).parent / "templates"
NAMES = (
    *("id", "alert", "action", "rule", "text", "message", "level", "priority", "urgency", "node", "camera", "track"),
    *("person", "group", "false_alarm", "face_px", "by", "wall_time", "seconds", "time", "dropped", "picture"),
)
"""What a template may name, beside `fields.NAME` of the settings."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_]+)?)\}")
_MARKDOWN = re.compile(r"([\\*_~`|>\[\]()#])")
_SLACK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Value = str | int | float | None


class Shape(Section, frozen=True, kw_only=True):
    """One request. json, form, text or the picture is the body; with `file`, form and JSON are parts beside it."""

    method: Literal["POST", "PUT"] = "POST"
    path: Annotated[str, Meta(pattern=r"^(/[\w.-]+)*$(?!\n)", description="what follows the receiver's url")] = ""
    query: Annotated[dict[str, str], Meta(description="parameters of the url")] = field(default_factory=dict)
    json: Annotated[dict[str, Any], Meta(description="body as JSON")] = field(default_factory=dict)
    form: Annotated[dict[str, str], Meta(description="body as a form")] = field(default_factory=dict)
    text: Annotated[str, Meta(description="body as plain text")] = ""
    body: Annotated[Literal["", "picture"], Meta(description="picture: the body is the picture")] = ""
    file: Annotated[str, Meta(description="name of the part with the picture")] = ""
    json_part: Annotated[str, Meta(description="name of the part with the JSON, beside a picture")] = ""


class Template(Section, frozen=True, kw_only=True):
    """The shapes of one service."""

    needs: Annotated[tuple[str, ...], Meta(description="fields that the receiver's settings must give")] = ()
    max_text: Annotated[int, Meta(ge=1, description="characters of the message that the service takes")] = 4000
    escape: Annotated[Literal["", "slack", "markdown"], Meta(description="markup that values must not make")] = ""
    plain: Annotated[Shape, Meta(description="a message without a picture")]
    picture: Annotated[Shape | None, Meta(description="a message with one; null: the service takes none")] = None


def load_template(name: str) -> Template:
    """A template that ships, by its name, or one of a path. Raises ConfigurationError."""
    shipped = TEMPLATES / f"{name}.yaml"
    path = shipped if "/" not in name and shipped.is_file() else Path(name)
    template = read_settings(path, Template)
    for placeholder in _placeholders([_parts(template.plain), _parts(template.picture)]):
        section, _, name_of_field = placeholder.partition(".")
        if section == "fields" and name_of_field in template.needs:
            continue
        if placeholder not in NAMES:
            raise ConfigurationError(
                f"{path.name}: unknown placeholder {placeholder!r}; known here: "
                f"{', '.join(NAMES)}, and fields.NAME of needs"
            )
    return template


def fill(value: Any, values: Mapping[str, Value], escape: str = "") -> Any:
    """Plain data with each placeholder replaced; values of `fields` are taken as they are."""
    if isinstance(value, dict):
        return {key: fill(inner, values, escape) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [fill(inner, values, escape) for inner in value]
    if not isinstance(value, str):
        return value
    escaped = partial(_value, values=values, escape=_ESCAPES[escape])
    if whole := _PLACEHOLDER.fullmatch(value):
        return escaped(whole[1])
    return _PLACEHOLDER.sub(lambda match: _text(escaped(match[1])), value)


def fill_texts(value: Mapping[str, str], values: Mapping[str, Value], escape: str = "") -> dict[str, str]:
    """The same for parameters and forms, which hold texts alone; one without a value is left out."""
    filled = {key: fill(text, values, escape) for key, text in value.items()}
    return {key: _text(found) for key, found in filled.items() if found is not None}


def _value(name: str, *, values: Mapping[str, Value], escape: Callable[[str], str]) -> Value:
    value = values[name]
    return escape(value) if isinstance(value, str) and not name.startswith("fields.") else value


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _parts(shape: Shape | None) -> list[Any]:
    return [shape.query, shape.json, shape.form, shape.text] if shape else []


def _placeholders(value: Any) -> set[str]:
    if isinstance(value, dict):
        return _placeholders(list(value.values()))
    if isinstance(value, list):
        return {name for inner in value for name in _placeholders(inner)}
    return set(_PLACEHOLDER.findall(value)) if isinstance(value, str) else set()


def _escape_slack(text: str) -> str:
    return "".join(_SLACK.get(letter, letter) for letter in text)


def _escape_markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


_ESCAPES: dict[str, Callable[[str], str]] = {"": str, "slack": _escape_slack, "markdown": _escape_markdown}

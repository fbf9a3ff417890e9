"""Fills `${env:NAME}` in plain data of a configuration.

Each value becomes a known secret, hidden wherever it lands. Names of cameras and of the node are published in every
event, so they take no such value. In the login of a URL, and after the '=' of a parameter, the value is
percent-encoded: there, its own '@' or '?' would otherwise decide what is dialled.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from configs.read import ConfigurationError
from pipeline.capture.source_url import SourceUrlError, encode_part, parse_source_url
from pipeline.secrets.known_secrets import KNOWN_SECRETS

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def fill_environment(
    raw: dict[str, Any], environment: Mapping[str, str], *, ignored: Collection[str] = ()
) -> dict[str, Any]:
    """A copy with each `${env:NAME}` replaced. Raises ConfigurationError for an unset variable, and in a name.

    ignored: sections that the caller does not use: unset variables stay in them as they are written.
    """
    _refuse_in("node", raw.get("node"))
    cameras = raw.get("cameras")
    for number, camera in enumerate(cameras if isinstance(cameras, list) else []):
        _refuse_in(f"cameras[{number}].name", camera.get("name") if isinstance(camera, dict) else None)
    return {key: _fill(value, environment, (key,), key in ignored) for key, value in raw.items()}


def _refuse_in(place: str, value: Any) -> None:
    if isinstance(value, str) and (found := _ENV.search(value)):
        raise ConfigurationError(
            f"{place}: {found[0]} is hidden wherever it lands, and a name is published; write the name itself"
        )


def _fill(value: Any, environment: Mapping[str, str], place: tuple[object, ...], is_ignored: bool) -> Any:
    if isinstance(value, dict):
        return {key: _fill(inner, environment, (*place, key), is_ignored) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, environment, (*place, number), is_ignored) for number, inner in enumerate(value)]
    return _fill_text(value, environment, place, is_ignored) if isinstance(value, str) else value


def _fill_text(text: str, environment: Mapping[str, str], place: tuple[object, ...], is_ignored: bool) -> str:
    login_end = _login_end(text)

    def replace(match: re.Match[str]) -> str:
        if is_ignored and match[1] not in environment:
            return match[0]
        value = _variable(match[1], environment, place)
        KNOWN_SECRETS.add([value])
        is_parameter = "://" in text[: match.start()] and text[match.start() - 1] == "="
        return encode_part(value) if match.end() <= login_end or is_parameter else value

    return _ENV.sub(replace, text)


def _login_end(text: str) -> int:
    """Where the login of a URL ends in which variables stand for ordinary words; 0 where it has none."""
    plain = _ENV.sub(lambda match: "x" * len(match[0]), text)
    try:
        login = parse_source_url(plain).login
    except SourceUrlError:
        return 0
    return len(plain.partition("://")[0]) + len("://") + len(login) if login else 0


def _variable(name: str, environment: Mapping[str, str], place: tuple[object, ...]) -> str:
    if name not in environment:
        raise ConfigurationError(f"{_shown(place)}: ${{env:{name}}}: the environment variable {name} is not set")
    return environment[name]


def _shown(place: tuple[object, ...]) -> str:
    """A place in the file, such as cameras[0].source."""
    words = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(words).removeprefix(".")

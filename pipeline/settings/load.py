"""From a YAML file to Settings: environment variables are filled in, defaults are merged into each camera.

The merge happens in plain data, before anything is typed: only there is a key that is not given distinguishable from
one that is given with its default value.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from configs.fields import Secret, inner_type, marks_of
from configs.file_format import check_format
from configs.read import ConfigurationError, load_yaml, refuse_urls, resolve_paths, to_settings
from pipeline.bus.address import show_address
from pipeline.capture.camera_names import topic_name
from pipeline.capture.sources import show_source
from pipeline.secrets.redact import redact
from pipeline.settings.environment import fill_environment
from pipeline.settings.types import FORMAT, Settings

ROOMS = frozenset({"history", "alerts", "mqtt", "webhooks", "mail", "web", "collect"})
"""Sections of the rooms beside an engine; the engine uses nothing of them but whether they are there."""


def ignored_but(*rooms: str) -> frozenset[str]:
    """What a room does not use: cameras, and the sections of rooms other than these."""
    return ROOMS.difference(rooms) | {"cameras", "defaults"}


def read_config(path: Path) -> dict[str, Any]:
    """One YAML file as plain data, relative paths in it made absolute from its folder. Raises ConfigurationError."""
    raw: dict[str, Any] = resolve_paths(load_yaml(path), Settings, path.parent.resolve())
    return raw


def make_settings(
    raw: dict[str, Any], *, environment: Mapping[str, str] = os.environ, ignored: Collection[str] = ()
) -> Settings:
    """Check and type plain data of a configuration. Raises ConfigurationError, which names no file and no secret.

    ignored: sections whose values the caller does not use; their environment variables need not be set.
    """
    try:
        return _make_settings(fill_environment(raw, environment, ignored=ignored))
    except ConfigurationError as error:
        raise ConfigurationError(redact(str(error))) from None


def _make_settings(filled: dict[str, Any]) -> Settings:
    check_format(filled, FORMAT)
    refuse_urls(filled, Settings)
    cameras, defaults = filled.get("cameras"), filled.get("defaults")
    for camera in cameras if isinstance(cameras, list) else []:
        if isinstance(camera, dict) and type(camera.get("source")) is int:
            camera["source"] = str(camera["source"])  # a webcam: `source: 0`
    if isinstance(cameras, list) and isinstance(defaults, dict):
        to_settings({"defaults": defaults}, Settings)  # a mistake in them is reported once, and at its own place
        filled["cameras"] = [defaults | camera if isinstance(camera, dict) else camera for camera in cameras]
    settings = _with_default_recognizer(to_settings(_with_profile(filled), Settings))
    _check_names(settings)
    return settings


def format_settings(settings: Settings) -> str:
    """The effective configuration as YAML, secrets hidden."""
    return yaml.safe_dump(settings_to_plain(settings), sort_keys=False, allow_unicode=True)


def settings_to_plain(settings: Settings) -> dict[str, Any]:
    """The effective configuration as plain data, secrets hidden."""
    plain = _hide_secrets(msgspec.to_builtins(settings), Settings)
    for camera in plain["cameras"]:
        camera |= {key: show_source(camera[key]) for key in ("source", "sub_stream")}
    plain["events"] |= {key: show_address(plain["events"][key]) for key in ("bind", "preview_bind")}
    hidden: dict[str, Any] = _redact_all(plain)
    return hidden


def _hide_secrets(plain: Any, kind: Any) -> Any:
    """Plain data of the type `kind` with every text hidden that is marked as a secret."""
    if isinstance(plain, dict):
        return {key: _hide_secrets(value, inner_type(kind, key)) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_hide_secrets(value, inner_type(kind, index)) for index, value in enumerate(plain)]
    marks = marks_of(kind, Secret) if isinstance(plain, str) else []
    return marks[0].hide(plain) if marks else plain


def _redact_all(value: Any) -> Any:
    """Plain data with secrets removed from every text in it."""
    if isinstance(value, dict):
        return {key: _redact_all(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_all(inner) for inner in value]
    return redact(value) if isinstance(value, str) else value


def _with_default_recognizer(settings: Settings) -> Settings:
    """With a gallery and no model, take the model that comes with Glimpse: a gallery is given to get names."""
    section = settings.recognizer
    if section.model or not settings.gallery:
        return settings
    return msgspec.structs.replace(settings, recognizer=msgspec.structs.replace(section, model="embedded"))


def _with_profile(raw: dict[str, Any]) -> dict[str, Any]:
    """Take from the recogniser's profile what the section itself does not give."""
    section = raw.get("recognizer")
    if not isinstance(section, dict) or not isinstance(path := section.get("profile"), str) or not path:
        return raw
    profile = load_yaml(Path(path))
    found = {"chip_spec": profile.get("chip_spec", profile)}
    if "calibration" in profile:
        found["calibration"] = path
    return raw | {"recognizer": found | section}


def _check_names(settings: Settings) -> None:
    """Refuse names that no topic can have, and two cameras under one topic."""
    used: dict[str, str] = {}
    for number, camera in enumerate(settings.cameras):
        if not camera.name:
            continue
        try:
            topic = topic_name(camera.name)
        except ValueError as error:
            raise ConfigurationError(f"cameras[{number}].name: {error}") from None
        if topic in used:
            raise ConfigurationError(_same_topic(used[topic], camera.name, topic))
        used[topic] = camera.name


def _same_topic(first: str, second: str, topic: str) -> str:
    if first == second:
        return f"cameras: the name {first!r} is used twice; names must differ"
    return f"cameras: the names {first!r} and {second!r} would both be published as {topic!r}; names must differ"

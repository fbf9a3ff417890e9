"""From a YAML file to Settings: environment variables are filled in, defaults are merged into each camera.

The merge happens in plain data, before anything is typed: only there is a key that is not given distinguishable from
one that is given with its default value.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from configs.read import ConfigurationError, load_yaml, resolve_paths, to_settings
from pipeline.redact import redact
from pipeline.settings.types import Settings

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def read_config(path: Path) -> dict[str, Any]:
    """One YAML file as plain data, relative paths in it made absolute from its folder. Raises ConfigurationError."""
    raw: dict[str, Any] = resolve_paths(load_yaml(path), Settings, path.parent.resolve())
    return raw


def make_settings(raw: dict[str, Any], *, environment: Mapping[str, str] = os.environ) -> Settings:
    """Check and type plain data of a configuration. Raises ConfigurationError, which does not name a file."""
    filled = _fill_environment(raw, environment)
    cameras, defaults = filled.get("cameras"), filled.get("defaults")
    for camera in cameras if isinstance(cameras, list) else []:
        if isinstance(camera, dict) and type(camera.get("source")) is int:
            camera["source"] = str(camera["source"])  # a webcam: `source: 0`
    if isinstance(cameras, list) and isinstance(defaults, dict):
        _to_settings({"defaults": defaults})  # a mistake in them is reported once, and at its own place
        filled["cameras"] = [defaults | camera if isinstance(camera, dict) else camera for camera in cameras]
    settings = _with_default_recognizer(_to_settings(_with_profile(filled)))
    _check_names(settings)
    return settings


def format_settings(settings: Settings) -> str:
    """The effective configuration as YAML, credentials hidden."""
    plain = msgspec.to_builtins(settings)
    for camera in plain["cameras"]:
        for key in ("source", "sub_stream"):
            camera[key] = redact(camera[key])
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _to_settings(raw: dict[str, Any]) -> Settings:
    try:
        return to_settings(raw, Settings)
    except ConfigurationError as error:
        raise ConfigurationError(redact(str(error))) from None


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


def _fill_environment(value: Any, environment: Mapping[str, str]) -> Any:
    """Replace ${env:NAME} by the environment variable, everywhere in the tree."""
    if isinstance(value, dict):
        return {key: _fill_environment(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill_environment(inner, environment) for inner in value]
    if not isinstance(value, str):
        return value
    return _ENV.sub(lambda match: _variable(match[1], environment), value)


def _variable(name: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        raise ConfigurationError(f"${{env:{name}}}: the environment variable {name} is not set")
    return environment[name]


def _check_names(settings: Settings) -> None:
    names = [camera.name for camera in settings.cameras if camera.name]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigurationError(f"cameras: the name {repeated[0]!r} is used twice; names must differ")

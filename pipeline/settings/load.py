"""From a YAML file to Settings: secrets from the environment, defaults spread over cameras, errors that point.

Camera overrides are merged as plain dictionaries before anything is typed, so that "not said" and "said to be the
default" stay different.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from pipeline.redact import redact
from pipeline.settings.types import CameraSettings, Settings

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`(?: - at `\$(?P<path>[^`]*)`)?")
_PATH_KEYS = (
    ("gallery",),
    ("recognizer", "calibration"),
    ("recognizer", "profile"),
    ("events", "curve"),
    ("events", "outbox"),
)
_MODEL_KEYS = (("detector", "model"), ("recognizer", "model"))


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file, key, value and what was expected (exit code 2)."""


def read_yaml(path: Path) -> dict[str, Any]:
    """One YAML file as plain data, relative paths in it made absolute from its folder. Raises ConfigurationError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict | None):
        raise ConfigurationError(f"{path}: expected a mapping of settings, got {type(raw).__name__}")
    return _anchored(raw or {}, path.parent.resolve())


def settings_from(raw: dict[str, Any], *, environment: Mapping[str, str] = os.environ) -> Settings:
    """Check and type plain data as read from YAML. Raises ConfigurationError."""
    filled = _fill(raw, environment)
    cameras = filled.get("cameras")
    for camera in cameras if isinstance(cameras, list) else []:
        if isinstance(camera, dict) and type(camera.get("source")) is int:
            camera["source"] = str(camera["source"])  # `source: 0` is a webcam to whoever writes it
    defaults = filled.get("defaults")
    if isinstance(cameras, list) and isinstance(defaults, dict):
        _check(msgspec.convert, {"defaults": defaults})
        filled["cameras"] = [defaults | camera if isinstance(camera, dict) else camera for camera in cameras]
    settings = _with_own_recognizer(_check(msgspec.convert, _profiled(filled)))
    _check_names(settings)
    return settings


def _with_own_recognizer(settings: Settings) -> Settings:
    """Whoever gives a gallery wants names: without a model of their own, the one that comes with Glimpse."""
    given = settings.recognizer
    if given.model or not settings.gallery:
        return settings
    return msgspec.structs.replace(settings, recognizer=msgspec.structs.replace(given, model="embedded"))


def _profiled(raw: dict[str, Any]) -> dict[str, Any]:
    """Take over what the recogniser's profile says and the section itself does not."""
    section = raw.get("recognizer")
    if not isinstance(section, dict) or not isinstance(path := section.get("profile"), str) or not path:
        return raw
    plain = read_yaml(Path(path))
    found = {"chip_spec": plain.get("chip_spec", plain)} | ({"calibration": path} if "calibration" in plain else {})
    return raw | {"recognizer": found | section}


def shown(settings: Settings) -> str:
    """The effective configuration as YAML, credentials hidden."""
    plain = msgspec.to_builtins(settings)
    for camera in plain["cameras"]:
        camera["source"] = redact(camera["source"])
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _check(convert: Any, raw: dict[str, Any]) -> Settings:
    try:
        settings: Settings = convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(redact(_explain(str(error), raw))) from None
    return settings


def _explain(message: str, raw: dict[str, Any]) -> str:
    """Say where, what was there, and for a misspelt key which was probably meant."""
    found = _UNKNOWN.search(message)
    if found is None:
        return _with_value(message, raw)
    where = (found["path"] or "").lstrip(".")
    known = _keys_at(where)
    near = difflib.get_close_matches(found["key"], known, n=1, cutoff=0.5)
    advice = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(known))}"
    return f"unknown key {found['key']!r}{' in ' + where if where else ''}; {advice}"


def _with_value(message: str, raw: dict[str, Any]) -> str:
    what, _, where = message.partition(" - at `$")
    where = where.rstrip("`").lstrip(".")
    if not where:
        return message
    value: Any = raw
    for part in re.findall(r"[^.\[\]]+", where):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return f"{where}: {what}"
    return f"{where}: {what} (got {value!r})"


def _keys_at(where: str) -> list[str]:
    """The keys known at a dotted path such as `cameras[0]` or `events`."""
    kind: Any = Settings
    for part in re.findall(r"[^.\[\]]+", where):
        if part.isdigit() or part == "...":
            kind = CameraSettings
            continue
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        kind = _struct_in(fields.get(part)) or kind
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def _struct_in(kind: Any) -> Any:
    """The struct type inside `Annotated[Struct | None, ...]`, or None where there is none."""
    if hasattr(kind, "__struct_fields__"):
        return kind
    return next((found for arm in getattr(kind, "__args__", ()) if (found := _struct_in(arm))), None)


def _fill(value: Any, environment: Mapping[str, str]) -> Any:
    """Put environment variables in place of ${env:NAME}, everywhere in the tree."""
    if isinstance(value, dict):
        return {key: _fill(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, environment) for inner in value]
    if not isinstance(value, str):
        return value
    return _ENV.sub(lambda match: _secret(match[1], environment), value)


def _secret(name: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        raise ConfigurationError(f"${{env:{name}}}: the environment variable {name} is not set")
    return environment[name]


def _check_names(settings: Settings) -> None:
    names = [camera.name for camera in settings.cameras if camera.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"cameras: the name {twice[0]!r} is used twice; names must differ")


def _anchored(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make relative paths absolute from the configuration file's folder, so that it works from anywhere."""
    anchored = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    for keys in (*_PATH_KEYS, *_MODEL_KEYS):
        section: Any = anchored
        for key in keys[:-1]:
            section = section.get(key, {}) if isinstance(section, dict) else {}
        value = section.get(keys[-1]) if isinstance(section, dict) else None
        if isinstance(value, str) and value and _is_relative(value):
            section[keys[-1]] = str(folder / value)
    if isinstance(anchored.get("cameras"), list):
        anchored["cameras"] = [_anchored_source(camera, folder) for camera in anchored["cameras"]]
    return anchored


def _is_relative(model: str) -> bool:
    return model != "embedded" and not model.startswith(("pack:", "${", "/", "~"))


def _anchored_source(camera: Any, folder: Path) -> Any:
    source = camera.get("source") if isinstance(camera, dict) else None
    if not isinstance(source, str) or "://" in source or source.isdigit() or source.startswith(("/", "~", "${")):
        return camera
    return camera | {"source": str(folder / source)}

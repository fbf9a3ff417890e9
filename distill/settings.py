"""From a YAML file to typed settings, with errors that name the key, its value and what was expected.

The surprising decision: `a.b=value` on the command line overrides a key before anything is checked, so an ablation is
one word and not one more file.
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from detectors.pack import PREFIX
from distill.errors import DistillError

_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]+)`(?: - at `\$(?P<path>[^`]*)`)?")
_PATHS = frozenset({"work", "path", "images", "pairs", "model", "chip_spec", "detector", "folder", "head"})
_PATHS |= {"yunet", "retinaface", "export", "peers"}  # of configs/detector.yaml; sections by these names are no paths
Kind = TypeVar("Kind", bound=msgspec.Struct)


def read_settings(path: Path, kind: type[Kind], overrides: Iterable[str] = ()) -> Kind:
    """Read, override, check and type a configuration of this kind. Raises DistillError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DistillError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise DistillError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise DistillError(f"{path}: expected a mapping of settings, got {type(raw).__name__}")
    for override in overrides:
        _override(raw, override)
    try:
        return msgspec.convert(_anchored(raw, path.parent.resolve()), kind)
    except msgspec.ValidationError as error:
        raise DistillError(f"{path}: {_explain(str(error), raw, kind)}") from None


def _override(raw: dict[str, Any], override: str) -> None:
    keys, equals, value = override.partition("=")
    *above, last = keys.split(".")
    section: Any = raw
    for key in above:
        section = section.setdefault(key, {}) if isinstance(section, dict) else None
    if not equals or not isinstance(section, dict):
        raise DistillError(f"{override!r}: expected key=value with the key of a setting, such as label.faces=1000")
    section[last] = yaml.safe_load(value) if value else ""  # YAML would make a null of nothing


def _anchored(value: Any, folder: Path) -> Any:
    """Make relative paths absolute from the configuration file's folder, so that it works from anywhere."""
    if isinstance(value, list):
        return [_anchored(inner, folder) for inner in value]
    if not isinstance(value, dict):
        return value
    return {key: _path(inner, folder) if key in _PATHS else _anchored(inner, folder) for key, inner in value.items()}


def _path(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_path(inner, folder) for inner in value]
    if not isinstance(value, str):
        return _anchored(value, folder)
    return str(folder / Path(value).expanduser()) if value and not value.startswith(PREFIX) else value


def _explain(message: str, raw: dict[str, Any], kind: type[msgspec.Struct]) -> str:
    """Say where, what was there, and for a misspelt key which was probably meant."""
    found = _UNKNOWN.search(message)
    if found is None:
        return _with_value(message, raw)
    where = (found["path"] or "").lstrip(".")
    known = _keys_at(where, kind)
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


def _keys_at(where: str, root: type[msgspec.Struct]) -> list[str]:
    """The keys known at a dotted path such as `faces.sources[0]` or `students[...]`."""
    kind: Any = root
    for part in re.findall(r"[A-Za-z_]\w*", where):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        kind = fields.get(part, root)
        arms = (kind, *getattr(kind, "__args__", ()))  # a tuple's or a mapping's own items
        kind = next((arm for arm in arms if hasattr(arm, "__struct_fields__")), root)
    return [field.encode_name for field in msgspec.structs.fields(kind)]

"""The configuration file that a run was started with, read and changed by a page."""

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configs.read import ConfigurationError, resolve_paths
from configs.strict_yaml import parse_yaml
from pipeline.capture.sources import parse_source
from pipeline.settings.load import make_settings
from pipeline.settings.types import CameraSettings, Settings

CHANGED = "The file was changed by somebody else meanwhile. Load this page again, then repeat the change."


class FileChangedError(ValueError):
    """Somebody else changed the file after it was read."""


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """The file as it was read. digest: of its bytes.  plain: as it stands in it, variables not filled in."""

    text: str
    digest: str
    plain: dict[str, Any]
    settings: Settings

    @property
    def plain_cameras(self) -> list[dict[str, Any]]:
        """The cameras as they stand in the file."""
        return list(self.plain.get("cameras") or [])

    def camera(self, name: str) -> int | None:
        """The place in `cameras` of the one that is published under this name; None where it is not in the file."""
        return self.names().get(name)

    def names(self) -> dict[str, int]:
        """Names in events of the cameras, and their places in `cameras`."""
        found = ((published_name(camera), at) for at, camera in enumerate(self.settings.cameras))
        return {name: at for name, at in found if name}


class ConfigFile:
    """Reads and saves. One change at a time; several threads may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self._path.name

    def read(self) -> ConfigVersion:
        """The file now. Raises ConfigurationError, which names no folder and no secret."""
        try:
            data = self._path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{self.name}: {error.strerror or error}") from None
        return self._version(data)

    def save(self, digest: str, edit: Callable[[str], str]) -> ConfigVersion:
        """Change the file that was read with this digest; returns it as it is now.

        edit: takes the text and returns the new one. Nothing is written unless the result is a valid configuration.
        Raises FileChangedError, ConfigurationError, ValueError, and OSError where it cannot be written.
        """
        with self._lock:
            before = self.read()
            if before.digest != digest:
                raise FileChangedError(CHANGED)
            data = edit(before.text).encode()
            after = self._version(data)
            if data != before.text.encode():
                self._replace(data)
            return after

    def check_writable(self) -> None:
        """Raise OSError with a sentence where the file cannot be saved by this process."""
        target = Path(os.path.realpath(self._path))
        if not (os.access(target, os.W_OK) and os.access(target.parent, os.W_OK)):
            raise PermissionError(errno.EACCES, f"The file {self.name} and its folder are not writable for this page")

    def _version(self, data: bytes) -> ConfigVersion:
        try:
            text = data.decode()
            plain = parse_yaml(text) or {}
        except (ValueError, yaml.YAMLError):
            raise ConfigurationError(f"{self.name}: not readable as YAML") from None
        if not isinstance(plain, dict):
            raise ConfigurationError(f"{self.name}: expected a mapping of settings")
        resolved = resolve_paths(plain, Settings, self._path.parent.resolve())
        return ConfigVersion(
            text, hashlib.sha256(data).hexdigest(), plain, make_settings(resolved, ignored=set(resolved))
        )

    def _replace(self, data: bytes) -> None:
        """Write beside the file, then rename, so that nobody reads half of one; mode and owner stay."""
        self.check_writable()
        target = Path(os.path.realpath(self._path))
        status, unfinished = target.stat(), target.with_name(f".{target.name}.new")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fchmod(descriptor, status.st_mode & 0o7777)
                with suppress(PermissionError):  # only root gives files away
                    os.fchown(descriptor, status.st_uid, status.st_gid)
                file.flush()
                os.fsync(descriptor)
            unfinished.replace(target)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise OSError(error.errno, f"{self.name}: {error.strerror}") from None


def published_name(camera: CameraSettings) -> str | None:
    """The name in events of a camera; None where its source stands for several recordings, or for none now."""
    try:
        found = parse_source(camera.source, name=camera.name)
    except (ValueError, OSError):
        return camera.name or None
    return found[0].name if len(found) == 1 else None

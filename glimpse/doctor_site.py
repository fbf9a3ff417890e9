"""What a site has, by its configuration: stores, rights, room, times, cameras and ports, and what to do about each."""

import errno
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from configs.read import ConfigurationError
from glimpse.doctor import Finding, Health
from glimpse.doctor_calibration import examine_calibration
from glimpse.doctor_file_times import examine_file_times
from glimpse.doctor_log import examine_log
from glimpse.doctor_stores import examine_folders, examine_store
from glimpse.doctor_weights import examine_weights
from pipeline.backup.places import Part, kept_by
from pipeline.capture.sources import Source
from pipeline.check import first_frame
from pipeline.parts.sources import open_sources
from pipeline.secrets.redact import redact
from pipeline.settings.load import ROOMS, make_settings, read_config
from pipeline.settings.types import CameraSettings, Settings

DIALLED_AT_ONCE = 8
PORT_ADVICE = {
    errno.EACCES: "this user may not listen there: use a port from 1024 on",
    errno.EADDRNOTAVAIL: "this machine has no such address: correct it",
}


def examine_site(settings: Settings, config: Path, *, dial: bool = True) -> Iterator[Finding]:
    """Look at everything that the configuration names, one finding at a time. Nothing is changed.

    settings: those of a command that uses no camera (`glimpse.command.site_settings`).  dial: also ask each camera for
    a picture, for as long as the node would wait.
    """
    yield Finding("configuration", Health.GOOD, f"{config}, node {settings.node}, format {settings.format}")
    kept = kept_by(settings, config)
    for one in kept:
        if one.part is Part.STORE:
            yield examine_store(one)
    yield from examine_folders(kept)
    yield from examine_log(settings.log)
    yield examine_file_times([Path(one.place) for one in kept if one.part is Part.STORE])
    yield from _models([(one.setting, Path(one.place)) for one in kept if one.part is Part.MODEL])
    yield from examine_calibration(settings)
    yield examine_weights()
    yield from _ports(settings)
    if dial:
        yield from _cameras(config)


def _models(found: list[tuple[str, Path]]) -> Iterator[Finding]:
    for setting, path in found:
        try:
            is_there = not path.is_absolute() or path.is_file() or path.is_dir()
        except OSError as error:
            yield Finding(setting, Health.BROKEN, str(error), "run this as the user of the node")
            continue
        if not is_there:
            advice = "put the model there, or correct the setting"
            yield Finding(setting, Health.BROKEN, f"{path}: no such file", advice)


def _ports(settings: Settings) -> Iterator[Finding]:
    """Where the node and its rooms listen: each address is free, in use, or not possible."""
    addresses = {
        "events.bind": settings.events.bind,
        "history.bind": settings.history.bind,
        "alerts.bind": settings.alerts.bind,
        "web.address": f"tcp://{settings.web.address}" if settings.web.accounts else "",
    }
    for setting, address in addresses.items():
        if address.startswith("tcp://"):
            yield _port(setting, address)


def _port(setting: str, address: str) -> Finding:
    parts = urlsplit(address)
    host, part = parts.hostname or "", f"{setting} {address.removeprefix('tcp://')}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just closed is free
        try:
            opened.bind(("" if host == "*" else host, _number_of(parts.netloc)))
        except (TypeError, ValueError, OverflowError):  # a host that is no name, a port that is no number
            return Finding(part, Health.BROKEN, "no address", "expected tcp://HOST:PORT, such as tcp://127.0.0.1:5556")
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return Finding(part, Health.GOOD, "in use: by a running Glimpse, or by what `ss -ltnp` names")
            return Finding(
                part, Health.BROKEN, str(error.strerror or error), PORT_ADVICE.get(error.errno or 0, "correct it")
            )
    return Finding(part, Health.GOOD, "free")


def _number_of(place: str) -> int:
    """The port of HOST:PORT; 0 for `*`, any that is free. Raises ValueError for what is no number."""
    port = place.rpartition(":")[2]
    return 0 if port == "*" else int(port)


def _cameras(config: Path) -> Iterator[Finding]:
    try:
        settings = make_settings(read_config(config), ignored=ROOMS)
        found = open_sources(settings)
    except (ConfigurationError, OSError) as error:
        yield Finding("cameras", Health.BROKEN, str(error), "see the message")
        return
    if not found:
        yield Finding("cameras", Health.MISSING, "none", "add cameras to the configuration")
    with ThreadPoolExecutor(DIALLED_AT_ONCE) as threads:
        yield from threads.map(_camera, found)


def _camera(camera: tuple[Source, CameraSettings]) -> Finding:
    source, settings = camera
    part = f"camera {source.name}"
    if not settings.enabled:
        return Finding(part, Health.GOOD, "paused")
    frame = first_frame(source, settings)
    if isinstance(frame, str):
        return Finding(part, Health.BROKEN, redact(frame), "look at power, network, address and password of the camera")
    width, height = frame.size
    return Finding(part, Health.GOOD, f"{width}x{height}")

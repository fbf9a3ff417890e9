"""What a machine has for Glimpse: packages, models, devices and a gallery, and what to do about what is missing."""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import import_module, metadata
from pathlib import Path

from configs.postgres.address import is_postgres, show
from pipeline.documentation import find_page, find_pages
from pipeline.version import VERSION

LEAST_FREE_MB = 200


class Health(StrEnum):
    """`MISSING`: an optional part that is not here.  `DOUBTFUL`: works, and should be changed.

    `BROKEN`: Glimpse cannot run, or not as asked for.
    """

    GOOD = "good"
    MISSING = "missing"
    DOUBTFUL = "doubtful"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the machine. found: what is there.  advice: what to do; empty where nothing needs to be done."""

    part: str
    health: Health
    found: str
    advice: str = ""


def examine(gallery: str | None = None) -> Iterator[Finding]:
    """Look at everything, one finding at a time. Nothing is changed and nothing is sent.

    gallery: also opens this file and looks for faces that cannot be used.
    """
    yield Finding("Glimpse", Health.GOOD, f"{VERSION}, Python {platform.python_version()}, {platform.platform()}")
    yield _documentation()
    yield _processor()
    yield from map(_package, ("numpy", "opencv", "av", "onnxruntime", "pyzmq"))
    yield _try("detector", _open_detector)
    for family in ("tiny", "base", "large"):
        yield _try(f"recogniser {family}", partial(_open_family, family))
    yield _heif()
    yield _display()
    yield _webcams()
    yield _disk()
    yield _clock()
    if gallery is not None:
        yield _try(f"gallery {_name(gallery)}", partial(_open_gallery, gallery))


def _documentation() -> Finding:
    if (folder := find_pages()) is None:
        advice = "pip install --force-reinstall --no-deps glimpse-faces, whose wheel holds the pages"
        return Finding("documentation", Health.MISSING, "not on this machine", advice)
    return Finding("documentation", Health.GOOD, f"{folder}: what texts call docs/")


def _processor() -> Finding:
    from detectors.runtime import count_cores

    return Finding("processor", Health.GOOD, f"{count_cores()} cores, {platform.machine()}")


PACKAGES: dict[str, tuple[str, tuple[str, ...]]] = {  # module, distributions that bring it
    "numpy": ("numpy", ("numpy",)),
    "opencv": ("cv2", ("opencv-python", "opencv-python-headless", "opencv-contrib-python")),
    "av": ("av", ("av",)),
    "onnxruntime": ("onnxruntime", ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")),
    "pyzmq": ("zmq", ("pyzmq",)),
}


def _package(name: str) -> Finding:
    module, distributions = PACKAGES[name]
    try:
        import_module(module)
    except ImportError as error:  # also a shared library that the system lacks, such as libGL.so.1
        return Finding(name, Health.BROKEN, str(error), _library_advice(str(error), distributions[0]))
    installed = {found: version for found in distributions if (version := _version(found))}
    text = ", ".join(f"{found} {version}" for found, version in installed.items())
    if len(installed) > 1:
        surplus = " ".join(list(installed)[1:])
        return Finding(name, Health.BROKEN, text, f"two builds overwrite each other: pip uninstall {surplus}")
    return Finding(name, Health.GOOD, text)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _library_advice(error: str, distribution: str) -> str:
    if "libGL" in error or "libgthread" in error:
        return "apt install libgl1, or pip install opencv-python-headless instead of opencv-python"
    return f"pip install --force-reinstall {distribution}"


def _try(part: str, look: Callable[[], str]) -> Finding:
    """A finding that opens something; whatever fails is said in its own words."""
    try:
        return Finding(part, Health.GOOD, look())
    except (OSError, ValueError, ImportError) as error:
        return Finding(part, Health.BROKEN, str(error), "see the message")


def _open_detector() -> str:
    from detectors.load import EMBEDDED, load_detector
    from detectors.runtime import Runtime

    return load_detector(EMBEDDED, runtime=Runtime()).name


def _open_family(family: str) -> str:
    from detectors.runtime import Runtime
    from recognizer.load import load_recognizer, open_scoring

    recognizer = load_recognizer(family, runtime=Runtime())
    open_scoring(recognizer, model=family)
    return f"{recognizer.model_id}, calibrated"


def _name(gallery: str) -> str:
    return show(gallery) if is_postgres(gallery) else Path(gallery).name


def _open_gallery(path: str) -> str:
    from recognizer.gallery.store import Gallery

    with Gallery(path, read_only=True) as gallery:
        people, model = gallery.people(), gallery.model_id
        usable = len(gallery.index(model).vectors) if model else 0
    faces = sum(person.faces for person in people)
    if usable < faces:
        raise ValueError(f"{faces - usable} of {faces} faces cannot be used: the log says which; enrol them again")
    return f"{len(people)} people, {faces} faces, model {model or 'none yet'}"


def _heif() -> Finding:
    from detectors.pictures import HAS_HEIF

    if HAS_HEIF:
        return Finding("HEIC pictures", Health.GOOD, f"pillow-heif {_version('pillow-heif')}")
    return Finding("HEIC pictures", Health.MISSING, "not read", "pip install pillow-heif")


def _display() -> Finding:
    from pipeline.sinks.window import require_display

    try:
        require_display()
    except ValueError as error:
        return Finding("display", Health.MISSING, str(error), "--show needs one; reports and films do not")
    return Finding("display", Health.GOOD, "--show works")


def _webcams() -> Finding:
    if sys.platform != "linux":
        return Finding("webcams", Health.GOOD, "not listed on this system; try glimpse check 0")
    devices = sorted(Path("/dev").glob("video*"))
    if not devices:
        return Finding("webcams", Health.MISSING, "none", "plug one in; in a container, pass --device /dev/video0")
    closed = [device.name for device in devices if not os.access(device, os.R_OK)]
    names = ", ".join(f"{device.name.removeprefix('video')}: {_device_name(device)}" for device in devices)
    if closed:
        return Finding("webcams", Health.MISSING, names, f"no right to read {', '.join(closed)}: join the group video")
    return Finding("webcams", Health.GOOD, names)


def _device_name(device: Path) -> str:
    try:
        return Path("/sys/class/video4linux", device.name, "name").read_text(encoding="utf-8").strip()
    except OSError:
        return "unnamed"


def _clock() -> Finding:
    from pipeline.site.clocks import node_clock, read_kernel, why_node_clock
    from pipeline.site.site_time import stamp

    clock, shown = node_clock(read_kernel()), stamp(time.time())
    if clock is None:
        return Finding("clock", Health.GOOD, f"{shown}; this system does not tell whether a time server sets it")
    if why := why_node_clock(clock):
        advice = f"apt install chrony, or see {find_page('operate.md')}"
        return Finding("clock", Health.MISSING, f"{shown}; this machine {why}", advice)
    return Finding("clock", Health.GOOD, f"{shown}, off by at most {clock.max_error or 0:.3f} s")


def _disk() -> Finding:
    places = {"here": Path.cwd(), "temporary files": Path(tempfile.gettempdir())}
    free = {name: shutil.disk_usage(place).free // 1_000_000 for name, place in places.items()}
    text = ", ".join(f"{name} {megabytes:,} MB free" for name, megabytes in free.items())
    if min(free.values()) < LEAST_FREE_MB:
        return Finding("disk", Health.BROKEN, text, f"free at least {LEAST_FREE_MB} MB")
    return Finding("disk", Health.GOOD, text)

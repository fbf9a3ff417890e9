"""The video devices of this machine, for messages about one that is missing."""

import re
from pathlib import Path

DEVICES, SYSFS = Path("/dev"), Path("/sys/class/video4linux")


def list_devices(devices: Path = DEVICES, sysfs: Path = SYSFS) -> dict[str, str]:
    """Every /dev/videoN in order, with the name that Linux gives it; an empty name where it gives none."""
    found = [path for path in devices.glob("video*") if re.fullmatch(r"video\d+", path.name)]
    return {str(path): _name(sysfs / path.name) for path in sorted(found, key=lambda path: int(path.name[5:]))}


def describe_devices(found: dict[str, str]) -> str:
    """`video devices found: /dev/video0 (HD Webcam)`, or that there are none."""
    listed = [f"{path} ({name})" if name else path for path, name in found.items()]
    return f"video devices found: {', '.join(listed)}" if listed else "no video device found in /dev"


def _name(entry: Path) -> str:
    try:
        return (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

"""The time zone of this machine, for rules that are made on the page."""

import os
from pathlib import Path

from pipeline.alerts.schedule import zone_of

LOCAL_TIME = Path("/etc/localtime")
SAME_AS_UTC = ("UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")


def local_zone(place: Path = LOCAL_TIME) -> str:
    """Its IANA name: of TZ, or of what /etc/localtime links to; UTC where neither names one."""
    linked = os.path.realpath(place).partition("zoneinfo/")[2]
    known = [name for name in (os.environ.get("TZ", "").removeprefix(":"), linked) if _is_zone(name)]
    return "UTC" if not known or known[0] in SAME_AS_UTC else known[0]


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and bool(zone_of(name))
    except ValueError:
        return False

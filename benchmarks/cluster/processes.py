"""Processor time of processes that descend from this one (Linux: proc(5))."""

import os
from pathlib import Path

WORKER = "ray::WorkerHost"


def processor_seconds(root: int) -> dict[str, float]:
    """Seconds so far of a process and all below it, by what they are: `worker`, `ray`, or `other`."""
    found = {"worker": 0.0, "ray": 0.0, "other": 0.0}
    for pid in [root, *_below(root)]:
        try:
            seconds, title = _seconds(pid), Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended
        found[_kind(title)] += seconds
    return found


def _kind(title: str) -> str:
    if title.startswith(WORKER):
        return "worker"
    return "ray" if title.startswith("ray::") or "/ray/" in title else "other"


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


def _below(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found

"""The settings of one worker, made of those of the site."""

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from configs.read import ConfigurationError
from pipeline.parts.sources import open_sources
from pipeline.settings.types import Settings

NODE_FIELD = "{node}"


@dataclass(frozen=True)
class NodePlace:
    """Where a worker is. address: what it publishes on.  cores: what it may use."""

    node: str
    address: str
    outbox: str
    networks: frozenset[str] = frozenset()
    cores: float = 1.0


def usable_cores() -> float:
    """Processor cores of this process."""
    return float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def place_of_node(settings: Settings, node: str, *, networks: frozenset[str], cores: float) -> NodePlace:
    """Where the worker of a node keeps and publishes its events."""
    folder = Path(settings.cluster.folder) / node
    bind = settings.cluster.bind
    address = f"ipc://{folder / 'bus'}" if bind == "auto" else bind.replace(NODE_FIELD, node)
    return NodePlace(node, address, str(folder / "outbox.db"), networks, cores)


def settings_of_node(settings: Settings, place: NodePlace, cameras: frozenset[str]) -> Settings:
    """What the worker runs, with these cameras."""
    events = msgspec.structs.replace(settings.events, bind=place.address, outbox=place.outbox)
    own = tuple(camera for camera in settings.cameras if camera.name in cameras)
    return msgspec.structs.replace(settings, node=place.node, events=events, cameras=own)


def settings_of_site(settings: Settings) -> Settings:
    """The same, each camera with its name. Raises ConfigurationError for what a cluster cannot run."""
    if not settings.cluster.folder:
        raise ConfigurationError("cluster.folder: expected a folder for what each worker keeps, got none")
    if not settings.cameras:
        raise ConfigurationError("cameras: expected the cameras of the site, got none")
    found = open_sources(settings)
    for source, _ in found:
        if not source.live:
            raise ConfigurationError(
                f"cameras: {source.name}: expected a live camera; recordings are for glimpse run on one machine"
            )
    return msgspec.structs.replace(settings, cameras=tuple(camera for _, camera in found))

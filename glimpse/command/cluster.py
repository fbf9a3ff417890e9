"""`glimpse cluster …`: cameras spread over several machines, by workers on Ray."""

import logging
import re
import socket
import sys
from pathlib import Path

import msgspec
from cyclopts import App

from glimpse.command.counts import at_least
from glimpse.command.log_flags import LOG_FLAGS, LogFlags, Logging
from glimpse.command.new_command import DONE, FAILED, fail, inner_commands, new_command, write_json
from glimpse.command.stop_signals import stopped_by_signals
from pipeline.cluster.commands import clear_killed, known_address, ray_for, read_status, run_site, take_down
from pipeline.cluster.messages import ClusterStatus
from pipeline.cluster.node_settings import settings_of_site
from pipeline.cluster.ray_session import become_node, node_command
from pipeline.cluster.site import SiteFile
from pipeline.reload.watch import followed
from pipeline.settings.load import make_settings, read_config
from pipeline.settings.types import Settings

_log = logging.getLogger("glimpse.cluster")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?")
app: App = new_command(
    "cluster",
    "glimpse cluster up site.yaml",
    "glimpse cluster node --head",
    "glimpse cluster node 10.0.0.5:6379 --name shop",
    "glimpse cluster up site.yaml --address 127.0.0.1:6379",
    "glimpse cluster status site.yaml --json",
    "glimpse cluster down site.yaml",
)
_command = inner_commands(app.command, "glimpse cluster")


@_command("up", "up site.yaml", "up site.yaml --address 10.0.0.5:6379")
def up(config: Path, *, address: str = "", log: Logging = LOG_FLAGS) -> int:
    """Run the cameras of a configuration on every node that takes a worker, until Ctrl-C or SIGTERM, which ends all.
    Cameras that the file gains, loses or changes meanwhile are taken up, and the others go on.

    Without an address, Ray is started on this machine alone, where nobody else reaches it, and ends with the command.

    Parameters
    ----------
    config
        configuration file with cameras and a section `cluster`
    address
        HOST:PORT of a Ray that runs; call this on its head
    """
    settings = _site(config, log)
    log.open(settings.log, process="cluster", node=settings.node)
    shown, file = _Shown(), SiteFile(settings, lambda: _site(config, log))
    with (
        ray_for(settings, address),
        stopped_by_signals() as stop,
        followed(config, file.take_up, polls=settings.watch_config),
    ):
        ended_here = run_site(file, is_stopped=stop.is_set, tell=shown.tell)
    return DONE if ended_here else fail("the workers were ended by another command", FAILED)


@_command("status", "status site.yaml", "status site.yaml --json", "status site.yaml --address 10.0.0.5:6379")
def status(config: Path, *, address: str = "", json: bool = False) -> int:
    """Say which worker runs which camera, and how they fare. Exit code 1: a camera is run by nobody, or none answers.

    Parameters
    ----------
    config
        configuration file that the cluster was brought up with
    address
        HOST:PORT of the Ray that was joined
    json
        print one JSON object
    """
    found = read_status(known_address(_settings(config), address))
    if json:
        write_json(found)
    else:
        sys.stdout.write("\n".join(describe(found)) + "\n")
    return FAILED if found.unplaced else DONE


@_command("down", "down site.yaml", "down site.yaml --address 10.0.0.5:6379")
def down(config: Path, *, address: str = "") -> int:
    """End all workers: their tracks end, and outboxes are closed. A `glimpse cluster up` that runs ends too; what one
    that was killed left on this machine is ended and deleted.

    Parameters
    ----------
    config
        configuration file that the cluster was brought up with
    address
        HOST:PORT of the Ray that was joined
    """
    settings = _settings(config)
    if not address and clear_killed(settings):
        sys.stdout.write("what a killed glimpse cluster up left is gone\n")
        return DONE
    workers = take_down(known_address(settings, address))
    sys.stdout.write(f"workers ended: {workers}\n")
    return DONE


@_command(
    "node",
    "node 10.0.0.5:6379",
    "node 10.0.0.5:6379 --name shop --network yard --network hall",
    "node --head",
)
def node(
    address: str = "",
    *,
    head: bool = False,
    name: str = "",
    network: list[str] | None = None,
    object_store_mb: int = 80,
) -> int:
    """Let this machine take part, until Ctrl-C or SIGTERM: it waits for a worker, or with --head for all the others.

    Every machine needs the same version of Glimpse, the models and the gallery at the paths of the configuration, and
    the same token in ~/.ray/auth_token (or RAY_AUTH_TOKEN_PATH).

    Parameters
    ----------
    address
        HOST:PORT of the head
    head
        this machine is the head: call glimpse cluster up there
    name
        of the worker in events, the same after each start; its outbox has it too (default: the host's name)
    network
        label of a network of cameras that this machine reaches; may be given several times
    object_store_mb
        memory of Ray's object store; frames are never in it
    """
    if head == bool(address):
        raise ValueError("expected HOST:PORT of the head, or --head")
    at_least("--object-store-mb", object_store_mb, 75)
    words = [name or socket.gethostname(), *(network or ())]
    if wrong := [word for word in words if not LABEL.fullmatch(word)]:
        raise ValueError(f"--name, --network: expected letters, digits, '.', '_' and '-', got {wrong[0]!r}")
    become_node(node_command(address, name=words[0], networks=words[1:], object_store_mb=object_store_mb))


def describe(status: ClusterStatus) -> list[str]:
    """A line for each worker, each camera without one, and each fault."""
    lines = ["waiting for leases of an earlier supervisor to end"] if status.waiting else []
    for worker in status.workers:
        cameras = ", ".join(f"{name} {camera.state}" for name, camera in sorted(worker.cameras.items()))
        slow = ", slow" if worker.slow else ""
        lines.append(f"{worker.node}: {worker.load:.2f} of {worker.cores:g} cores{slow}: {cameras or 'no camera'}")
    lines += [f"{camera}: {why}" for camera, why in sorted(status.unplaced.items())]
    return [*lines, *status.faults] or ["no worker is heard"]


class _Shown:
    """Logs which camera runs where, when that changes."""

    def __init__(self) -> None:
        self._last: list[str] = []

    def tell(self, status: ClusterStatus) -> None:
        lines = [f"{worker.node}: {', '.join(sorted(worker.cameras)) or 'no camera'}" for worker in status.workers]
        lines += [f"{camera}: {why}" for camera, why in sorted(status.unplaced.items())] + status.faults
        if lines != self._last:
            for line in lines:
                _log.info("%s", line)
        self._last = lines


def _settings(config: Path) -> Settings:
    return make_settings(read_config(config))


def _site(config: Path, log: LogFlags) -> Settings:
    settings = _settings(config)
    return settings_of_site(msgspec.structs.replace(settings, log=log.over(settings.log)))

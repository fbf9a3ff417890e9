"""Starts Ray on this machine for as long as a block runs, or joins one that runs; the only place that does.

Ray's own health checks look every five seconds and wait long. The supervisor has its own deadline; these only let Ray
notice sooner that a node is gone, so that a new worker starts as soon as the node is back.
"""

import contextlib
import ipaddress
import json
import logging
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from configs.extras import install_extra
from pipeline.cluster.leftovers import session_folder
from pipeline.cluster.ray_nodes import NETWORK_LABEL, NODE_LABEL, WORKER_RESOURCE

HEALTH = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 2000,
    "health_check_failure_threshold": 3,
}
COMMON = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",
}
"""Nothing is told to Ray's makers. Whoever reaches a port of Ray needs the token of `~/.ray/auth_token`. Ray prints no
pages of its own state to standard output when a node dies."""

ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray takes the loopback address for this machine's, and listens on no other. It is the default on the systems of the
name, and read when Ray is imported."""

MEGABYTE = 1 << 20
CONNECT_SECONDS = 5.0


class RayMissingError(OSError):
    """The package is not installed."""


def import_ray(*, alone: bool = False) -> Any:
    """The package. alone: this machine takes part in no cluster with others. Raises RayMissingError."""
    for name, value in health_environment().items():
        os.environ.setdefault(name, value)
    if alone:
        os.environ.update(ALONE)
    try:
        import ray
    except ModuleNotFoundError:
        raise RayMissingError(f"glimpse cluster needs the package ray: {install_extra('cluster')}") from None
    return ray


def health_environment() -> dict[str, str]:
    """Variables for the processes of Ray's head and of every node, by which a dead node is noticed within seconds."""
    return COMMON | {f"RAY_{name}": str(value) for name, value in HEALTH.items()}


@contextlib.contextmanager
def local_ray(node: str, networks: frozenset[str], *, object_store_mb: int, record: Path) -> Iterator[str]:
    """Ray on this machine alone while the block runs; gives its address, which nobody else reaches.

    record: the file that says what to clean up after a kill. Raises AlreadyRunsError.
    """
    ray = import_ray(alone=True)
    with session_folder(record) as folder:
        yield from _run_in(folder, ray, node, networks, object_store_mb)


def _run_in(folder: Path, ray: Any, node: str, networks: frozenset[str], object_store_mb: int) -> Iterator[str]:
    try:
        yield _start(folder, ray, node, networks, object_store_mb)
    finally:
        ray.shutdown()


def _start(folder: Path, ray: Any, node: str, networks: frozenset[str], object_store_mb: int) -> str:
    """Returns the address. Raises OSError: Ray gives up where its processes do not begin within some seconds."""
    try:
        context = ray.init(
            address="local",
            num_cpus=1,
            resources={WORKER_RESOURCE: 1},
            labels={NODE_LABEL: node} | {f"{NETWORK_LABEL}{network}": "yes" for network in networks},
            object_store_memory=object_store_mb * MEGABYTE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=str(folder / "ray"),  # Ray opens its own folder to everybody
        )
    except Exception as error:  # Ray raises that itself
        raise OSError(f"Ray does not start on this machine, which may be too busy: {_first_line(error)}") from error
    return str(context.address_info["gcs_address"])


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def node_command(address: str, *, name: str, networks: Iterable[str], object_store_mb: int) -> list[str]:
    """What starts Ray's processes of this machine, and waits. address: HOST:PORT of the head; empty: this is the head.

    The head has no CPUs and no worker: it has the supervisor, which must answer in time.
    """
    arguments = ["start", "--block", "--disable-usage-stats", f"--object-store-memory={object_store_mb * MEGABYTE}"]
    if not address:
        return [*arguments, "--head", "--num-cpus=0", "--include-dashboard=false"]
    labels = {NODE_LABEL: name} | {f"{NETWORK_LABEL}{network}": "yes" for network in networks}
    return [
        *arguments,
        f"--address={address}",
        "--num-cpus=1",
        f"--resources={json.dumps({WORKER_RESOURCE: 1})}",
        f"--labels={','.join(f'{key}={value}' for key, value in labels.items())}",
    ]


def become_node(command: Sequence[str]) -> NoReturn:
    """Replace this process by Ray's; signals reach it. Raises RayMissingError."""
    import_ray()
    module = "import sys; from ray.scripts.scripts import main; sys.exit(main())"
    arguments = [sys.executable, "-c", module, *command]
    os.execve(sys.executable, arguments, os.environ | health_environment())


@contextlib.contextmanager
def joined_ray(address: str) -> Iterator[str]:
    """A Ray that runs, while the block does. Raises ConnectionError where there is none."""
    ray = import_ray(alone=_is_loopback(address))  # otherwise Ray asks for this machine's other address
    _check_connection(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (RuntimeError, ValueError) as error:
        raise ConnectionError(f"no Ray answers at {address}: {_first_line(error)}") from None
    try:
        yield address
    finally:
        ray.shutdown()


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_connection(address: str) -> None:
    """Raises ConnectionError where nothing listens: Ray itself would try for more than a minute."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ConnectionError(f"no Ray answers at {address}: {error}") from None

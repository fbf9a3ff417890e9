"""Brings a cluster up, says how it is, and takes it down; what `glimpse cluster` calls."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.cluster.leftovers import clear_leftovers
from pipeline.cluster.messages import ClusterStatus, SiteSettings
from pipeline.cluster.ray_session import import_ray, joined_ray, local_ray
from pipeline.cluster.site import SiteFile
from pipeline.secrets.private_files import open_private
from pipeline.settings.types import Settings

ADDRESS_FILE = "ray-address"
SESSION_FILE = "ray-session"
POLL_SECONDS = 1.0
ANSWER_SECONDS = 15.0


class NoClusterError(OSError):
    """Nothing answers."""


@contextlib.contextmanager
def ray_for(settings: Settings, address: str) -> Iterator[str]:
    """Ray while the block runs: the one at an address, or one that is started on this machine; gives the address.

    Raises AlreadyRunsError where another command runs one for the same folder.
    """
    folder = Path(settings.cluster.folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with joined_ray(address) if address else _started(settings, folder) as found:
        _write(folder / ADDRESS_FILE, found)
        try:
            yield found
        finally:
            (folder / ADDRESS_FILE).unlink(missing_ok=True)


def clear_killed(settings: Settings) -> bool:
    """End what an `up` on this machine alone left when it was killed; whether there was any."""
    folder = Path(settings.cluster.folder)
    was_left = clear_leftovers(folder / SESSION_FILE)
    if was_left:
        (folder / ADDRESS_FILE).unlink(missing_ok=True)
    return was_left


def run_site(file: SiteFile, *, is_stopped: Callable[[], bool], tell: Callable[[ClusterStatus], None]) -> bool:
    """Run the workers until `is_stopped`, then end them; False where somebody else ended them. Ray must be there.

    file: its newest settings are those that run.
    """
    from ray.exceptions import GetTimeoutError, RayActorError

    from pipeline.cluster.actors import end_all, start_supervisor

    supervisor = start_supervisor(file.newest)
    while not is_stopped():
        time.sleep(POLL_SECONDS)
        try:
            tell(status := _ask(supervisor))
            _take_up(supervisor, file.newest, status.version)
        except GetTimeoutError:
            continue  # the supervisor is starting again, or the machine is busy
        except RayActorError as error:
            if "ray.kill" in str(error) or not _is_there():
                return False
    end_all(supervisor)
    return True


def read_status(address: str) -> ClusterStatus:
    """Ask the supervisor of the cluster at an address. Raises NoClusterError."""
    with _joined(address) as supervisor:
        return _ask(supervisor)


def take_down(address: str) -> int:
    """End workers and supervisor; returns how many workers there were. Raises NoClusterError."""
    with _joined(address) as supervisor:
        from pipeline.cluster.actors import end_all  # Ray reads its environment when it is imported

        return end_all(supervisor)


def known_address(settings: Settings, given: str) -> str:
    """The address that is given, or where `up` runs on this machine. Raises NoClusterError."""
    if given:
        return given
    path = Path(settings.cluster.folder) / ADDRESS_FILE
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NoClusterError(
            f"no cluster runs on this machine with cluster.folder {settings.cluster.folder}; expected --address of one"
        ) from None


def _started(settings: Settings, folder: Path) -> contextlib.AbstractContextManager[str]:
    networks = frozenset(camera.network for camera in settings.cameras if camera.network)
    size = settings.cluster.object_store_mb
    return local_ray(settings.node, networks, object_store_mb=size, record=folder / SESSION_FILE)


@contextlib.contextmanager
def _joined(address: str) -> Iterator[Any]:
    import_ray()
    from pipeline.cluster.actors import find_supervisor

    with joined_ray(address):
        supervisor = find_supervisor()
        if supervisor is None:
            raise NoClusterError(f"Ray at {address} has no cameras of Glimpse; start them with glimpse cluster up")
        yield supervisor


def _ask(supervisor: Any) -> ClusterStatus:
    ray = import_ray()
    status: ClusterStatus = ray.get(supervisor.status.remote(), timeout=ANSWER_SECONDS)
    return status


def _take_up(supervisor: Any, site: SiteSettings, version: str) -> None:
    """Also where the supervisor has the settings of its first start, because it was started again."""
    if site.version != version:
        import_ray().get(supervisor.take_up.remote(site), timeout=ANSWER_SECONDS)


def _is_there() -> bool:
    from pipeline.cluster.actors import find_supervisor

    return find_supervisor() is not None


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w") as file:
        file.write(text)

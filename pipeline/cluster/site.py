"""The site that workers run: its supervisor, and its settings, which may change while they do.

Workers have settings of their own from their start. One whose version is another gets the newest with the answer to
its beat, and takes up what differs, as `glimpse run` does.
"""

import logging
import secrets
import time
from collections.abc import Callable

import msgspec

from pipeline.cluster.messages import Beat, ClusterStatus, Grant, SiteSettings
from pipeline.cluster.supervisor import Supervisor
from pipeline.settings.types import Settings

log = logging.getLogger("glimpse.cluster")


class Site:
    """One for all workers; any thread may call. clock: monotonic seconds."""

    def __init__(self, site: SiteSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.newest = site
        self._supervisor = Supervisor(site.settings.cameras, site.settings.cluster, clock=clock)

    def beat(self, beat: Beat) -> Grant:
        """Answer a worker. A supervisor that has begun anew may itself have old settings, and sends none yet."""
        grant, newest = self._supervisor.beat(beat), self.newest
        if beat.version == newest.version or self._supervisor.is_waiting:
            return grant
        return msgspec.structs.replace(grant, site=newest)

    def take_up(self, site: SiteSettings) -> None:
        """Run these cameras from now on."""
        self.newest = site  # first: who gets a new camera must know it
        self._supervisor.take_up(site.settings.cameras)

    def status(self) -> ClusterStatus:
        """What is known now."""
        return msgspec.structs.replace(self._supervisor.status(), version=self.newest.version)


class SiteFile:
    """The newest settings of a configuration file. read: reads it, and raises where it is wrong."""

    def __init__(self, settings: Settings, read: Callable[[], Settings]) -> None:
        self.newest, self._read = _versioned(settings), read

    def take_up(self) -> None:
        """Read the file again, and keep what cannot change while workers run. Raises like `read`."""
        old, read = self.newest.settings, self._read()
        if read.cluster != old.cluster:
            log.warning("configuration: cluster: a change needs glimpse cluster down and up")
        if read.log != old.log:
            log.warning("configuration: log: a change needs glimpse cluster down and up")
        settings = msgspec.structs.replace(read, cluster=old.cluster, log=old.log)
        if settings != old:
            self.newest = _versioned(settings)


def _versioned(settings: Settings) -> SiteSettings:
    return SiteSettings(settings=settings, version=secrets.token_hex(8))

"""A worker: today's run with the cameras that the supervisor grants, and a beat that asks for them again and again.

It knows no Ray: `ask` may be the supervisor itself, in the same process. The engine runs in a thread of its own, so
that beats go on while models are loaded and frames are searched.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.build import build
from pipeline.cluster.health import LatestHealth
from pipeline.cluster.lease import Lease, LeasedSource
from pipeline.cluster.messages import Beat, Grant, SiteSettings
from pipeline.cluster.node_settings import NodePlace, settings_of_node
from pipeline.parts.job import Job
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import Settings

log = logging.getLogger("glimpse.cluster")

STUCK_SECONDS = 20.0
"""Without a heartbeat of the engine. It gives one a second, with or without frames."""

JOIN_SECONDS = 20.0


class WorkerFailedError(Exception):
    """The engine has ended or stands still; whoever started the process starts it again."""


class SupervisorSilentError(Exception):
    """A beat was not answered."""


class Worker:
    """Runs in the thread that calls `run`. ask: gives the answer to a beat, or raises SupervisorSilentError.

    settings: of the site, all cameras with names.  version: of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        place: NodePlace,
        ask: Callable[[Beat], Grant],
        *,
        version: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._version, self._is_changed = version, False
        self._settings, self._place, self._ask, self._clock = settings, place, ask, clock
        self.run_name = secrets.token_hex(8)
        self._lease, self._health = Lease(clock), LatestHealth(clock)
        self._job: Job | None = None
        self._engine: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._asked_for: frozenset[str] = frozenset()
        self._beats = 0
        self._is_silent = False

    def run(self, stop: threading.Event) -> None:
        """Beat until `stop`. Raises WorkerFailedError."""
        Path(self._place.outbox).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            while not stop.is_set():
                self.step()
                stop.wait(self._settings.cluster.beat_seconds)
        finally:
            self._end()

    def step(self) -> None:
        """One beat, and what follows from its answer. Raises WorkerFailedError."""
        sent = self._clock()
        try:
            grant = self._ask(self._beat())
        except SupervisorSilentError as error:
            self._tell_silence(error)
        else:
            self._is_silent = False
            self._lease.extend(sent, grant)
            self._change(grant.site)
        self._watch(self._lease.cameras)
        self._check()

    @property
    def held(self) -> frozenset[str]:
        """Cameras that may still give events."""
        job = self._job
        return self._asked_for | frozenset(job.cameras if job else ())

    def _beat(self, *, leaving: bool = False) -> Beat:
        self._beats += 1
        held = self.held
        return Beat(
            node=self._place.node,
            run=self.run_name,
            number=self._beats,
            networks=self._place.networks,
            cores=self._place.cores,
            held=held,
            cameras={name: camera for name, camera in self._health.cameras().items() if name in held},
            cpu_seconds=time.process_time(),
            latency_p99=self._health.latency_p99,
            address=self._place.address,
            leaving=leaving,
            version=self._version,
        )

    def _change(self, site: SiteSettings | None) -> None:
        if site is not None:
            self._settings, self._version, self._is_changed = site.settings, site.version, True

    def _watch(self, wanted: frozenset[str]) -> None:
        """Run these cameras, as soon as the engine can take them. It starts without any: it serves its outbox."""
        if self._engine is None:
            self._engine = threading.Thread(target=self._run_engine, name="engine", daemon=True)
            self._engine.start()
        is_other = wanted != self._asked_for or self._is_changed
        if is_other and self._job is not None and self._job.running is not None:
            self._job.running.take_up(settings_of_node(self._settings, self._place, wanted))
            self._asked_for, self._is_changed = wanted, False

    def _run_engine(self) -> None:
        try:
            settings = settings_of_node(self._settings, self._place, frozenset())
            job = self._job = build(settings, Outputs(follows_config=True), listeners=[self._health], waits=True)
            job.run(through=lambda feed: LeasedSource(feed, self._lease))
        except BaseException as error:
            self._failure = error

    def _check(self) -> None:
        if self._failure is not None:
            raise WorkerFailedError(f"{self._place.node}: {self._failure}") from self._failure
        if self._engine is not None and not self._engine.is_alive():
            raise WorkerFailedError(f"{self._place.node}: the engine has ended")
        limit = max(STUCK_SECONDS, 5 * self._settings.events.heartbeat_seconds)
        if (age := self._health.age) is not None and age > limit:
            raise WorkerFailedError(f"{self._place.node}: the engine has stood still for {age:.0f} s")

    def _tell_silence(self, error: SupervisorSilentError) -> None:
        if not self._is_silent:
            log.warning("%s: the supervisor does not answer: %s", self._place.node, error)
        self._is_silent = True

    def _end(self) -> None:
        """Stop the engine, which ends its tracks, then say that nothing is held."""
        if self._job is not None:
            self._job.stop("stopped")
        if self._engine is not None:
            self._engine.join(JOIN_SECONDS)
            if self._engine.is_alive():
                return
        self._job, self._asked_for = None, frozenset()
        try:
            self._ask(self._beat(leaving=True))
        except SupervisorSilentError as error:
            log.info("%s: left without an answer: %s", self._place.node, error)

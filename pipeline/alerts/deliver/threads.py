"""Runs the intake and the receivers of a process until it is told to stop, or until one of them fails."""

import threading
from collections.abc import Callable, Sequence

from pipeline.alerts.deliver.receiver import Receiver

POLL_SECONDS = 0.5


class Threads:
    """Threads of which each ends the others. What the first to fail raised, `run` raises."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Start a thread; it must end soon after `stopping` is set."""
        thread = threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self, stop: Callable[[], bool], at_end: Callable[[], None] = lambda: None) -> None:
        """Wait until `stop` says so or a thread fails; then call `at_end` and wait for all of them."""
        while not stop() and not self.stopping.wait(POLL_SECONDS):
            pass
        self.stopping.set()
        at_end()
        for thread in self._threads:
            thread.join()
        if self._error:
            raise self._error

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._error = self._error or error
        finally:
            self.stopping.set()


def run_receivers(
    receivers: Sequence[Receiver], take: Callable[[Callable[[], bool]], None], stop: Callable[[], bool]
) -> None:
    """Take events in one thread and send to each receiver in its own, until `stop` says so."""
    threads = Threads()
    threads.start("intake", lambda: take(threads.stopping.is_set))
    for number, receiver in enumerate(receivers):
        threads.start(f"receiver-{number}", receiver.run)

    def stop_receivers() -> None:
        for receiver in receivers:
            receiver.stop()

    threads.wait(stop, at_end=stop_receivers)

"""The rooms beside a run, each a process of its own: started with it, restarted when they die, ended after it."""

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.logs.open_log import room_log
from pipeline.settings.load import make_settings, read_config
from pipeline.settings.rooms.log import LogSettings
from pipeline.settings.types import Settings

log: logging.Logger = logging.getLogger("glimpse.rooms")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
SOUND_SECONDS = 60.0  # a room that ran for so long begins again with the first pause
END_SECONDS = 10.0
WRONG_SETTINGS = 2  # exit code; the same settings are wrong again


class Kind(NamedTuple):
    """A room that is started where its section is filled. words: its command."""

    name: str
    words: tuple[str, ...]
    is_wanted: Callable[[Settings], bool]


KINDS = (
    Kind("history", ("history", "record"), lambda settings: bool(settings.history.file)),
    Kind("alerts", ("alerts", "run"), lambda settings: bool(settings.alerts.file)),
    Kind("mqtt", ("mqtt",), lambda settings: bool(settings.mqtt.broker)),
    Kind("webhooks", ("webhooks",), lambda settings: bool(settings.webhooks.receivers)),
    Kind("mail", ("mail",), lambda settings: bool(settings.mail.server)),
)


@dataclass(frozen=True)
class Command:
    """A room to start. arguments: of `glimpse`."""

    name: str
    arguments: tuple[str, ...]


def wanted_rooms(settings: Settings, *, config: Path | None, bus: str) -> list[Command]:
    """The page, and the rooms whose sections the file has. bus: where the page reaches the node."""
    page = ["web", "--bus", bus]
    if config:
        page += ["--config", str(config)]
    if settings.gallery and not (config and make_settings(read_config(config)).gallery == settings.gallery):
        page += ["--gallery", settings.gallery]  # what the file says may hold a password, which no command line shows
    file = ("--config", str(config)) if config else ()
    kinds = [kind for kind in KINDS if config and kind.is_wanted(settings)]
    words = {"web": tuple(page)} | {kind.name: (*kind.words, *file) for kind in kinds}
    return [Command(name, (*command, *_log_flags(settings.log, name))) for name, command in words.items()]


def _log_flags(log: LogSettings, room: str) -> list[str]:
    """Rooms log as their run does, which may have flags that the file lacks."""
    kept = ["--log-file", room_log(log, room).file] if log.file else []
    return [f"--log-format={log.format}", *kept]


@contextlib.contextmanager
def open_rooms(commands: Sequence[Command]) -> Iterator["Rooms"]:
    """Rooms run while the block does. After it each is asked to end; the node has then published its last events."""
    rooms = Rooms()
    rooms.start(commands)
    try:
        yield rooms
    finally:
        rooms.end()


class Rooms:
    """The rooms of a run. One thread at a time may start more."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    def start(self, commands: Sequence[Command]) -> None:
        """Start those that do not run: new ones, and those that gave up because of their settings."""
        for command in commands:
            room = self._rooms.get(command.name)
            if room is None or room.gave_up:
                self._rooms[command.name] = room = _Room(command)
                room.start()

    def end(self) -> None:
        """Ask each to end, and wait for it."""
        for room in self._rooms.values():
            room.ask_to_end()
        for room in self._rooms.values():
            room.wait()


class _Room:
    """One process after the other, in a thread that waits for each."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=f"room-{command.name}", daemon=True)

    @property
    def gave_up(self) -> bool:
        """Whether its process ended because of its settings, and none follows."""
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def ask_to_end(self) -> None:
        with self._lock:
            self._stop.set()
            if self._process:
                self._process.terminate()

    def wait(self) -> None:
        """Until the process has ended; one that does not is killed."""
        self._thread.join(END_SECONDS)
        if self._thread.is_alive() and self._process:
            log.warning("%s did not end within %g s and is killed", self._command.name, END_SECONDS)
            self._process.kill()
            self._thread.join(END_SECONDS)

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            code, sound = self._run()
            if self._stop.is_set():
                return
            if code == WRONG_SETTINGS:
                log.error("%s ended: its settings cannot be used; the run goes on without it", self._command.name)
                return
            pause = FIRST_PAUSE_SECONDS if sound else pause
            log.warning("%s ended with exit code %d; it is started again in %g s", self._command.name, code, pause)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _run(self) -> tuple[int, bool]:
        """Run the process until it ends: its exit code, and whether it ran for long."""
        with self._lock:
            if self._stop.is_set():
                return 0, True
            self._process = process = _start(self._command)
        patience = threading.Event()
        timer = threading.Timer(SOUND_SECONDS, patience.set)
        timer.daemon = True
        timer.start()
        code = process.wait()
        timer.cancel()
        if process.stdin:
            process.stdin.close()
        return code, patience.is_set()


def _start(command: Command) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C is for the run, which then ends the rooms in order."""
    return subprocess.Popen(
        [sys.executable, "-m", "glimpse.tethered", *command.arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )

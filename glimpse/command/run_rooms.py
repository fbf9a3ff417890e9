"""`glimpse run … --web`: the page and the other rooms beside a run."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from configs.fields import Field, list_fields
from configs.read import ConfigurationError
from glimpse.rooms import Rooms, open_rooms, wanted_rooms
from pipeline.bus.address import client_address
from pipeline.cli import effective_settings
from pipeline.reload.watch import ConfigWatch
from pipeline.settings.flags import CommandLine
from pipeline.settings.load import make_settings, read_config
from pipeline.settings.types import Settings

PREVIEW_FPS = 5.0


@contextlib.contextmanager
def rooms_beside(line: CommandLine) -> Iterator[CommandLine]:
    """Rooms run while the block does; gives the command line of the run that they listen to.

    A run that publishes nothing is given a bus of its own, a socket that this user alone can open. Pictures are made
    for the page where the file says nothing of them. Raises ConfigurationError for settings that do not go together.
    """
    if not line.options.web or line.options.check:
        yield line
        return
    settings = effective_settings(line)
    if settings.events.curve:
        raise ConfigurationError(
            "--web: expected no events.curve; start glimpse web --bus ADDRESS --curve FOLDER, with the keys of a client"
        )
    with contextlib.ExitStack() as stack:
        bus = _own_bus(stack) if settings.events.bind == "none" else client_address(settings.events.bind)
        bind = bus if settings.events.bind in ("none", "auto") else settings.events.bind
        line = _with(line, ("events", "bind"), bind)
        if not settings.events.preview_fps:
            line = _with(line, ("events", "preview_fps"), PREVIEW_FPS)
        commands = wanted_rooms(settings, config=line.options.config, bus=bus)
        if len(commands) > 1 and settings.events.bind == "none":
            raise ConfigurationError(
                f"events.bind: expected an address in the file, because {commands[1].name} listens to it too; "
                "such as tcp://127.0.0.1:5556"
            )
        rooms = stack.enter_context(open_rooms(commands))
        if line.options.config:
            stack.enter_context(_following(rooms, line.options.config, bus))
        yield line


@contextlib.contextmanager
def _following(rooms: Rooms, config: Path, bus: str) -> Iterator[None]:
    """Rooms whose sections the file gets while the node runs, such as alerts by the first rule, are started then."""

    def take_up() -> None:
        settings = make_settings(read_config(config))
        if settings.events.bind != "none":
            rooms.start(wanted_rooms(settings, config=config, bus=bus))

    with contextlib.closing(ConfigWatch(config, take_up)):
        yield


def _own_bus(stack: contextlib.ExitStack) -> str:
    """An address below a folder of this user alone. A name of it must be short: the system allows 107 bytes."""
    parent = os.environ.get("XDG_RUNTIME_DIR") or None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="glimpse-", dir=parent))
    return f"ipc://{Path(folder) / 'bus'}"


def _with(line: CommandLine, place: tuple[str, ...], value: Any) -> CommandLine:
    """A command line on which this setting is given too."""
    field = next(found for found in list_fields(Settings) if found.place == place)
    bare = Field(field.place, field.kind, field.default, field.description, field.unit, None)
    return CommandLine(line.options, [*(one for one in line.settings if one[0].place != place), (bare, value)])

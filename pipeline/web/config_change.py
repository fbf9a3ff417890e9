"""Changes of the file of settings that a page asks for: by whom, and what they changed, goes into the audit log."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from pipeline.settings.file.config_file import ConfigFile, ConfigVersion
from pipeline.web.render import user_of
from pipeline.web.room import Room, UnavailableError, room_of


def config_of(room: Room) -> ConfigFile:
    """The file. Raises UnavailableError where the page was started without one."""
    if room.config is None:
        raise UnavailableError("This page was started without --config, so there is no file to save settings in.")
    return room.config


def version_of(room: Room) -> ConfigVersion:
    """The file as it is now. Raises UnavailableError."""
    try:
        return config_of(room).read()
    except ValueError as error:
        raise UnavailableError(f"The settings cannot be read: {error}.") from None


def check_writable(room: Room) -> str:
    """Why nothing can be saved; empty where it can."""
    try:
        config_of(room).check_writable()
    except OSError as error:
        return f"{error.strerror}, so nothing can be saved."
    except UnavailableError as error:
        return str(error)
    return ""


def save(
    request: Request,
    digest: str,
    edit: Callable[[str], str],
    *,
    action: str,
    target: str,
    details: Mapping[str, str],
) -> ConfigVersion:
    """Save a change and note it. Raises like `ConfigFile.save`, and UnavailableError where it cannot be written."""
    room, user = room_of(request), user_of(request)
    try:
        after = config_of(room).save(digest, edit)
    except OSError as error:
        raise UnavailableError(f"{error.strerror}, so nothing was saved.") from None
    room.note(by=user.name if user else "", action=action, target=target, details=details)
    return after

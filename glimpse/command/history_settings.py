"""What a command of `glimpse history` works on: section `history` of a configuration file, and flags over it."""

from pathlib import Path
from typing import NamedTuple

from configs.read import ConfigurationError, to_settings
from pipeline.bus.address import client_address
from pipeline.history.retention import Limits
from pipeline.settings.load import ignored_but, make_settings, read_config
from pipeline.settings.rooms.history import HistorySettings
from pipeline.settings.rooms.log import LogSettings
from pipeline.settings.types import Settings
from pipeline.site.site_time import use_zone


class Recording(NamedTuple):
    """What a recorder does. address: where the node publishes.  history: file or postgresql:// address.

    node: whose events these are; empty: of the first event.  curve: folder of keys, or empty.
    section: the section `history`, where nothing above says otherwise.  recognizer: family or file that the node uses.
    """

    address: str
    history: str
    node: str
    unknowns: bool
    curve: str
    limits: Limits
    section: HistorySettings = HistorySettings()
    recognizer: str = "embedded"
    log: LogSettings = LogSettings()


def read_file(path: Path) -> Settings:
    """The settings of the file, whose zone is used from now on.

    Variables of cameras and of other rooms need not be set.

    Raises ConfigurationError, which names the file.
    """
    try:
        settings = make_settings(read_config(path), ignored=ignored_but("history"))
    except ConfigurationError as error:
        message = str(error)
        raise ConfigurationError(message if message.startswith(f"{path}: ") else f"{path}: {message}") from None
    use_zone(settings.site.timezone)
    return settings


def place_of(history: str | None, config: Path | None) -> str:
    """The history that is given, or else that of the configuration file. Raises ValueError where there is neither."""
    if history:
        return history
    if config is None:
        raise ValueError("expected a history, as a file, a postgresql:// address or --config FILE")
    if place := read_file(config).history.file:
        return place
    raise ConfigurationError(f"{config}: history.file: expected a file or a postgresql:// address, got nothing")


def recording(
    address: str | None,
    history: str | None,
    config: Path | None,
    *,
    node: str,
    unknowns: bool,
    curve: str,
    limits: dict[str, float],
) -> Recording:
    """What is given, and for the rest what the file says; without a file, defaults. Raises ValueError."""
    if config is None:
        if not address:
            raise ValueError("expected the address of a node and a history, or --config FILE")
        return Recording(address, place_of(history, None), node, unknowns, curve, to_settings(limits, Limits))
    settings = read_file(config)
    section = settings.history
    if not address and settings.events.curve and not curve:
        raise ConfigurationError(f"{config}: events.curve: expected --curve FOLDER with the keys of a client beside it")
    kept = {name: getattr(section, name) for name in Limits.__struct_fields__}
    return Recording(
        address or client_address(settings.events.bind),
        history or place_of(None, config),
        node or settings.node,
        unknowns or section.unknowns,
        curve,
        to_settings(kept | limits, Limits),
        section,
        settings.recognizer.model or "embedded",
        settings.log,
    )

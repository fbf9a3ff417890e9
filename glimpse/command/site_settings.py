"""The settings of a site for commands that look at what it keeps, and use neither cameras nor servers."""

from pathlib import Path

from configs.read import ConfigurationError
from pipeline.settings.load import ROOMS, make_settings, read_config
from pipeline.settings.types import Settings
from pipeline.site.site_time import use_zone


def read_site(path: Path) -> Settings:
    """The settings of a file; variables of cameras and rooms need not be set. Times are shown in its zone from then on.

    Raises ConfigurationError, which names the file.
    """
    try:
        settings = make_settings(read_config(path), ignored=ROOMS | {"cameras", "defaults"})
    except ConfigurationError as error:
        message = str(error)
        raise ConfigurationError(message if message.startswith(f"{path}: ") else f"{path}: {message}") from None
    use_zone(settings.site.timezone)
    return settings

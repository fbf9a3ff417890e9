"""Names in an error message what the person wrote: the flag, where the value came from one."""

import re

from configs.read import ConfigurationError, to_settings
from pipeline.settings.flags import CommandLine
from pipeline.settings.types import Settings


def check_flags(line: CommandLine) -> None:
    """Type each given setting by itself. Raises ConfigurationError with the name of the flag.

    Values with environment variables are left for later: their type shows when they are filled in.
    """
    for field, value in line.settings:
        flag = field.flag
        if flag is None or "${env:" in str(value):
            continue
        nested = flag.parse(value) if flag.parse else value
        for key in reversed(field.place):
            nested = {key: nested}
        try:
            to_settings(nested, Settings)
        except ConfigurationError as error:
            raise ConfigurationError(name_flags(str(error), line)) from None


def name_flags(message: str, line: CommandLine) -> str:
    """The message with the flags that were given in place of the keys that they set."""
    sources = [*["--rtsp"] * len(line.options.rtsp), *["--source"] * len(line.options.source)]
    for number, flag_name in enumerate(sources):
        message = message.replace(f"cameras[{number}].source", flag_name)
    for field, _ in line.settings:
        if field.flag:
            message = _pattern(field.place).sub(field.flag.name, message)
    return message


def _pattern(place: tuple[str, ...]) -> re.Pattern[str]:
    """Where a key stands: with its section anywhere, without one at the start only, as it may be a plain word."""
    if len(place) == 1:
        return re.compile(rf"^{place[0]}(?=[: ])")
    section, *rest = place
    key = re.escape(".".join(rest))
    above = r"(?:defaults|cameras\[\d+\])" if section == "defaults" else re.escape(section)
    return re.compile(rf"(?<![\w.]){above}\.{key}(?![\w])")

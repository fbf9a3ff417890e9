"""What the commands `mqtt`, `webhooks` and `mail` do alike: read the file, run until a signal, answer `--test`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from configs.read import ConfigurationError
from glimpse.command.log_flags import LOG_FLAGS, LogFlags
from glimpse.command.new_command import DONE, FAILED, write_json
from glimpse.command.stop_signals import stopped_by_signals
from pipeline.alerts.deliver.outcome import Delivered, Outcome
from pipeline.alerts.deliver.status import read_status
from pipeline.secrets.redact import redact
from pipeline.settings.load import ignored_but, make_settings, read_config
from pipeline.settings.types import Settings
from pipeline.site.site_time import stamp, use_zone


def read_room(config: Path, *, section: str) -> Settings:
    """The settings of a file; cameras may be missing. Raises ConfigurationError that names the file.

    section: of the room; beside it, those that it listens to are used.
    """
    try:
        settings = make_settings(read_config(config), ignored=ignored_but(section, "alerts", "history"))
    except ConfigurationError as error:
        text = str(error)
        raise ConfigurationError(text if text.startswith(str(config)) else f"{config}: {text}") from None
    use_zone(settings.site.timezone)
    return settings


def run_room(
    run: Callable[[Callable[[], bool]], None], settings: Settings, *, process: str, log: LogFlags = LOG_FLAGS
) -> int:
    """Run a room until a signal, with a log that shows no secret. process: what the log calls it."""
    log.open(settings.log, process=process, node=settings.node)
    with stopped_by_signals() as stop:
        run(stop.is_set)
    return DONE


def print_trials(outcomes: Mapping[str, Outcome], *, as_json: bool) -> int:
    """Print what each receiver answered to a test message; the exit code says whether all took it."""
    for name, outcome in outcomes.items():
        taken = isinstance(outcome, Delivered)
        answer = redact(outcome.answer if isinstance(outcome, Delivered) else outcome.reason)
        if as_json:
            write_json({"receiver": name, "delivered": taken, "answer": answer})
        else:
            line = Text(f"{name}: {'delivered' if taken else 'not delivered'}: {answer}")
            Console(highlight=False, soft_wrap=True).print(line, style=None if taken else "red")
    return DONE if all(isinstance(outcome, Delivered) for outcome in outcomes.values()) else FAILED


def print_status(path: Path, *, as_json: bool) -> int:
    """Print how deliveries stand, a receiver a line."""
    for status in read_status(path):
        if as_json:
            write_json(msgspec.to_builtins(status))
            continue
        last = "never" if status.last_success is None else stamp(status.last_success)
        line = (
            f"{status.receiver}: {status.pending} waiting, {status.delivered} delivered, {status.dropped} dropped, "
            f"{status.refused} refused; last success {last}"
        )
        error = f"; last error {status.last_error}" * bool(status.last_error)
        Console(highlight=False, soft_wrap=True).print(Text(line + error))
    return DONE

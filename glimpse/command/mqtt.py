"""`glimpse mqtt`: pass events and alerts on to an MQTT broker."""

import time
from collections.abc import Callable, Collection
from pathlib import Path

from cyclopts import App

from glimpse.command.delivering import print_status, print_trials, read_room, run_room
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import exit_code, new_command
from pipeline.alerts.deliver.process import Place
from recognizer.gallery.names import printable
from recognizer.gallery.store import Gallery

app: App = new_command(
    "mqtt",
    "glimpse mqtt --config site.yaml",
    "glimpse mqtt --config site.yaml --test",
    "glimpse mqtt --config site.yaml --status --json",
)
PEOPLE_SECONDS = 2.0
"""Between two looks into the gallery."""


@app.default
@exit_code
def mqtt(
    *, config: Path, test: bool = False, status: bool = False, json: bool = False, log: Logging = LOG_FLAGS
) -> int:
    """Publish people, cameras, events and alerts at the broker of section mqtt until Ctrl-C or SIGTERM. Start it again
    after any end: what was not delivered is sent again.

    Parameters
    ----------
    config
        the YAML file of the site
    test
        publish one test message and print what the broker answered; exit code 1 where it did not take it
    status
        print how deliveries stand
    json
        with --test or --status: print JSON
    """
    settings = read_room(config, section="mqtt")
    place = Place("mqtt", settings.mqtt.file, settings.mqtt.curve)
    if status:
        return print_status(place.path, as_json=json)
    from pipeline.alerts.mqtt.run import MqttProcess
    from pipeline.alerts.mqtt.trial import try_broker

    if test:
        return print_trials({"broker": try_broker(settings)}, as_json=json)
    enrolled = EnrolledPeople(settings.gallery) if settings.gallery else lambda: None
    return run_room(MqttProcess(settings, enrolled=enrolled).run, settings, process="mqtt", log=log)


class EnrolledPeople:
    """Who is enrolled, read again every two seconds; while the gallery cannot be read, who was.

    None before it could be read once. ticks: monotonic seconds.
    """

    def __init__(self, gallery: Path | str, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._gallery, self._ticks = gallery, ticks
        self._people: Collection[str] | None = None
        self._next = ticks()

    def __call__(self) -> Collection[str] | None:
        if self._ticks() >= self._next:
            self._next = self._ticks() + PEOPLE_SECONDS
            try:
                with Gallery(self._gallery, read_only=True) as gallery:
                    self._people = {printable(person.name) for person in gallery.people()}
            except (OSError, ValueError):  # in use, or being written
                return self._people
        return self._people

"""`glimpse webhooks`: pass alerts on over HTTP."""

from pathlib import Path

from cyclopts import App

from glimpse.command.delivering import print_status, print_trials, read_room, run_room
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import exit_code, new_command
from pipeline.alerts.deliver.process import Place
from pipeline.alerts.deliver.trial import trial_alert
from pipeline.alerts.deliver.wanted import delivery_id

app: App = new_command(
    "webhooks",
    "glimpse webhooks --config site.yaml",
    "glimpse webhooks --config site.yaml --test",
    "glimpse webhooks --config site.yaml --status --json",
)


@app.default
@exit_code
def webhooks(
    *, config: Path, test: bool = False, status: bool = False, json: bool = False, log: Logging = LOG_FLAGS
) -> int:
    """Send alerts to the receivers of section webhooks until Ctrl-C or SIGTERM. Start it again after any end: what was
    not delivered is sent again.

    Parameters
    ----------
    config
        the YAML file of the site
    test
        send one test message to each receiver and print what it answered; exit code 1 where one did not take it
    status
        print how deliveries to each receiver stand
    json
        with --test or --status: print JSON, a receiver a line
    """
    settings = read_room(config, section="webhooks")
    section = settings.webhooks
    place = Place("webhooks", section.file, section.curve)
    if status:
        return print_status(place.path, as_json=json)
    from pipeline.alerts.webhooks.run import endpoints, run_webhooks
    from pipeline.alerts.webhooks.send import WebhookSender

    if not test:
        return run_room(lambda stop: run_webhooks(settings, stop), settings, process="webhooks", log=log)
    alert = trial_alert(settings.node)
    names = {endpoint.settings.name: WebhookSender(endpoint) for endpoint in endpoints(settings)}
    return print_trials(
        {name: sender.send_alert(alert, delivery_id(alert, name)) for name, sender in names.items()}, as_json=json
    )

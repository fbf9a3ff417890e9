"""`glimpse mail`: pass alerts on by mail."""

from pathlib import Path

from cyclopts import App

from glimpse.command.delivering import print_status, print_trials, read_room, run_room
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import exit_code, new_command
from pipeline.alerts.deliver.process import Place
from pipeline.alerts.deliver.trial import trial_alert
from pipeline.alerts.deliver.wanted import delivery_id

app: App = new_command(
    "mail",
    "glimpse mail --config site.yaml",
    "glimpse mail --config site.yaml --test",
    "glimpse mail --config site.yaml --status --json",
)


@app.default
@exit_code
def mail(
    *, config: Path, test: bool = False, status: bool = False, json: bool = False, log: Logging = LOG_FLAGS
) -> int:
    """Send alerts to the recipients of section mail until Ctrl-C or SIGTERM. Start it again after any end: what was not
    delivered is sent again.

    Parameters
    ----------
    config
        the YAML file of the site
    test
        send one test mail and print what the server answered; exit code 1 where it did not take it
    status
        print how deliveries stand
    json
        with --test or --status: print JSON
    """
    settings = read_room(config, section="mail")
    place = Place("mail", settings.mail.file, settings.mail.curve)
    if status:
        return print_status(place.path, as_json=json)
    from pipeline.alerts.mail.run import RECEIVER, MailSender, run_mail

    if not test:
        return run_room(lambda stop: run_mail(settings, stop), settings, process="mail", log=log)
    alert = trial_alert(settings.node)
    outcome = MailSender(settings.mail).send_alerts([alert], delivery_id(alert, RECEIVER))
    return print_trials({RECEIVER: outcome}, as_json=json)

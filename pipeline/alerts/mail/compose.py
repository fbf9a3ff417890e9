"""Makes a mail of one alert or of several: a text, and a page that shows the faces.

Names come from people and cameras: they are made one line without control characters, the library encodes headers, and
the page is escaped. So no name begins a header or an element.
"""

import html
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from configs.read import ConfigurationError
from pipeline.alerts.deliver.wording import missed, one_line, sentence
from pipeline.events import AlertEvent
from pipeline.settings.rooms.deliveries import MailSettings
from pipeline.site.site_time import local, stamp

MAX_SUBJECT_CHARACTERS = 150
MAX_PICTURES = 20


def check_addresses(settings: MailSettings) -> None:
    """Raises ConfigurationError for a sender or recipient that is no address."""
    if not settings.recipients:
        raise ConfigurationError("mail.recipients: expected at least one address, got none")
    for place, address in (("sender", settings.sender), *(("recipients", item) for item in settings.recipients)):
        try:
            found = Address(addr_spec=address)
        except (ValueError, IndexError, HeaderParseError):
            found = Address()
        if not (found.domain and found.username and address.isascii() and address.isprintable()):
            raise ConfigurationError(f"mail.{place}: expected an address such as me@example.org, got something else")


def compose(
    alerts: Sequence[AlertEvent], settings: MailSettings, *, message_id: str, untold: int, now: float
) -> EmailMessage:
    """One mail. message_id: part before the @, the same for every attempt.  now: Unix seconds."""
    mail = EmailMessage(policy=SMTP)
    domain = settings.sender.rpartition("@")[2]
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.recipients)
    mail["Subject"] = _subject(alerts)
    mail["Date"] = format_datetime(local(now))
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    pictures = _pictures(alerts) if settings.picture else {}
    notes = [missed(untold)] * bool(untold)
    mail.set_content("\n\n".join([*map(_lines, alerts), *notes]) + "\n")
    mail.add_alternative(_page(alerts, pictures, notes, f"{message_id}.{domain}"), subtype="html")
    page = mail.get_payload()[-1]  # type: ignore[index]
    for number, picture in pictures.items():
        cid = f"<{number}.{message_id}.{domain}>"
        page.add_related(picture, "image", "jpeg", cid=cid, disposition="inline", filename=f"face-{number}.jpg")  # type: ignore[union-attr]
    return mail


def _subject(alerts: Sequence[AlertEvent]) -> str:
    subject = f"{len(alerts)} alerts: " if len(alerts) > 1 else ""
    subject += ", ".join(dict.fromkeys(one_line(alert.rule) for alert in alerts)) if subject else sentence(alerts[0])
    # The library decodes what looks like an encoded word, and a line break in it would begin a header.
    subject = subject.replace("=?", "= ?")
    return subject if len(subject) <= MAX_SUBJECT_CHARACTERS else f"{subject[: MAX_SUBJECT_CHARACTERS - 1]}…"


def _lines(alert: AlertEvent) -> str:
    """An alert as lines of text."""
    return "\n".join([sentence(alert), *(f"{name}: {value}" for name, value in _facts(alert))])


def _facts(alert: AlertEvent) -> list[tuple[str, str]]:
    facts = [("Rule", alert.rule), ("Camera", alert.camera), ("Time", stamp(alert.wall_time))]
    facts += [("Person", alert.person or alert.group or "")]
    if alert.false_alarm is not None:
        facts.append(("Chance that a stranger raises it", f"{alert.false_alarm:.2g}"))
    facts += [("Level", str(alert.level))] * bool(alert.level)
    return [(name, one_line(value)) for name, value in facts if value]


def _pictures(alerts: Sequence[AlertEvent]) -> dict[int, bytes]:
    """The faces by the number of their alert; of many, the first."""
    found = {number: alert.crop for number, alert in enumerate(alerts) if alert.crop}
    return dict(list(found.items())[:MAX_PICTURES])


def _page(alerts: Sequence[AlertEvent], pictures: dict[int, bytes], notes: Sequence[str], cid: str) -> str:
    parts = ["<!DOCTYPE html><html><body>"]
    for number, alert in enumerate(alerts):
        parts.append(f"<p><strong>{html.escape(sentence(alert))}</strong></p>")
        if number in pictures:
            parts.append(f'<p><img src="cid:{number}.{html.escape(cid)}" width="112" alt="the face"></p>')
        rows = (f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in _facts(alert))
        parts.append(f"<table>{''.join(rows)}</table>")
    parts += [f"<p>{html.escape(note)}</p>" for note in notes]
    return "\n".join([*parts, "</body></html>"])

"""A mail shows the alert and its face, and no name becomes a header or an element."""

from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any

import pytest

from configs.read import ConfigurationError
from pipeline.alerts.mail.compose import MAX_SUBJECT_CHARACTERS, check_addresses, compose
from pipeline.events import AlertEvent
from pipeline.settings.rooms.deliveries import MailSettings
from pipeline.site.site_time import use_zone
from tests.synthetic.alerts import JPEG, alert

SETTINGS = MailSettings(
    server="mail.example.org", sender="glimpse@example.org", recipients=("a@example.org", "b@example.org")
)
HOSTILE = (
    "Ada\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?=0ABcc:_thief@evil.example?=",
    "Zoë\u2028X-Header: 1\x00\x1b[31m",
    "A" * 5000,
    "",
)


def sent(*alerts: AlertEvent, untold: int = 0, settings: MailSettings = SETTINGS) -> Any:
    """The mail as it comes out of its bytes."""
    mail = compose(alerts, settings, message_id="msg_1", untold=untold, now=1e6)
    return message_from_bytes(mail.as_bytes(), policy=SMTP)  # type: ignore[call-overload]


class Elements(HTMLParser):
    """The names of the elements of a page, and the sources of its pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.pictures: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.pictures += [value for name, value in attrs if name == "src"]


def test_a_mail_has_a_text_a_page_and_the_face_inline() -> None:
    mail = sent(alert(0, at=1e6))
    assert (mail["Subject"], mail["Message-ID"]) == ("Ada at the door, number 0.", "<msg_1@example.org>")
    assert (mail["From"], mail["To"]) == ("glimpse@example.org", "a@example.org, b@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    assert "Camera: door" in text
    assert "Chance that a stranger raises it: 0.001" in text
    [cid] = Elements(mail.get_body(("html",)).get_content()).pictures
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert (picture.get_content(), f"cid:{picture['Content-ID'].strip('<>')}") == (JPEG, cid)
    assert picture.get_content_disposition() == "inline"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_text(name: str) -> None:
    mail = sent(alert(0, at=1e6, person=name, rule=name, text=f"{name} at the door", by=name, action="acknowledged"))
    assert set(mail.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
    }
    assert len(mail["Subject"]) <= MAX_SUBJECT_CHARACTERS
    assert mail["To"] == "a@example.org, b@example.org"
    page = Elements(mail.get_body(("html",)).get_content())
    assert page.names <= {"html", "body", "p", "strong", "img", "table", "tr", "td"}


def test_several_alerts_are_one_mail_that_says_what_was_missed() -> None:
    mail = sent(*(alert(seq, at=1e6 + seq, rule=f"rule {seq % 2}") for seq in range(30)), untold=2)
    assert mail["Subject"] == "30 alerts: rule 0, rule 1"
    text = mail.get_body(("plain",)).get_content()
    assert all(f"number {seq}." in text for seq in range(30))
    assert "(2 earlier messages were not delivered.)" in text
    assert len([part for part in mail.walk() if part.get_content_type() == "image/jpeg"]) == 20


def test_without_pictures_there_is_none() -> None:
    quiet = MailSettings(server="s", sender="a@b.org", recipients=("c@d.org",), picture=False)
    for mail in (sent(alert(0, at=1e6, crop=b"")), sent(alert(0, at=1e6), settings=quiet)):
        assert [part for part in mail.walk() if part.get_content_maintype() == "image"] == []


def test_a_clock_that_is_far_off_is_no_fault() -> None:
    for moment in (-1e12, 0.0, 1e15):
        assert sent(alert(0, at=moment))["Subject"]


@pytest.mark.parametrize("address", ["", "nobody", "a@b.org\r\nBcc: c@d.org", "a b@c.org", "@c.org", "a@", "ä@c.org"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    for settings in (
        MailSettings(server="s", sender=address, recipients=("a@b.org",)),
        MailSettings(server="s", sender="a@b.org", recipients=("a@b.org", address)),
    ):
        with pytest.raises(ConfigurationError, match=r"mail\.(sender|recipients): expected an address"):
            check_addresses(settings)


def test_somebody_must_get_it() -> None:
    with pytest.raises(ConfigurationError, match=r"mail\.recipients: expected at least one address, got none"):
        check_addresses(MailSettings(server="s", sender="a@b.org"))


def test_its_times_are_those_of_the_site() -> None:
    use_zone("Europe/Berlin")
    mail = sent(alert(0, at=1_792_888_200.0))
    assert mail["Date"] == "Mon, 12 Jan 1970 14:46:40 +0100"
    assert "Time: 2026-10-25 02:30:00 CEST" in mail.get_body(("plain",)).get_content()

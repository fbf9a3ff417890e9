"""Mail at a real SMTP server with TLS and a login, and at some that fail."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import split_address
from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome, Refused
from pipeline.alerts.mail.run import MailSender
from pipeline.alerts.mail.send import MailServer
from pipeline.settings.rooms.deliveries import MailSettings
from tests.synthetic.alerts import alert
from tests.synthetic.certificates import write_certificates
from tests.synthetic.smtp import PASSWORD, USER, Inbox, smtp_server


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with smtp_server(write_certificates(tmp_path)) as found:
        yield found


def settings(folder: Path, port: int, **more: object) -> MailSettings:
    values = {
        "server": f"127.0.0.1:{port}",
        "ca": str(folder / "ca.pem"),
        "username": USER,
        "password": PASSWORD,
        "sender": "glimpse@example.org",
        "recipients": ("a@example.org", "b@example.org"),
        "timeout_seconds": 5.0,
    }
    return MailSettings(**values | more)  # type: ignore[arg-type]


def send(chosen: MailSettings) -> Outcome:
    return MailSender(chosen).send_alerts([alert(0, at=1e6)], "msg_1")


def test_a_mail_arrives_over_starttls_with_a_login(tmp_path: Path, inbox: Inbox) -> None:
    assert send(settings(tmp_path, inbox.port)) == Delivered("taken by the server")
    assert inbox.recipients == [["a@example.org", "b@example.org"]]
    assert inbox.mails[0]["Message-ID"] == "<msg_1@example.org>"


def test_a_mail_arrives_over_tls_from_the_start(tmp_path: Path) -> None:
    with smtp_server(write_certificates(tmp_path), security="tls") as inbox:
        assert send(settings(tmp_path, inbox.port, security="tls")) == Delivered("taken by the server")
        assert len(inbox.mails) == 1


def test_answers_for_good_and_for_now(tmp_path: Path, inbox: Inbox) -> None:
    inbox.answers = ["451 greylisted", "552 too large"]
    assert send(settings(tmp_path, inbox.port)) == Later("answered 451 greylisted")
    assert send(settings(tmp_path, inbox.port)) == Refused("answered 552 too large")


def test_recipients_that_are_refused(tmp_path: Path, inbox: Inbox) -> None:
    inbox.refused_recipient = "b@"
    assert send(settings(tmp_path, inbox.port)) == Delivered("taken; refused for 1 of 2 recipients")
    inbox.refused_recipient = "@"
    assert send(settings(tmp_path, inbox.port)) == Refused("no recipient was taken: 550 nobody here")


def test_a_wrong_password_and_a_stranger_for_a_server_are_tried_again(tmp_path: Path, inbox: Inbox) -> None:
    wrong = send(settings(tmp_path, inbox.port, password="wrong-password"))
    assert isinstance(wrong, Later)
    assert "535" in wrong.reason
    assert "wrong-password" not in wrong.reason
    other = tmp_path / "other"
    other.mkdir()
    stranger = send(settings(write_certificates(other), inbox.port))
    assert isinstance(stranger, Later)
    assert "certificate verify failed" in stranger.reason
    assert inbox.mails == []


def test_a_server_without_starttls_gets_no_password_and_no_mail(tmp_path: Path) -> None:
    write_certificates(tmp_path)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_plain_server, args=(server, heard))
        thread.start()
        outcome = send(settings(tmp_path, server.getsockname()[1]))
        thread.join()
    assert isinstance(outcome, Later)
    assert "STARTTLS" in outcome.reason
    assert not any(b"AUTH" in line or b"MAIL" in line for line in heard)


def _plain_server(server: socket.socket, heard: list[bytes]) -> None:
    """Says that it can do nothing, and ends with the client."""
    client, _ = server.accept()
    with client, client.makefile("rb") as lines:
        client.sendall(b"220 plain\r\n")
        for line in lines:
            heard.append(line)
            client.sendall(b"250 plain\r\n")


def test_a_server_that_hangs_and_nobody_there_are_tried_again(tmp_path: Path) -> None:
    write_certificates(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert isinstance(send(settings(tmp_path, port, timeout_seconds=0.2)), Later)
    assert isinstance(send(settings(tmp_path, port)), Later)


def test_a_password_is_not_sent_in_the_open() -> None:
    open_server = MailSettings(server="mail.example.org", security="none", username="me", sender="a@b.org")
    with pytest.raises(ConfigurationError, match=r"mail\.security: expected starttls or tls where there is a login"):
        MailServer(open_server)
    MailServer(msgspec.structs.replace(open_server, server="127.0.0.1"))


@pytest.mark.parametrize(
    ("address", "found"),
    [("h", ("h", 25)), ("h:99", ("h", 99)), ("[::1]:99", ("::1", 99)), ("[::1]", ("::1", 25)), ("::1", ("::1", 25))],
)
def test_addresses_of_servers(address: str, found: tuple[str, int]) -> None:
    assert split_address(address, 25, "mail.server") == found


@pytest.mark.parametrize(
    "address",
    [
        *("", ":25", "h:0", "h:70000", "h:²", "h:x", "smtp://h", "me:pass@h", "a b"),
        pytest.param(f"h:{'9' * 5000}", id="long"),
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mail\.server: expected HOST or HOST:PORT, got something else"):
        split_address(address, 25, "mail.server")

"""`glimpse mail --test`, and mistakes of the file."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from tests.synthetic.certificates import write_certificates
from tests.synthetic.smtp import PASSWORD, USER, smtp_server


def test_a_test_mail_is_sent_and_the_answer_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with smtp_server(write_certificates(tmp_path)) as inbox:
        lines = (
            "mail:",
            f"  server: 127.0.0.1:{inbox.port}",
            f"  username: {USER}",
            "  password: ${env:MAIL_PASSWORD}",
            "  ca: ca.pem",
            "  sender: glimpse@example.org",
            "  recipients: [me@example.org]",
            "  file: mail.db",
        )
        (tmp_path / "site.yaml").write_text("\n".join(lines))
        assert main(["mail", "--config", str(tmp_path / "site.yaml"), "--test"]) == 0
        assert capsys.readouterr().out == "mail: delivered: taken by the server\n"
        assert inbox.mails[0]["Subject"] == "This is a test message from Glimpse. Nobody was seen."


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("", "mail.recipients: expected at least one address, got none"),
        ("server: h, sender: nobody, recipients: [a@b.org]", "mail.sender: expected an address"),
        ("sender: a@b.org, recipients: [a@b.org]", "mail.server: expected HOST or HOST:PORT"),
        ("server: h, sender: a@b.org, recipients: [a@b.org], securty: tls", "did you mean 'security'?"),
        ("server: h, sender: a@b.org, recipients: [a@b.org]", "alerts.bind: expected an address"),
    ],
)
def test_a_mistake_in_the_file_is_wrong_usage(
    tmp_path: Path, section: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(f"mail: {{{section}}}")
    assert main(["mail", "--config", str(tmp_path / "site.yaml")]) == 2
    assert sentence in capsys.readouterr().err

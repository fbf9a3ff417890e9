"""Hands a mail to an SMTP server, and says what became of it."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage

from configs.read import ConfigurationError
from pipeline.alerts.deliver.addresses import split_address
from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome, Refused
from pipeline.secrets.known_secrets import KNOWN_SECRETS
from pipeline.settings.rooms.deliveries import MailSettings

PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MailServer:
    """An SMTP server; each mail opens a connection of its own. Raises ConfigurationError for what cannot be right."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._host, self._port = split_address(settings.server, PORTS[settings.security], "mail.server")
        if settings.security == "none" and settings.username and self._host not in LOOPBACK:
            raise ConfigurationError("mail.security: expected starttls or tls where there is a login, got none")
        self._tls = _tls_context(settings.ca) if settings.security != "none" else None
        KNOWN_SECRETS.add([settings.password])

    def send(self, mail: EmailMessage) -> Outcome:
        """One attempt. A refusal for good is one of the message or of all recipients, not one of the login."""
        try:
            with self._connect() as server:
                return self._hand_over(server, mail)
        except smtplib.SMTPResponseException as error:
            return Later(f"answered {_answer(error.smtp_code, error.smtp_error)}")
        except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
            return Later(f"cannot be reached: {error or type(error).__name__}")

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> Outcome:
        if self._settings.username:
            server.login(self._settings.username, self._settings.password)
        try:
            refused = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = max(error.recipients.values(), key=lambda answer: -answer[0])
            reason = f"no recipient was taken: {_answer(code, text)}"
            return Later(reason) if code < 500 else Refused(reason)
        except smtplib.SMTPResponseException as error:
            reason = f"answered {_answer(error.smtp_code, error.smtp_error)}"
            return Refused(reason) if error.smtp_code >= 500 else Later(reason)
        if refused:
            return Delivered(f"taken; refused for {len(refused)} of {len(self._settings.recipients)} recipients")
        return Delivered("taken by the server")

    def _connect(self) -> smtplib.SMTP:
        timeout = self._settings.timeout_seconds
        if self._settings.security == "tls":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=timeout, context=self._tls)
        server = smtplib.SMTP(self._host, self._port, timeout=timeout)
        if self._tls:
            try:
                server.starttls(context=self._tls)  # raises where the server does not offer it
            except BaseException:
                with suppress(OSError):
                    server.close()
                raise
        return server


def _answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(said.split())}"


def _tls_context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"mail.ca: expected a PEM file of certificates, got ({error})") from None

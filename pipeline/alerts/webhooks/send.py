"""Sends one request, and says what became of it.

An attempt has one time limit for everything, so that a server that answers byte by byte cannot hold it. Proxies of the
environment are not used, certificates are checked, and a redirect is followed on the same host alone: the request
carries names and faces, and its address may be a password.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from configs.read import ConfigurationError
from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome, Refused
from pipeline.alerts.deliver.receiver import Message
from pipeline.alerts.webhooks.request import Endpoint
from pipeline.events import AlertEvent, decode
from pipeline.secrets.redact import redact

MAX_REDIRECTS = 3
MAX_ANSWER_BYTES = 2048
SHOWN_CHARACTERS = 200
NOT_FOR_GOOD = frozenset({408, 425, 429})
"""Answers 4xx that say nothing against the message itself (RFC 9110, RFC 8470, RFC 6585)."""
KEEP_METHOD = frozenset({307, 308})

for _chatty in ("httpx", "httpcore"):  # httpx logs each address, which may be a password
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class WebhookSender:
    """Writes to one endpoint; each attempt opens a connection of its own. clock: Unix seconds."""

    def __init__(self, endpoint: Endpoint, *, clock: Callable[[], float] = time.time) -> None:
        self._endpoint, self._clock = endpoint, clock
        self._tls = _tls_context(endpoint.settings.ca)

    def send(self, message: Message) -> Outcome:
        """One attempt for the alert in a message."""
        alert = decode(message.deliveries[0].body)
        assert isinstance(alert, AlertEvent)
        return self.send_alert(alert, message.id, untold=message.untold)

    def send_alert(self, alert: AlertEvent, message_id: str, *, untold: int = 0) -> Outcome:
        """One attempt."""
        request = self._endpoint.request(alert, message_id, untold=untold, now=self._clock())
        return asyncio.run(self._attempt(request))

    async def _attempt(self, request: httpx.Request) -> Outcome:
        seconds = self._endpoint.settings.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(request)
        except TimeoutError:
            return Later(f"no answer within {seconds:g} s")
        except httpx.TimeoutException:
            return Later(f"no answer within {seconds:g} s")
        except httpx.HTTPError as error:
            return Later(f"cannot be reached: {redact(str(error)) or type(error).__name__}")

    async def _exchange(self, request: httpx.Request) -> Outcome:
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False) as client:
            for _ in range(MAX_REDIRECTS + 1):
                response = await client.send(request, stream=True)
                try:
                    target = _redirect_on_same_host(response)
                    if target is None:
                        return await self._judge(response)
                finally:
                    await response.aclose()
                request = httpx.Request(request.method, target, headers=request.headers, content=request.content)
        return Later(f"redirected more than {MAX_REDIRECTS} times")

    async def _judge(self, response: httpx.Response) -> Outcome:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.is_success:
            return Delivered(f"{status} {await _begin(response)}".strip())
        if response.is_redirect:
            return Later(f"answered {status}: a redirect to another address, which is not followed; correct the url")
        if response.is_client_error and response.status_code not in NOT_FOR_GOOD:
            return Refused(f"answered {status} {await _begin(response)}".strip())
        return Later(f"answered {status}", _retry_after(response, self._clock()))


def _redirect_on_same_host(response: httpx.Response) -> httpx.URL | None:
    """Where a redirect leads that keeps method, scheme, host and port; None for any other answer."""
    if response.status_code not in KEEP_METHOD or "location" not in response.headers:
        return None
    here = response.request.url
    try:
        target = here.join(response.headers["location"])
    except (httpx.InvalidURL, ValueError):
        return None
    return target if (target.scheme, target.host, target.port) == (here.scheme, here.host, here.port) else None


def _retry_after(response: httpx.Response, now: float) -> float | None:
    """Seconds that the receiver asks to wait, by a number or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


async def _begin(response: httpx.Response) -> str:
    """The beginning of the answer's text, on one line and without secrets."""
    data = b""
    async for piece in response.aiter_raw(MAX_ANSWER_BYTES):
        data += piece
        if len(data) >= MAX_ANSWER_BYTES:
            break
    text = "".join(letter if letter.isprintable() else " " for letter in data.decode("utf-8", "replace"))
    return redact(" ".join(text.split()))[:SHOWN_CHARACTERS]


def _tls_context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca) if ca else httpx.create_ssl_context(trust_env=False)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"webhooks: ca: expected a PEM file of certificates, got one that fails ({error})"
        ) from None

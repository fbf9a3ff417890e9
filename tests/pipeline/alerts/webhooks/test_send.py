"""One attempt at real servers that hang, fail, reset, answer byte by byte and redirect."""

import json
import logging
import ssl
import time
from collections.abc import Iterator

import pytest

from pipeline.alerts.deliver.outcome import Delivered, Later, Outcome, Refused
from pipeline.alerts.webhooks.request import Endpoint
from pipeline.alerts.webhooks.send import WebhookSender
from pipeline.settings.rooms.deliveries import Webhook
from tests.synthetic.alerts import alert
from tests.synthetic.http_receiver import HttpReceiver, http_receiver


@pytest.fixture
def server() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        yield receiver


def send(url: str, **settings: object) -> Outcome:
    values = {"name": "a", "url": url, "timeout_seconds": 5.0} | settings
    sender = WebhookSender(Endpoint.of(Webhook(**values)), clock=lambda: 1_000_000.0)  # type: ignore[arg-type]
    return sender.send_alert(alert(0, at=1e6), "msg_1")


def test_an_answer_of_success_is_delivered_with_the_id_for_doubles(server: HttpReceiver) -> None:
    assert send(server.url) == Delivered("200 OK thank you")
    headers = server.received[0].headers
    assert (headers["webhook-id"], headers["idempotency-key"], headers["webhook-timestamp"]) == (
        "msg_1",
        "msg_1",
        "1000000",
    )
    assert "webhook-signature" not in headers
    assert json.loads(server.received[0].body)["data"]["alert"] == "alert-0"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_refusals_are_for_good(server: HttpReceiver, status: int) -> None:
    server.answer(status)
    outcome = send(server.url)
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith(f"answered {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(server: HttpReceiver, status: int) -> None:
    server.answer(status)
    outcome = send(server.url)
    assert isinstance(outcome, Later)
    assert outcome.after is None


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("120", 120.0),
        ("Mon, 12 Jan 1970 13:48:40 GMT", 120.0),
        ("Mon, 12 Jan 1970 10:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999999999.0),
        ("", None),
    ],
)
def test_the_wish_to_wait_is_heard(server: HttpReceiver, header: str, after: float | None) -> None:
    server.answer((503, {"Retry-After": header}))
    outcome = send(server.url)
    assert isinstance(outcome, Later)
    assert outcome.after == after


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_an_attempt_has_an_end_whatever_the_server_does(server: HttpReceiver, answer: str) -> None:
    server.answer(answer)
    begin = time.monotonic()
    assert send(server.url, timeout_seconds=0.4) == Later("no answer within 0.4 s")
    assert time.monotonic() - begin < 3


def test_a_reset_and_nobody_there_are_tried_again(server: HttpReceiver) -> None:
    server.answer("reset")
    assert isinstance(send(server.url), Later)
    with http_receiver() as gone:
        url = gone.url
    assert isinstance(send(url), Later)


def test_a_redirect_is_followed_on_the_same_host_alone(server: HttpReceiver) -> None:
    server.answer((307, {"Location": "/other"}), 200)
    assert isinstance(send(server.url), Delivered)
    assert [(item.method, item.path) for item in server.received] == [("POST", "/hook"), ("POST", "/other")]
    assert server.received[0].body == server.received[1].body
    with http_receiver() as other:
        for status in (301, 302, 307, 308):
            server.answer((status, {"Location": other.url}))
            outcome = send(server.url)
            assert isinstance(outcome, Later)
            assert "a redirect to another address" in outcome.reason
        assert other.received == []
    server.answer((308, {"Location": "/again"}))
    assert send(server.url) == Later("redirected more than 3 times")


def test_proxies_of_the_environment_are_not_used(server: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/hook"))
        assert isinstance(send(server.url), Delivered)
        assert proxy.received == []


def test_no_log_and_no_answer_shows_a_credential(server: HttpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    url = server.url.replace("http://", "http://me:pass-word@") + "/bot12345:SECRET-TOKEN?key=ANOTHER-KEY"
    server.answer(500)
    with caplog.at_level(logging.DEBUG):
        outcome = send(url, headers={"X-Key": "THIRD-TOKEN"}, secret="whsec_" + "QUJD" * 8)
    assert server.received[0].headers["x-key"] == "THIRD-TOKEN"
    shown = str(outcome) + caplog.text
    for secret in ("pass-word", "SECRET-TOKEN", "ANOTHER-KEY", "THIRD-TOKEN", "QUJDQUJD"):
        assert secret not in shown


def test_a_certificate_that_nobody_signed_is_refused(server: HttpReceiver) -> None:
    sender = WebhookSender(Endpoint.of(Webhook(name="a", url="https://127.0.0.1:1/")))
    assert sender._tls.verify_mode is ssl.CERT_REQUIRED
    assert sender._tls.check_hostname

"""Signatures are those of the specification's own example, and its rules for keys hold."""

import base64

import pytest

from configs.read import ConfigurationError
from pipeline.alerts.webhooks.signature import read_keys, sign

# Example of the libraries of Standard Webhooks: its id, timestamp, body and signature.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_the_specification_comes_out() -> None:
    assert sign(read_keys(SECRET), ID, TIMESTAMP, BODY) == SIGNATURE


def test_two_keys_give_two_signatures() -> None:
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    both = sign(read_keys(f"{SECRET} {other}"), ID, TIMESTAMP, BODY)
    assert both == f"{SIGNATURE} {sign(read_keys(other), ID, TIMESTAMP, BODY)}"
    assert read_keys("") == []


@pytest.mark.parametrize(
    "secret", ["hunter2", "whsec_", "whsec_short", "whsec_" + "A" * 200, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
def test_a_secret_that_is_none_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected whsec_ and 24 to 64 bytes as base64") as error:
        read_keys(secret)
    assert secret == "whsec_" or secret.removeprefix("whsec_") not in str(error.value)

"""Answers to challenges: the examples of the RFCs, and logins and challenges that are odd."""

import re
from base64 import b64decode

import pytest

from pipeline.capture import login
from pipeline.capture.login import answer_challenge, asks_only_basic

DIGEST = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'


def fields(header: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="?((?:[^",\\]|\\.)*)"?', header.partition(" ")[2]))


def test_digest_with_qop_as_in_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7616, 3.9.1."""
    monkeypatch.setattr(login.secrets, "token_hex", lambda count: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    header = answer_challenge([challenge], "Mufasa:Circle%20of%20Life", "GET", "/dir/index.html")
    assert 'response="8ca523f5e9506fed4657c9700eebdbec"' in header
    assert 'username="Mufasa"' in header
    assert "qop=auth, nc=00000001" in header
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in header


def test_digest_without_qop_as_in_the_older_rfc() -> None:
    """RFC 2069 with the erratum."""
    header = answer_challenge([DIGEST], "Mufasa:CircleOfLife", "GET", "/dir/index.html")
    assert fields(header)["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert "qop" not in header


def test_basic_as_in_the_rfc() -> None:
    assert answer_challenge(['Basic realm="WallyWorld"'], "Aladdin:open%20sesame", "GET", "/") == (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )


@pytest.mark.parametrize(
    ("user_and_password", "sent"),
    [
        ("u:", "u:"),
        ("u", "u:"),
        (":p", ":p"),
        ("u:a:b", "u:a:b"),
        ("u:%40%3A%2F%25", "u:@:/%"),
        ("%C3%BC:%F0%9F%98%80", "ü:😀"),
    ],
)
def test_logins_are_decoded_and_split_at_the_first_colon(user_and_password: str, sent: str) -> None:
    header = answer_challenge(["Basic"], user_and_password, "GET", "/")
    assert b64decode(header.removeprefix("Basic ")).decode() == sent


def test_quotes_end_no_field() -> None:
    header = answer_challenge([DIGEST], "a%22b%5Cc:p", "DESCRIBE", "rtsp://h/x")
    assert 'username="a\\"b\\\\c", realm=' in header


def test_a_login_starts_no_other_line() -> None:
    assert "\n" not in answer_challenge([DIGEST], "a%0D%0AEvil: 1:p", "DESCRIBE", "rtsp://h/x")


@pytest.mark.parametrize(
    "challenges",
    [[], [""], ["Negotiate"], ['Digest realm="x", nonce="y", algorithm=SHA-256'], ["Bearer x"], ["Digestive"]],
)
def test_no_answer_to_what_is_not_understood(challenges: list[str]) -> None:
    assert answer_challenge(challenges, "u:p", "GET", "/") == ""


@pytest.mark.parametrize("basic_first", [False, True])
@pytest.mark.parametrize("digest", [DIGEST, DIGEST.lower(), DIGEST + ", algorithm=md5", "Digest"])
def test_digest_comes_before_basic(digest: str, basic_first: bool) -> None:
    challenges = ['Basic realm="x"', digest] if basic_first else [digest, 'Basic realm="x"']
    assert answer_challenge(challenges, "u:p", "GET", "/").startswith("Digest ")


def test_basic_is_the_answer_where_the_digest_is_not_understood() -> None:
    challenges = ['Digest realm="x", algorithm=SHA-256', "BASIC"]
    assert answer_challenge(challenges, "u:p", "GET", "/").startswith("Basic ")


@pytest.mark.parametrize(
    ("challenges", "only"),
    [(["Basic"], True), (['basic realm="x"', "BASIC"], True), (["Basic", DIGEST], False), ([], False), ([""], False)],
)
def test_whether_only_basic_is_asked_for(challenges: list[str], only: bool) -> None:
    assert asks_only_basic(challenges) is only

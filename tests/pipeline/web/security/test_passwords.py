"""Which passwords may be set, and that each of them opens the account again."""

import unicodedata

import pytest

from pipeline.web.security.passwords import MAX_LENGTH, check_new_password
from tests.pipeline.web.security.site import quick_passwords

LIGATURE = "\ufdfa"  # one character that NFKC makes eighteen of


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "пароль-на-русском",
        "パスワードはひみつです。",
        "emoji 🐴🔋 battery",
        "with \x00 zero bytes",
        "x1y2" * (MAX_LENGTH // 4),
        LIGATURE * 50,
    ],
)
def test_what_may_be_set_opens_the_account(password: str) -> None:
    passwords = quick_passwords()
    check_new_password("ada", password)
    stored = passwords.make_hash(password)
    assert passwords.is_right(stored, password)
    assert passwords.is_right(stored, unicodedata.normalize("NFD", password))
    assert not passwords.is_right(stored, password[:-1])
    assert password not in stored


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "got 0"),
        ("elevenchars", "got 11"),
        ("x1y2" * 256 + "z", "got 1025"),
        (LIGATURE * 60, "got 1080"),
        (LIGATURE, "got 1$"),
        ("abcabcabcabc", "four different"),
        ("a\uff41\U0001d41a\U0001d44e" * 3, "four different"),
        (" " * 30, "four different"),
        ("Ada.Lovelace", "the name"),
        ("\uff21da.Lovelace", "the name"),
        ("  ada.lovelace  ", "the name"),
    ],
)
def test_what_may_not_be_set_is_refused_without_being_repeated(password: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        check_new_password("ada.lovelace", password)
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$" + "x" * 5000])
def test_a_damaged_hash_opens_nothing(stored: str) -> None:
    passwords = quick_passwords()
    assert not passwords.is_right(stored, "correct horse battery")
    assert not passwords.is_right(stored, "")


def test_nobodys_hash_opens_nothing_even_with_its_own_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "guessed by luck")
    passwords = quick_passwords()
    assert not passwords.is_right(None, "guessed by luck")


def test_a_password_of_a_megabyte_and_one_of_broken_text_are_only_wrong() -> None:
    passwords = quick_passwords()
    stored = passwords.make_hash("correct horse battery")
    assert not passwords.is_right(stored, "x" * 1_000_000)
    assert not passwords.is_right(stored, "\ud800" * 20)

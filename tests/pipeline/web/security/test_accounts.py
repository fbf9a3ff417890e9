"""Accounts: who is refused, what stays, and what ends with them."""

import pytest

from pipeline.web.security.roles import Role, role_of
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, PEOPLE, Clock


def test_accounts_are_listed_by_name(users: Users) -> None:
    assert {account.name: account.role for account in users.accounts.list()} == PEOPLE
    assert [account.name for account in users.accounts.list()] == ["ada", "otto", "vera"]


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaa",
        "abababababab",
        "a" * 1025,
        "christopher-robin",
        "CHRISTOPHER-Robin",
    ],
)
def test_a_weak_password_is_refused_and_not_repeated(users: Users, password: str) -> None:
    with pytest.raises(ValueError, match="password: expected") as refusal:
        users.accounts.add("christopher-robin", password, Role.VIEWER, by="ada")
    assert not password or password.lower() not in str(refusal.value)
    with pytest.raises(ValueError, match="password: expected"):
        users.accounts.set_password("otto", "otto" if password.lower().startswith("c") else password, by="ada")
    assert users.accounts.find("christopher-robin") is None
    assert users.accounts.check_password("otto", PASSWORD)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-ada", "a" * 65, "a/b", "a\nb", "<b>", "local", "LOCAL", "\udce9", "ada\x00"]
)
def test_a_name_that_cannot_be_used_is_refused(users: Users, name: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 64 letters"):
        users.accounts.add(name, PASSWORD, Role.VIEWER, by="ada")


@pytest.mark.parametrize("name", ["ada", "ADA", "Ada", "\uff21da"])  # also a full-width A
def test_a_name_is_there_once_however_it_is_written(users: Users, name: str) -> None:
    with pytest.raises(ValueError, match="there is one of this name already"):
        users.accounts.add(name, PASSWORD, Role.VIEWER, by="ada")
    assert users.accounts.check_password(name, PASSWORD)


def test_names_of_any_script_may_log_in(users: Users) -> None:
    users.accounts.add("Žofie.Nováková@kino", "größere Passwörter", Role.VIEWER, by="ada")
    assert users.accounts.check_password("žofie.nováková@kino", "gro\u0308ßere Passwo\u0308rter")
    assert not users.accounts.check_password("žofie.nováková@kino", "grössere Passwörter")


def test_the_last_admin_stays(users: Users, clock: Clock) -> None:
    users.accounts.add("guest-admin", PASSWORD, Role.ADMIN, by="ada", until=clock.now + 60)
    for change in (
        lambda: users.accounts.remove("ada", by="ada"),
        lambda: users.accounts.set_role("ada", Role.OPERATOR, by="ada"),
    ):
        with pytest.raises(ValueError, match="last admin"):
            change()
    assert users.accounts.find("ada").role is Role.ADMIN  # type: ignore[union-attr]
    users.accounts.set_role("otto", Role.ADMIN, by="ada")
    users.accounts.remove("ada", by="otto")
    assert users.accounts.find("ada") is None


def test_what_is_not_there_is_named(users: Users, clock: Clock) -> None:
    with pytest.raises(ValueError, match="account eve: there is no such account"):
        users.accounts.remove("eve", by="ada")
    with pytest.raises(ValueError, match="expected a time to come"):
        users.accounts.add("eve", PASSWORD, Role.VIEWER, by="ada", until=clock.now)
    with pytest.raises(ValueError, match="expected viewer, operator or admin"):
        role_of("root")


def test_a_refused_change_leaves_no_entry(users: Users) -> None:
    before = users.audit.entries()
    with pytest.raises(ValueError, match="last admin"):
        users.accounts.remove("ada", by="ada")
    assert users.audit.entries() == before
    users.accounts.set_role("otto", Role.VIEWER, by="ada")
    newest = users.audit.entries(limit=1)[0]
    assert (newest.by, newest.action, newest.target) == ("ada", "role changed", "otto")
    assert newest.details == {"from": "operator", "to": "viewer"}
    assert users.audit.entries(before=newest.id) == before


def test_a_hash_that_is_none_lets_nobody_in(users: Users) -> None:
    users.file.change("UPDATE accounts SET password = 'plain' WHERE name = 'vera'")
    assert users.accounts.check_password("vera", "plain") is None

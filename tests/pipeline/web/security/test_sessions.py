"""Sessions: what is stored of them, how many there are, and how they end."""

import sqlite3
import time
from pathlib import Path

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.accounts import Account
from pipeline.web.security.sessions import MAX_PER_ACCOUNT, RENEW_SECONDS
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, Clock


def account(users: Users, name: str = "ada") -> Account:
    found = users.accounts.check_password(name, PASSWORD)
    assert found
    return found


def start(users: Users, name: str = "ada", **of: str) -> str:
    found = users.sessions.start(account(users, name), address=of.get("address", ""), agent=of.get("agent", ""))
    assert found
    return found


def test_ids_are_long_and_only_their_hashes_are_stored(users: Users, settings: WebSettings) -> None:
    first, second = start(users), start(users)
    assert first != second
    assert len(first) == 43  # 256 bits
    users.close()
    for path in Path(settings.accounts).parent.iterdir():
        assert first.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wrong", ["", "x", "x" * 100_000, "é", "\udce9", "' OR 1=1 --", "\x00"])
def test_an_id_that_nobody_has_is_no_session(users: Users, wrong: str) -> None:
    start(users)
    assert users.sessions.find(wrong) is None


def test_an_account_that_was_changed_meanwhile_gets_no_session(users: Users) -> None:
    before = account(users, "otto")
    users.accounts.set_password("otto", "another long password", by="ada")
    assert users.sessions.start(before, address="", agent="") is None
    users.accounts.remove("vera", by="ada")
    users.accounts.remove("otto", by="ada")
    assert users.sessions.start(before, address="", agent="") is None


def test_all_others_end_and_those_of_other_people_do_not(users: Users) -> None:
    mine = [start(users, address=f"10.0.0.{number}", agent="Firefox" * 100) for number in range(3)]
    theirs = start(users, "vera")
    kept = users.sessions.find(mine[1])
    assert kept
    assert len(kept.agent) == 200
    assert {session.address for session in users.sessions.of_account("ada")} == {"10.0.0.0", "10.0.0.1", "10.0.0.2"}
    assert users.sessions.end_others(kept) == 2
    assert [bool(users.sessions.find(session)) for session in (*mine, theirs)] == [False, True, False, True]


def test_an_account_has_so_many_sessions(users: Users, clock: Clock) -> None:
    first = start(users)
    for _ in range(MAX_PER_ACCOUNT):
        clock.now += 1
        last = start(users)
    assert users.sessions.find(first) is None
    assert users.sessions.find(last)
    assert len(users.sessions.of_account("ada")) == MAX_PER_ACCOUNT


def test_a_use_is_stored_once_a_minute(users: Users, clock: Clock) -> None:
    session = start(users)
    begin = clock.now
    for _ in range(10):
        clock.now += RENEW_SECONDS / 5
        users.sessions.find(session)
    found = users.sessions.find(session)
    assert found
    assert found.seen_at == begin + 2 * RENEW_SECONDS


def test_watching_is_no_use(users: Users, clock: Clock) -> None:
    session = start(users)
    clock.now += 7 * 3600
    assert users.sessions.find(session, renew=False)
    clock.now += 2 * 3600
    assert users.sessions.find(session, renew=False) is None


def test_a_clock_that_jumps_back_ends_no_session_and_adds_little(users: Users, clock: Clock) -> None:
    session = start(users)
    clock.now -= 86_400
    assert users.sessions.find(session)
    clock.now += 86_400 * 8.5
    assert users.sessions.find(session) is None


def test_ten_thousand_sessions_slow_nobody_down_and_go_when_they_are_over(users: Users, clock: Clock) -> None:
    rows = [(number.to_bytes(32, "big"), 1, clock.now, clock.now) for number in range(10_000)]
    with sqlite3.connect(users.file.path) as database:
        database.executemany(
            "INSERT INTO sessions (key, account, made_at, seen_at, address, agent) VALUES (?, ?, ?, ?, '', '')", rows
        )
    database.close()
    session, begin = start(users, "vera"), time.perf_counter()
    for _ in range(100):
        assert users.sessions.find(session)
    assert time.perf_counter() - begin < 1.0
    clock.now += 9 * 3600
    start(users, "vera")
    assert users.file.rows("SELECT count(*) FROM sessions") == [(1,)]

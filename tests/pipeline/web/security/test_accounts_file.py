"""The file of accounts: made for its owner, and refused where it is something else."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.web.security.accounts_file import AccountsFile
from tests.pipeline.web.security.site import make_accounts


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = make_accounts(tmp_path / "new" / "accounts.db")
    with AccountsFile(path) as file:
        assert {found.stat().st_mode & 0o777 for found in path.parent.iterdir()} == {0o600}
        assert file.rows("SELECT count(*) FROM accounts") == [(3,)]
    path.chmod(0o644)
    AccountsFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("PRAGMA application_id = 7", "got another file"),
        ("PRAGMA user_version = 99", "update Glimpse"),
        ("CREATE TRIGGER t AFTER INSERT ON sessions BEGIN DELETE FROM audit; END", "views or triggers"),
        ("CREATE VIEW v AS SELECT * FROM accounts", "views or triggers"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(tmp_path: Path, statement: str, sentence: str) -> None:
    path = make_accounts(tmp_path / "accounts.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()
    for create in (False, True):
        with pytest.raises(ValueError, match=sentence):
            AccountsFile(path, create=create)


def test_what_is_no_file_of_accounts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="glimpse accounts add"):
        AccountsFile(tmp_path / "none.db")
    with pytest.raises(ValueError, match="got a folder"):
        AccountsFile(tmp_path, create=True)
    (tmp_path / "text.db").write_text("ada:password\n" * 100)
    with pytest.raises(ValueError, match="not accounts or damaged"):
        AccountsFile(tmp_path / "text.db", create=True)
    (tmp_path / "empty.db").touch()
    with pytest.raises(ValueError, match="got another file"):
        AccountsFile(tmp_path / "empty.db")


def test_an_error_undoes_all_of_a_change(tmp_path: Path) -> None:
    with AccountsFile(make_accounts(tmp_path / "a.db")) as file:

        def fail() -> None:
            with file.writing():
                file.change("DELETE FROM accounts")
                raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            fail()
        assert file.rows("SELECT count(*) FROM accounts") == [(3,)]


def test_threads_write_one_after_the_other(tmp_path: Path) -> None:
    with AccountsFile(make_accounts(tmp_path / "a.db")) as file:

        def add() -> None:
            for _ in range(20):
                with file.writing():
                    [(count,)] = file.rows("SELECT count(*) FROM sessions")
                    file.change("INSERT INTO sessions VALUES (NULL, ?, 1, 0, 0, '', '')", (f"{count}".encode(),))

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert file.rows("SELECT count(*) FROM sessions") == [(80,)]

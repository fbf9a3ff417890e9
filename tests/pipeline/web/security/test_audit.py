"""The audit log does not grow without end."""

import pytest

from pipeline.web.security import audit
from pipeline.web.security.users import Users


def test_the_oldest_entries_go(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_ENTRIES", 10)
    monkeypatch.setattr(audit, "TRIM_EVERY", 5)
    for number in range(100):
        users.audit(by="", action="login failed", target="ada", details={"number": str(number)})
    entries = users.audit.entries(limit=1000)
    assert entries[0].details == {"number": "99"}
    assert 10 <= len(entries) < 15

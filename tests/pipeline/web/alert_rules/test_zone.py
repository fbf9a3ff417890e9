"""The zone of a machine has the name that rules use."""

from pathlib import Path

import pytest

from pipeline.web.alert_rules.zone import local_zone


@pytest.mark.parametrize(
    ("variable", "link", "expected"),
    [
        ("", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo"),
        (":Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo"),
        ("EST5EDT4,M3.2.0", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("../../etc/passwd", "/elsewhere", "UTC"),
        ("", "/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ("", "/usr/share/zoneinfo/Mars/Base", "UTC"),
    ],
)
def test_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, link: str, expected: str) -> None:
    monkeypatch.setenv("TZ", variable)
    (tmp_path / "localtime").symlink_to(link)
    assert local_zone(tmp_path / "localtime") == expected

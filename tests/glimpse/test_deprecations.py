"""An old public name works for one minor version, and says which to use."""

import pytest

import glimpse
from glimpse.deprecations import OLD_NAMES, OldName
from pipeline.version import VERSION


def minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def test_an_old_name_gives_the_new_object_and_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OLD_NAMES, "search", OldName(instead="find", since="0.5.0"))
    with pytest.warns(DeprecationWarning, match=r"^glimpse\.search is deprecated since 0\.5\.0 .*; use glimpse\.find$"):
        found = glimpse.search  # type: ignore[attr-defined]
    assert found is glimpse.find


def test_old_names_lead_to_public_ones_and_go_in_time() -> None:
    for name, old in OLD_NAMES.items():
        assert name not in glimpse.__all__
        assert old.instead in glimpse.__all__
        assert minor(VERSION) <= (minor(old.since)[0], minor(old.since)[1]), f"{name} goes with this version"

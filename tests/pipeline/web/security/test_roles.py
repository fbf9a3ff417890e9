"""Roles by their words; each may do what those before may."""

import pytest

from pipeline.web.security.roles import LOCAL_USER, Role, role_of


def test_each_word_is_a_role_and_back() -> None:
    assert [role_of(role.word) for role in Role] == list(Role)
    assert [role.word for role in Role] == ["viewer", "operator", "admin"]


def test_roles_rise() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN == LOCAL_USER.role


@pytest.mark.parametrize("word", ["", "Admin", "ADMIN", "root", "admin ", "1"])
def test_any_other_word_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="expected viewer, operator or admin"):
        role_of(word)

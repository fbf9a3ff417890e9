"""A password of a PostgreSQL address is never shown, also where the address is wrong."""

import pytest

from configs.postgres.address import check_address, show


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://db.example/glimpse", "postgresql://db.example/glimpse"),
        ("postgresql://ada:se%40cret@db.example:5433/glimpse?sslmode=require", "postgresql://db.example:5433/glimpse"),
        ("postgresql://ada@/glimpse?host=/run/postgresql&password=secret", "postgresql:///glimpse"),
        ("postgres://[::1]:5432/g", "postgresql://[::1]:5432/g"),
    ],
)
def test_user_password_and_parameters_are_left_out(address: str, shown: str) -> None:
    check_address(address, "history")
    assert show(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://",
        "postgresql://db.example",
        "postgresql://ada:se@cret@db.example/glimpse",
        "postgresql://ada:se/cret@db.example/glimpse",
        "postgresql://ada:1/cret@db.example/glimpse",
        "postgresql://ada:1?cret@db.example/glimpse",
        "postgresql://ada:1#cret@db.example/glimpse",
        "postgresql://ada:secret@[db.example/glimpse",
    ],
)
def test_a_password_that_would_be_taken_for_a_host_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(ValueError, match=r"history: expected postgresql://HOST/DATABASE") as caught:
        check_address(address, "history")
    assert "cret" not in str(caught.value)

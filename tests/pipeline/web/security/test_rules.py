"""The least role for each request: a viewer reads, an operator changes, an admin has what is below /admin/."""

import pytest

from pipeline.web.security.roles import Role
from pipeline.web.security.rules import needed_role


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/login", None),
        ("POST", "/login", None),
        ("GET", "/static/app.js", None),
        ("HEAD", "/static/app.js", None),
        ("POST", "/static/app.js", Role.OPERATOR),
        ("GET", "/static", Role.VIEWER),
        ("GET", "/login/", Role.VIEWER),
        ("GET", "/", Role.VIEWER),
        ("GET", "/admin", Role.ADMIN),
        ("POST", "/admin", Role.ADMIN),
        ("GET", "/admin/users", Role.ADMIN),
        ("GET", "/administer", Role.VIEWER),
        ("GET", "/audit", Role.OPERATOR),
        ("POST", "/account/sessions", Role.VIEWER),
        ("POST", "/logout", Role.VIEWER),
        ("POST", "/people", Role.OPERATOR),
        ("DELETE", "/", Role.OPERATOR),
        ("OPTIONS", "/", Role.OPERATOR),
        ("get", "/", Role.OPERATOR),
        ("POST", "/v1/vision/face/recognize", Role.VIEWER),
        ("POST", "/v1/vision/face/register", Role.OPERATOR),
    ],
)
def test_the_least_role(method: str, path: str, role: Role | None) -> None:
    assert needed_role(method, path) is role


def test_a_public_path_may_be_read_and_not_changed() -> None:
    assert needed_role("GET", "/healthz", {"/healthz"}) is None
    assert needed_role("POST", "/healthz", {"/healthz"}) is Role.OPERATOR
    assert needed_role("GET", "/healthz/more", {"/healthz"}) is Role.VIEWER

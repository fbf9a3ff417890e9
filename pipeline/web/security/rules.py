"""Which role a request needs, by its method and path."""

from collections.abc import Collection

from pipeline.web.security.roles import Role

LOGIN, LOGOUT, OWN, ADMIN, STATIC = "/login", "/logout", "/account/", "/admin/", "/static/"
READING = ("GET", "HEAD")
AUDIT = "/audit"
ASKING = ("/v1/vision/face", "/v1/vision/face/", "/v1/vision/face/recognize", "/v1/vision/face/list")
"""POST requests that change nothing: DeepStack's protocol has no others."""


def needed_role(method: str, path: str, public: Collection[str] = ()) -> Role | None:
    """The least role; None where nobody needs to be logged in.

    public: more paths that anybody may read. Below `/account/` are a user's own things, such as their sessions.
    """
    if path == LOGIN or (method in READING and (path.startswith(STATIC) or path in public)):
        return None
    if path.startswith(ADMIN) or path == ADMIN.rstrip("/"):
        return Role.ADMIN
    if path == AUDIT:
        return Role.OPERATOR
    if method in READING or path in ASKING or path == LOGOUT or path.startswith(OWN):
        return Role.VIEWER
    return Role.OPERATOR

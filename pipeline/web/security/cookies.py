"""Names and attributes of the page's cookies.

Over TLS their names begin with `__Host-`: browsers then take them from this very host over TLS alone (RFC 6265bis,
section 4.1.3), so that neither another name of the domain nor plain HTTP can plant one.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

SESSION, BROWSER = "glimpse_session", "glimpse_browser"


def read_cookie(scope: Scope, name: str) -> str:
    """The cookie's value, empty where there is none."""
    return HTTPConnection(scope).cookies.get(_full_name(scope, name), "")


def set_cookie(response: Response, scope: Scope, name: str, value: str) -> None:
    """Set a cookie until the browser ends; the server ends a session earlier."""
    secure = scope["scheme"] == "https"
    response.set_cookie(_full_name(scope, name), value, path="/", secure=secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, scope: Scope, name: str) -> None:
    """Remove a cookie from the browser."""
    secure = scope["scheme"] == "https"
    response.delete_cookie(_full_name(scope, name), path="/", secure=secure, httponly=True, samesite="lax")


def _full_name(scope: Scope, name: str) -> str:
    return f"__Host-{name}" if scope["scheme"] == "https" else name

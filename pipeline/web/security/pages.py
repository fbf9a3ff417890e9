"""Renders the pages of the login, in the layout of the page where there is one."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent
_FOLDERS = (_HERE / "templates", _HERE.parent / "templates")


def make_environment() -> Environment:
    """Templates of this folder, and those of the page that they extend."""
    return Environment(loader=FileSystemLoader(_FOLDERS), autoescape=True)


class LoginPages:
    """environment: with these templates, and with what `base.html` needs, if there is one."""

    def __init__(self, environment: Environment | None = None) -> None:
        self._environment = environment or make_environment()
        has_base = "base.html" in self._environment.list_templates()
        self._layout = "base.html" if has_base else "bare.html"

    def login(self, request: Request, *, next_page: str, sentence: str = "", status: int = 200) -> HTMLResponse:
        """The form, with a sentence why it is shown again."""
        page = self._environment.get_template("login.html")
        text = page.render(request=request, layout=self._layout, next=next_page, sentence=sentence)
        return HTMLResponse(text, status)

    def logout(self, request: Request) -> HTMLResponse:
        """Asks whether to log out."""
        page = self._environment.get_template("logout.html")
        return HTMLResponse(page.render(request=request, layout=self._layout))

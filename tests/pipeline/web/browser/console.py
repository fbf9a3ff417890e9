"""A page of the browser that writes no error into its console, such as one of the content security policy."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page


@contextmanager
def without_errors(browser: Browser, *, but: str = "") -> Iterator[Page]:
    """A new page; AssertionError at its end for an error in its console. but: an error with these words is expected."""
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    try:
        yield page
    finally:
        page.close()
    assert [error for error in errors if not (but and but in error)] == []

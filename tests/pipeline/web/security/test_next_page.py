"""A login leads to a page of this site, whatever the link asks for."""

import pytest

from pipeline.web.security.next_page import safe_next


@pytest.mark.parametrize("text", ["/", "/people", "/tracks?camera=door&after=1_2", "/people/Ad%C3%A9", "/a//b", "/x#y"])
def test_a_page_of_this_site_is_gone_to(text: str) -> None:
    assert safe_next(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "people",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\evil.example",
            "https://evil.example",
        ),
        *("javascript:alert(1)", "/a\\b", "/a b", "/a\nb", "/a\r\nSet-Cookie: x", "/ä", "/a\0", "/\t/evil.example"),
        *("/login", "/logout", "/login?next=/x"),
        pytest.param("/" + "a" * 2048, id="long"),
    ],
)
def test_anything_else_leads_to_the_first_page(text: str) -> None:
    assert safe_next(text) == "/"

"""A refusal in the form that the client of a path reads."""

import json

import pytest

from pipeline.web.security.answers import RequestRefusedError, refuse


def test_the_api_gets_problem_details() -> None:
    answer = refuse("/api/people", 404, "no such person")
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(answer.body)) == {
        **{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such person"}
    }


def test_deepstack_gets_its_own_object() -> None:
    answer = refuse("/v1/vision/face", 400, "no picture")
    assert json.loads(bytes(answer.body)) == {"success": False, "error": "no picture", "duration": 0}


@pytest.mark.parametrize("path", ["/", "/people", "/apiary", "/api"])
def test_people_get_a_line_of_text(path: str) -> None:
    answer = refuse(path, 429, "too many", {"retry-after": "3"})
    assert (bytes(answer.body), answer.status_code, answer.headers["retry-after"]) == (b"too many\n", 429, "3")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(("status", "closes"), [(400, True), (408, True), (413, True), (403, False), (429, False)])
def test_a_request_whose_body_may_be_unread_ends_the_connection(status: int, closes: bool) -> None:
    answer = RequestRefusedError(status, "no", {"x-more": "1"}).answer({"path": "/"})
    assert (answer.headers.get("connection") == "close", answer.headers["x-more"]) == (closes, "1")

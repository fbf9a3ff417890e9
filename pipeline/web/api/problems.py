"""Errors of the API: a status and one sentence, sent as problem details (RFC 9457)."""

from http import HTTPStatus

import msgspec


class ApiError(Exception):
    """A request cannot be answered; the sentence says why, without folders and passwords."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Problem details of RFC 9457. detail: one sentence."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def bad_request(sentence: str) -> ApiError:
    """The request cannot be meant."""
    return ApiError(HTTPStatus.BAD_REQUEST, sentence)


def not_found(sentence: str) -> ApiError:
    """What is asked for is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, sentence)


def unavailable(sentence: str) -> ApiError:
    """This watch room has no such part."""
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence)

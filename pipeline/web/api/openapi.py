"""Makes the OpenAPI 3.1 document out of the endpoints and their structs, so that both cannot differ."""

import re
from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from pipeline.version import VERSION
from pipeline.web.api.endpoint import BASE, Endpoint, NoQuery
from pipeline.web.api.problems import Problem
from pipeline.web.security.answers import PROBLEM

REFERENCE = "#/components/schemas/{name}"
PROTECTED = (401, 403, 429)
"""Statuses that the protection around every endpoint answers."""
WORDS = {
    400: "the request cannot be meant",
    401: "no token, or one that is not known",
    403: "the token's role does not suffice",
    404: "not there",
    409: "another process reads or changes the same",
    422: "nothing could be done with the photographs",
    429: "too many requests",
    503: "this watch room has no such part, or cannot read it now",
}


def make_document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document as JSON objects."""
    structs = sorted(
        {struct for endpoint in endpoints for struct in _structs(endpoint)}, key=lambda kind: kind.__name__
    )
    _, components = msgspec.json.schema_components([Problem, *structs], ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = BASE + re.sub(r"{(\w+)[^}]*}", r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Glimpse", "version": VERSION},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _structs(endpoint: Endpoint) -> list[type[msgspec.Struct]]:
    found = [endpoint.query, endpoint.answer, *(get_args(endpoint.body) or [endpoint.body])]
    return [kind for kind in found if isinstance(kind, type)]


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint.query or NoQuery)],
        "responses": {
            str(endpoint.status): _answer(endpoint),
            **{str(status): _problem(status) for status in sorted({*endpoint.errors, *PROTECTED})},
        },
    }
    body = _body(endpoint)
    return operation | ({"requestBody": {"required": True, "content": body}} if body else {})


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)[^}]*}", endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    [_], components = msgspec.json.schema_components([query], ref_template=REFERENCE)
    found = components[query.__name__]["properties"]
    return [_query_parameter(name, dict(schema)) for name, schema in found.items()]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    told = {"description": schema.pop("description")} if "description" in schema else {}
    return {"name": name, "in": "query", "required": False, **told, "schema": schema}


def _body(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.body:
        [schema], _ = msgspec.json.schema_components([endpoint.body], ref_template=REFERENCE)
        return {"application/json": {"schema": schema}}
    if not endpoint.photographs:
        return {}
    photo = {"type": "string", "contentMediaType": "application/octet-stream"}
    several = {"type": "array", "items": photo, "minItems": 1, "maxItems": endpoint.photographs}
    fields = {"photo": photo if endpoint.photographs == 1 else several}
    fields |= {name: {"type": "string"} for name in endpoint.fields}
    schema = {"type": "object", "properties": fields, "required": [*fields]}
    return {"multipart/form-data": {"schema": schema}}


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    answer = endpoint.answer
    content = {answer: {}} if isinstance(answer, str) else {"application/json": {"schema": _reference(answer)}}
    return {"description": endpoint.summary, "content": content}


def _problem(status: int) -> dict[str, Any]:
    return {"description": WORDS[status], "content": {PROBLEM: {"schema": _reference(Problem)}}}


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=kind.__name__)}

"""What the API answers when it will not: one shape for every error, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from sanket_sim.core.config import Document, problems_in
from sanket_sim.core.errors import InputError
from sanket_sim.live.flying.flight_deck import FlightError
from sanket_sim.live.flying.orders import Problems

_REMEDIES = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not take that method; /docs says which it takes",
}


class ProblemNote(BaseModel):
    """One thing wrong with what was asked."""

    path: str
    """Dotted key path of what is wrong; empty for all of it."""
    message: str
    """What was found, what was expected, and the remedy."""


class ErrorReport(BaseModel):
    """Why nothing was done."""

    error: str
    """What is wrong, in a sentence."""
    problems: list[ProblemNote]
    """Everything that was found, key by key; empty where there is nothing to point at."""


class Refusal(Exception):  # noqa: N818  # a refusal is an answer, not a mishap
    """A request cannot be granted.

    Parameters
    ----------
    status : int
        Of HTTP: 4xx, or 503 where the run's process has gone.
    error : str
    problems : sequence of (key path, message)
    """

    def __init__(self, status: int, error: str, problems: Problems = ()) -> None:
        self.status, self.error, self.problems = status, error, tuple(problems)
        super().__init__(error)


def report(status: int, error: str, problems: Problems = ()) -> JSONResponse:
    """Write an error down."""
    notes = [ProblemNote(path=_clean(path), message=_clean(said)) for path, said in problems]
    content = ErrorReport(error=_clean(error), problems=notes).model_dump()
    headers = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse(content, status, headers)


def refusing(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return what OpenAPI says of the errors of a route; 403 and 401 can meet any request."""
    reasons = {
        400: "The body is no JSON.",
        401: "A token is needed.",
        403: "The request comes from another site, or was sent to another host.",
        404: "There is no such thing; the nearest name is told.",
        409: "Not in this state of the run.",
        413: "The body is too large.",
        415: "The body is not declared as JSON.",
        422: "Something is wrong with what was asked; every problem is told, key by key.",
        503: "The run's process has gone, or does not answer.",
    }
    return {
        status: {"model": ErrorReport, "description": reasons[status]}
        for status in sorted({401, 403, *statuses})
    }


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Let every error of an application with these routes be told in one shape."""
    app.state.routes = [route for route in routes if isinstance(route, Route)]
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _answered)
    app.add_exception_handler(InputError, _wrong_input)
    app.add_exception_handler(FlightError, _gone)
    app.add_exception_handler(Exception, _broken)


def _clean(text: str) -> str:
    """Replace what no UTF-8 can hold, such as half a surrogate pair out of somebody's JSON."""
    return text.encode("utf-8", "replace").decode()


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return report(error.status, error.error, error.problems)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    for one in found:
        if one["type"] == "json_invalid":
            said = f"{one['ctx']['error']}, at character {one['loc'][-1]}"
            return report(400, "the body is no JSON", [("", said)])
    document = Document("request", _asked(request, error), samples=_samples(request))
    return _told([(_within(one.path), one.message) for one in problems_in(found, document)])


def _asked(request: Request, error: RequestValidationError) -> dict[str, Any]:
    asked = {"query": dict(request.query_params), "path": request.path_params}
    return asked if error.body is None else asked | {"body": error.body}


def _samples(request: Request) -> Mapping[str, str]:
    """Return how the keys of a route's body are written, each in a body of its own."""
    field = getattr(request.scope.get("route"), "body_field", None)
    if field is None:
        return {}
    [example, *_] = field.field_info.annotation.model_config["json_schema_extra"]["examples"]
    alone = {key: json.dumps({key: value}) for key, value in example.items()}
    return alone | {"body": json.dumps(example)}


def _within(path: str) -> str:
    """Return a path as who asked calls it: he does not say that it is in the body."""
    return path.partition(".")[2]


def _told(found: Problems) -> JSONResponse:
    return report(422, f"{len(found)} problem{'s'[: len(found) != 1]} in what was asked", found)


async def _answered(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = report(error.status_code, _REMEDIES.get(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    if error.status_code == 405 and (allowed := _allowed(request)):
        answer.headers["Allow"] = allowed
    return answer


def _allowed(request: Request) -> str:
    """Return every method of an address: Starlette names those of its first route alone."""
    path = request.url.path
    routes = [route for route in request.app.state.routes if route.path_regex.match(path)]
    return ", ".join(sorted({method for route in routes for method in route.methods}))


async def _wrong_input(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InputError)
    return _told(error.notes)


async def _gone(_request: Request, error: Exception) -> JSONResponse:
    return report(503, str(error))


async def _broken(_request: Request, _error: Exception) -> JSONResponse:
    return report(500, "this is a fault of Sanket's own; its log has the traceback")

"""The form of every refusal over HTTP, and its description for OpenAPI."""

from typing import Any

from pydantic import BaseModel


class Refusal(BaseModel):
    """Why a request was not carried out, what to do, and the message's identifier for programs."""

    error: str
    hint: str
    id: str


_MEANINGS = {
    400: "The request cannot be read.",
    401: "There is no valid API key.",
    403: "The API key's role may not do this.",
    404: "There is no such token, user or key.",
    409: "The token or user is not in a state for this.",
    413: "The request is too long.",
    422: "What was given is not valid.",
    429: "Too many requests; Retry-After says when to come again.",
    503: "The database does not answer.",
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for OpenAPI; those that every route has are always there."""
    always = (400, 401, 403, 413, 422, 429, 503)
    return {
        n: {"model": Refusal, "description": _MEANINGS[n]} for n in sorted({*always, *statuses})
    }

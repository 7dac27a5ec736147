"""The fields that requests are made of: their lengths, limits and what OpenAPI says of them.

Control characters and lone surrogates are refused here: no user-ID or serial number has them, and
no database takes them all.
"""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from host_tools.validator.rule.drift import LARGEST_PPM

LONGEST_NAME = 64  # characters of a user-ID or serial number
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=_PRINTABLE)]
Code = Annotated[
    str,
    Field(
        max_length=32, pattern=_PRINTABLE, description="The code, as it is read; blanks may stay."
    ),
]
Codes = Annotated[
    list[Code], Field(min_length=1, max_length=2, description="One code, or two consecutive ones.")
]

SerialInPath = Annotated[
    str,
    Path(min_length=1, max_length=LONGEST_NAME, pattern=_PRINTABLE, description="A serial number."),
]
UserInPath = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, pattern=_PRINTABLE, description="A user-ID.")
]
KeyInPath = Annotated[
    str,
    Path(
        min_length=1, max_length=LONGEST_NAME, pattern=_PRINTABLE, description="An API key's name."
    ),
]
Search = Annotated[
    str,
    Query(
        max_length=LONGEST_NAME,
        pattern=_PRINTABLE,
        description="Three or more characters of a serial number or user-ID, or a whole one.",
    ),
]
CursorOfPage = Annotated[
    str,
    Query(
        max_length=2 * LONGEST_NAME + 2,
        pattern=_PRINTABLE,
        description="`next` or `previous` of another page of the same list.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500)]
Seconds = Annotated[float, Field(ge=0, le=2**40, description="Unix seconds (UTC).")]

Ppm = Annotated[
    float, Field(ge=0, le=LARGEST_PPM, description="Parts per million, in either direction.")
]


class RequestBody(BaseModel):
    """A JSON object of a request; an unknown field is refused, so that a misspelt name is
    noticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


def printable(text: str) -> str:
    """Replace characters that no identifier contains and not every database can store; the result
    names nothing that exists."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )

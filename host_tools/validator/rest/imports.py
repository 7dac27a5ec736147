"""Importing files of tokens over REST (PSKC, CSV or otpauth), and handing many out: all of them, or
none."""

from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, Field

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.token_file import ReadOptions, Remarks
from host_tools.progress import Progress
from host_tools.secret import Secret
from host_tools.validator.errors import InvalidError
from host_tools.validator.http.fields import Name, RequestBody
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.uploads import UploadRoute
from host_tools.validator.records import GENERIC_PPM, NewTokens
from host_tools.validator.rest.tokens import Administrator, Service
from host_tools.validator.rule.drift import LARGEST_PPM

router = APIRouter(prefix="/v1", tags=["tokens"], route_class=UploadRoute)

PATHS = ("/v1/imports", "/admin/import")  # what may be as long as a file
Kind = Literal["totp", "hotp"]


class Imported(BaseModel):
    """How many tokens came in, and what the file says beside them: fields that were passed over,
    and warnings, where there are any."""

    imported: int
    passed_over: list[str] = []
    warnings: list[str] = []


class TokenAssignment(RequestBody):
    """Which token goes to whom."""

    serial: Name
    user_id: Name


class Assignments(RequestBody):
    """Tokens from stock and their users, who are made when new; `activate` for tokens handed over
    in person."""

    assignments: Annotated[list[TokenAssignment], Field(min_length=1, max_length=500)]
    activate: bool = False


class Assigned(BaseModel):
    """How many tokens were given away."""

    assigned: int


@router.post("/assignments", responses=responses(404, 409))
def assign_tokens(service: Service, caller: Administrator, body: Assignments) -> Assigned:
    """Give many tokens to their users in one transaction: all of them, or none when one cannot be
    given."""
    users = {one.serial: one.user_id for one in body.assignments}
    if len(users) < len(body.assignments):
        raise InvalidError("assignment-token-twice")
    return Assigned(
        assigned=service.assign_tokens(users, activate=body.activate, actor=caller.name).count
    )


@router.post(
    "/imports", responses=responses(409), status_code=201, response_model_exclude_defaults=True
)
def import_file(
    service: Service,
    caller: Administrator,
    file: Annotated[UploadFile, File(description="PSKC, CSV, otpauth URIs, or an app's export.")],
    passphrase: Annotated[str, Form(max_length=200, description="Opens an encrypted file.")] = "",
    key: Annotated[
        str, Form(max_length=200, description="Opens a PSKC file: 16, 24 or 32 bytes in hex.")
    ] = "",
    kind: Annotated[Kind | None, Form(description="For CSV lines that do not say it.")] = None,
    clock_ppm: Annotated[
        float,
        Form(
            ge=0,
            le=LARGEST_PPM,
            description="What the tokens' clocks can be off by, by their data sheet.",
        ),
    ] = GENERIC_PPM,
) -> Imported:
    """Import a file. Its first fault is named, and then nothing is imported."""
    tokens, remarks = read_tokens(file.file, passphrase, key, kind, clock_ppm=clock_ppm)
    count = service.import_tokens(tokens, actor=caller.name)
    return Imported(imported=count, **remarks.as_json())


def read_tokens(
    file: BinaryIO,
    passphrase: str,
    key: str,
    kind: Kind | None,
    progress: Progress | None = None,
    clock_ppm: float = GENERIC_PPM,
) -> tuple[NewTokens, Remarks]:
    """Read a file's tokens, with clocks that can be off by `clock_ppm`, and the remarks on it;
    InvalidError names its first fault."""
    try:
        options = ReadOptions(_hexadecimal(key), _secret(passphrase), kind, progress=progress)
        found = formats.read(file, options)
    except KodebrikError as error:  # all that is wrong here was sent: the file or its key
        raise InvalidError(error.identifier, **error.message.arguments) from None
    return NewTokens(found.tokens, clock_ppm), found.remarks


def _secret(text: str) -> Secret | None:
    return Secret(text.encode()) if text else None


def _hexadecimal(text: str) -> Secret | None:
    try:
        return Secret(bytes.fromhex(text)) if text.strip() else None
    except ValueError:
        raise InvalidError("transport-key-not-hex") from None

"""Routes of users. A user-ID may contain a slash, so it is always the last part of the path."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from host_tools.messages.catalogue import Language
from host_tools.secret import Secret
from host_tools.validator.http.fields import (
    CursorOfPage,
    Limit,
    Name,
    RequestBody,
    Search,
    Text,
    UserInPath,
)
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.records import Page, User
from host_tools.validator.rest.tokens import Administrator, HelpDesk, Reader, Service

router = APIRouter(prefix="/v1", tags=["users"], route_class=ApiRoute)

Mail = Annotated[
    str, Field(max_length=254, pattern=r"^[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+$")
]  # RFC 5321: 254 characters


class NewUser(RequestBody):
    """A user to create. A user-ID has 5 to 48 characters, if the server's settings say nothing
    else, and is never a CPR number or ten digits."""

    user_id: Name
    email: Mail | None = None
    language: Language = "da"


class Choices(RequestBody):
    """Mail address, language, and which events the user is notified of."""

    email: Mail | None
    language: Language
    notify_on_use: bool


class PinBody(RequestBody):
    """A PIN of 4 to 32 characters, or null for none."""

    pin: Text | None


@router.get("/users", responses=responses())
def find_users(
    service: Service,
    caller: Reader,
    text: Search = "",
    cursor: CursorOfPage = "",
    limit: Limit = 50,
) -> Page[User]:
    """List users by user-ID; with a text, those that it finds, in the order in which they were
    made. `total` is null when it finds more than a page."""
    return service.users(text=text, cursor=cursor, limit=limit)


@router.post("/users", responses=responses(409), status_code=201)
def create_user(service: Service, caller: HelpDesk, body: NewUser) -> User:
    """Create a user."""
    return service.create_user(
        body.user_id, email=body.email, language=body.language, actor=caller.name
    )


@router.get("/users/{user_id:path}", responses=responses(404))
def show_user(service: Service, caller: Reader, user_id: UserInPath) -> User:
    """Give one user."""
    return service.user(user_id)


@router.put("/users/{user_id:path}", responses=responses(404))
def set_user(service: Service, caller: HelpDesk, user_id: UserInPath, body: Choices) -> User:
    """Set a user's mail address, language, and whether each use is notified."""
    return service.set_user(
        user_id,
        email=body.email,
        language=body.language,
        notify_on_use=body.notify_on_use,
        actor=caller.name,
    )


@router.put("/pins/{user_id:path}", responses=responses(404))
def set_pin(service: Service, caller: HelpDesk, user_id: UserInPath, body: PinBody) -> User:
    """Require a PIN with every code of the user, or no longer (null)."""
    return service.set_pin(
        user_id, None if body.pin is None else Secret(body.pin.encode()), actor=caller.name
    )


@router.delete(
    "/users/{user_id:path}", responses=responses(404), status_code=204, response_class=Response
)
def delete_user(service: Service, caller: Administrator, user_id: UserInPath) -> None:
    """Delete a user; their tokens go back into stock."""
    service.delete_user(user_id, actor=caller.name)

"""Where a user orders a token: a page of demonstrations alone, in which one is made at once."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from host_tools.errors import KodebrikError
from host_tools.validator.errors import ConflictError
from host_tools.validator.http.fields import printable
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.rule import opaque_ids
from host_tools.validator.site.cookies import SIGN_IN, check_form, form_token
from host_tools.validator.site.pages import language, page, redirect

TakeOrder = Callable[[str, str], None]  # a user-ID, and the language of the letter

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_Field = Annotated[str, Form(max_length=200)]


@router.get("/order")
def ask(request: Request) -> Response:
    """Show the form for the user-ID."""
    return _show(request)


@router.post("/order")
def take(request: Request, csrf: _Field = "", user_id: _Field = "") -> Response:
    """Have the token made, which takes some seconds; what stands in the way is said."""
    check_form(SIGN_IN.read(request), csrf)
    order: TakeOrder = request.app.state.order
    try:
        order(printable(user_id.strip()), language(request))
    except KodebrikError as error:
        return _show(request, 422, error, user_id)
    return redirect("/order/done")


@router.get("/order/done")
def done(request: Request) -> Response:
    """Show that the token is on its way."""
    return page(request, "ordered.html")


def _show(
    request: Request, status: int = 200, error: KodebrikError | None = None, user_id: str = ""
) -> Response:
    visitor = SIGN_IN.read(request) or opaque_ids.draw()
    answer = page(
        request,
        "order.html",
        status,
        csrf=form_token(visitor),
        error=error,
        ordered=isinstance(error, ConflictError),
        user_id=user_id,
    )
    SIGN_IN.write(request, answer, visitor)
    return answer

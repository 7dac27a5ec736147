"""What all pages share: templates, language and formats; the front page and error pages."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from jinja2 import pass_context
from jinja2.runtime import Context

from host_tools.messages.catalogue import ENGLISH, LANGUAGES, Language, Message
from host_tools.validator.formatting import local_time, number, signed
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.product_names import product_name
from host_tools.validator.site.texts import counted, has, text
from host_tools.web_pages import asked_language, templates

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

ROWS = 50  # on a page of a list
_YEAR = 365 * 86400  # seconds
_IDENTIFIERS = ("step", "data_key")  # details whose numbers are names
_templates = templates("host_tools.validator.site")


@pass_context
def _time(context: Context, at: float | None) -> str:
    """Write Unix seconds as local time in the reader's language; nothing for None."""
    zone = context["request"].app.state.settings.time_zone
    return "" if at is None else local_time(at, context["language"], zone)


@pass_context
def _number(context: Context, value: float, decimals: int | None = None) -> str:
    """Write a number with the marks of the reader's language."""
    return number(value, context["language"], decimals)


@pass_context
def _signed(context: Context, value: float, decimals: int = 1) -> str:
    """Write a number with its sign and the marks of the reader's language."""
    return signed(value, context["language"], decimals)


@pass_context
def _detail(context: Context, value: str | int | float | bool | None, name: str) -> str:
    """Write one detail of an audit entry in the reader's language."""
    chosen = context["language"]
    if value is None or isinstance(value, bool):
        return text(chosen, {None: "none", True: "yes", False: "no"}[value])
    if isinstance(value, (int, float)):
        if name.endswith("_at") or name == "since":  # Unix seconds
            return _time(context, value)
        return str(value) if name in _IDENTIFIERS else _number(context, value)
    return _known(chosen, f"{name}_{value}", value)


@pass_context
def _word(context: Context, value: str, kind: str) -> str:
    """Give the reader's word for an action ("audit") or the name of a detail ("detail")."""
    return _known(context["language"], f"{kind}_{value}", value)


def _known(chosen: str, key: str, otherwise: str) -> str:
    return text(chosen, key) if has(key) else otherwise


_templates.filters["local_time"] = _time
_templates.filters["number"] = _number
_templates.filters["signed"] = _signed
_templates.filters["detail"] = _detail
_templates.filters["word"] = _word


def spoken(chosen: str, sentence: str) -> tuple[str, str]:
    """Give an error's text and its language: the reader's for a message of the catalogue, else
    English."""
    if isinstance(sentence, Message):
        return sentence.text(chosen), chosen
    return sentence, ENGLISH


def language(request: Request) -> str:
    """Give "da" or "en": as chosen on the site, else as the browser asks, else Danish."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    return asked_language(request.headers) or "da"


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Answer with a rendered template. It gets `t` and `counted` for texts, and `values`."""
    rendered = _templates.get_template(template).render(_context(request, values))
    return HTMLResponse(rendered, status)


def streamed_page(request: Request, template: str, **values: Any) -> StreamingResponse:
    """Answer with a rendered template as page() does, sent in pieces while the template's iterators
    produce values."""
    pieces = _templates.get_template(template).generate(_context(request, values))
    return StreamingResponse(pieces, media_type="text/html; charset=utf-8")


def _context(request: Request, values: dict[str, Any]) -> dict[str, Any]:
    chosen = language(request)
    shared = {
        "operator": None,
        "csrf": "",
        "request": request,
        "t": partial(text, chosen),
        "counted": partial(counted, chosen),
        "spoken": partial(spoken, chosen),
        "product_name": product_name,
        "language": chosen,
        "languages": LANGUAGES,
        "here": request.url.path,
        "framed": request.headers.get("sec-fetch-dest") == "iframe",
        "demo": request.app.state.settings.sign_in_demo,
        "approves": bool(request.app.state.settings.app.parties),
    }
    return shared | values


def done_text(request: Request, done: str) -> str:
    """Give the message for the action `done` that a redirect has named; empty for an unknown
    name."""
    return text(language(request), f"done_{done}") if has(f"done_{done}") else ""


def redirect(path: str) -> RedirectResponse:
    """Redirect with 303 after a form, so that reloading the page does not submit it again."""
    return RedirectResponse(path, status_code=303)


def wants_page(request: Request) -> bool:
    """Say whether the client accepts HTML, as browsers do; others get JSON."""
    return "text/html" in request.headers.get("accept", "")


def error_page(request: Request, status: int, message: str, hint: str = "") -> Response:
    """Answer with an HTML page about an error."""
    return page(request, "error.html", status, message=message, hint=hint, missing=status == 404)  # noqa: PLR2004


@router.api_route("/", methods=["GET", "HEAD"])
def front(request: Request) -> HTMLResponse:
    """Show the front page, with links to sign-in, activation and administration."""
    return page(request, "front.html")


@router.get("/language/{chosen}")
def choose_language(request: Request, chosen: Language, back: str = "/") -> RedirectResponse:
    """Set the language cookie, and redirect to the page that the link was on."""
    safe = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answer = redirect(safe)
    answer.set_cookie(
        "language", chosen, max_age=_YEAR, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer

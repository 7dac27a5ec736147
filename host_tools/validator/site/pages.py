"""What all pages share: templates, language, times, the front page and errors that a person
reads."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from host_tools.validator.site.danish import danish
from host_tools.validator.site.texts import LANGUAGES, text

router = APIRouter()

_YEAR = 365 * 86400  # seconds
_templates = Environment(
    loader=PackageLoader("host_tools.validator.site"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def moment(at: float | None) -> str:
    """Write Unix seconds as a person reads them, in UTC."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def fact(value: str | int | float | bool | None, name: str) -> str:
    """Write one detail of an audit entry as a person reads it; Unix seconds are told by the
    detail's name."""
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and (name.endswith("_at") or name == "since")
    ):
        return f"{moment(value)} UTC"
    if isinstance(value, float):
        return f"{value:g}"
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


_templates.filters["moment"] = moment
_templates.filters["fact"] = fact


def spoken(chosen: str, sentence: str) -> tuple[str, str]:
    """Give a refusal and the language that it is in: the reader's where there is one, else
    English."""
    said = danish(sentence) if chosen == "da" else None
    return (sentence, "en") if said is None else (said, "da")


def language(request: Request) -> str:
    """Give "da" or "en": as chosen on the site, else as the browser asks, else Danish."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").lower().split(","):
        asked = part.partition(";")[0].strip()[:2]
        if asked in LANGUAGES:
            return asked
    return "da"


def compose(request: Request, template: str, **values: Any) -> str:
    """Render a template. It gets `t` for texts, and what is given."""
    chosen = language(request)
    values = {"operator": None, "csrf": ""} | values
    return _templates.get_template(template).render(
        request=request,
        t=partial(text, chosen),
        spoken=partial(spoken, chosen),
        language=chosen,
        languages=LANGUAGES,
        here=request.url.path,
        **values,
    )


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Answer with a rendered page."""
    return HTMLResponse(compose(request, template, **values), status)


def go(path: str) -> RedirectResponse:
    """Send the browser on after a form, so that loading the page again sends nothing twice."""
    return RedirectResponse(path, status_code=303)


def wants_page(request: Request) -> bool:
    """Say whether a person's browser asks, who gets pages rather than JSON."""
    return "text/html" in request.headers.get("accept", "")


def error_page(request: Request, status: int, message: str, hint: str = "") -> Response:
    """Answer with an error that a person reads."""
    return page(request, "error.html", status, message=message, hint=hint, missing=status == 404)  # noqa: PLR2004


@router.get("/")
def front(request: Request) -> HTMLResponse:
    """Show where to go."""
    return page(request, "front.html", demo=request.app.state.settings.sign_in_demo)


@router.get("/language/{chosen}")
def choose_language(
    request: Request, chosen: Literal["da", "en"], back: str = "/"
) -> RedirectResponse:
    """Keep the language, and go back to the page that the link stood on."""
    safe = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answer = go(safe)
    answer.set_cookie(
        "language", chosen, max_age=_YEAR, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer

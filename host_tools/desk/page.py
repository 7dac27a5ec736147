"""The page of the desk: one document, a style sheet, a script, and the token's drawing."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from host_tools.desk.drawing import Box, Drawing, drawing
from host_tools.desk.token import DeskToken
from host_tools.messages import catalogue
from host_tools.messages.catalogue import LANGUAGES
from host_tools.web_pages import templates

router = APIRouter(include_in_schema=False)

_templates = templates("host_tools.desk")


@router.get("/")
def page(request: Request, lang: str = "") -> Response:
    """Give the page, in the language of `lang`, or of the browser, or Danish. It knows nothing of
    the token's state: that comes over the API, for who has the secret."""
    desk: DeskToken = request.app.state.desk
    language = lang if lang in LANGUAGES else _asked(request)
    values: dict[str, Any] = {
        "t": partial(_text, language),
        "language": language,
        "languages": LANGUAGES,
        "title": desk.product["title"],
        "product": desk.product["name"],
        "board": desk.emulator.board.name,
        "speaks": "audio" in desk.product["parts"],
        "colours": desk.emulator.screen().colours,
        "drawing": _drawing(desk),
    }
    return HTMLResponse(_templates.get_template("page.html").render(values))


@router.get("/token.css")
def token_style(request: Request) -> Response:
    """Give the places of what lies on the drawing, in per cent of it."""
    drawn = _drawing(request.app.state.desk)
    places = {f".key-{_class(name)}": box for name, box in drawn.keys.items()}
    places |= {".display": drawn.display, ".usb": drawn.usb}
    if drawn.jack is not None:
        places[".jack"] = drawn.jack
    rules = [f".token{{--wide:{drawn.wide};--high:{drawn.high}}}"]
    rules += [f"{name}{{{_place(drawn, box)}}}" for name, box in places.items()]
    return Response("\n".join(rules), media_type="text/css")


def _drawing(desk: DeskToken) -> Drawing:
    return drawing(desk.product["name"], desk.emulator.board.name)


def _place(drawn: Drawing, box: Box) -> str:
    names = ("left", "top", "width", "height")
    sizes = (drawn.wide, drawn.high, drawn.wide, drawn.high)
    return ";".join(
        f"{name}:{100 * length / size:.3f}%"
        for name, length, size in zip(names, box, sizes, strict=True)
    )


def _class(key: str) -> str:
    return {"*": "star", "#": "hash"}.get(key, key)


_templates.filters["key_class"] = _class


def _text(language: str, key: str) -> str:
    return catalogue.text(language, "desk-page." + key)


def _asked(request: Request) -> str:
    """Give the first language of Accept-Language that there is, else Danish."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        asked = part.partition(";")[0].strip()[:2]
        if asked in LANGUAGES:
            return asked
    return next(iter(LANGUAGES))

"""The page of the desk: one document, a style sheet, scripts, and the tokens' drawings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from host_tools.desk.drawing import Box, Drawing, drawing
from host_tools.desk.token import DeskToken
from host_tools.messages import catalogue
from host_tools.messages.catalogue import LANGUAGES
from host_tools.web_pages import asked_language, templates

router = APIRouter(include_in_schema=False)

_templates = templates("host_tools.desk")


@dataclass(frozen=True)
class Part:
    """What the page shows of one token. `id` begins the identifiers of what is in its part of the
    page."""

    id: str
    address: str
    title: str
    product: str
    speaks: bool
    colours: Sequence[Sequence[int]]
    drawing: Drawing


def address(number: int) -> str:
    """Give the path below which the API of a token is, the first: 1."""
    return f"/tokens/{number}"


@router.api_route("/", methods=["GET", "HEAD"])
def page(request: Request, lang: str = "") -> Response:
    """Give the page, in the language of `lang`, or of the browser, or Danish. It knows nothing of
    a token's state: that comes over the API, for who has the secret."""
    asked = lang if lang in LANGUAGES else asked_language(request.headers)
    language = asked or next(iter(LANGUAGES))
    parts = _parts(request)
    values: dict[str, Any] = {
        "t": partial(_text, language),
        "language": language,
        "languages": LANGUAGES,
        "parts": parts,
        "page_parts": [
            {name: getattr(part, name) for name in ("id", "address", "speaks", "colours")}
            for part in parts
        ],
        "bank": _bank(request, language),
    }
    return HTMLResponse(_templates.get_template("page.html").render(values))


@router.get("/token.css")
def token_style(request: Request) -> Response:
    """Give the places of what lies on the drawings, in per cent of each."""
    rules = [rule for part in _parts(request) for rule in _rules(part)]
    return Response("\n".join(rules), media_type="text/css")


def _parts(request: Request) -> list[Part]:
    desks: Sequence[DeskToken] = request.app.state.desks
    titles = [desk.product["title"] for desk in desks]
    return [
        Part(
            f"token-{number}",
            address(number),
            title if titles.count(title) == 1 else f"{title} {number}",
            desk.product["name"],
            "audio" in desk.product["parts"],
            desk.emulator.screen().colours,
            drawing(desk.product["name"], desk.emulator.board.name),
        )
        for number, (desk, title) in enumerate(zip(desks, titles, strict=True), 1)
    ]


def _bank(request: Request, language: str) -> str | None:
    """Give the URL of the bank that lies beside the token, under the name by which this page was
    asked for: to a browser both are then one site."""
    bank = request.app.state.bank
    return None if bank is None else bank.address(str(request.url.hostname), language)


def _rules(part: Part) -> list[str]:
    drawn = part.drawing
    places = {f".key-{_class(name)}": box for name, box in drawn.keys.items()}
    places |= {".display": drawn.display, ".usb": drawn.usb}
    if drawn.jack is not None:
        places[".jack"] = drawn.jack
    rules = [f"#{part.id} .token{{--wide:{drawn.wide};--high:{drawn.high}}}"]
    return rules + [f"#{part.id} {name}{{{_place(drawn, box)}}}" for name, box in places.items()]


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
    return catalogue.template(language, "desk-page." + key)

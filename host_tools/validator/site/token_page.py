"""The page of one token: its facts, drift plot, audit entries, and the actions on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.svg_plot import Labels
from host_tools.validator import letters
from host_tools.validator.formatting import local_time, number
from host_tools.validator.http.authentication import MAY_ADMINISTER, MAY_MANAGE
from host_tools.validator.http.fields import printable
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.letters import Letter
from host_tools.validator.records import (
    APP,
    GENERIC_PPM,
    ActivationCode,
    DriftPoint,
    Role,
    Status,
    Token,
)
from host_tools.validator.rule.drift import LARGEST_PPM
from host_tools.validator.rule.verdict import Verdict
from host_tools.validator.service import Validator
from host_tools.validator.site import drift_plot
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show
from host_tools.validator.site.pages import done_text, language, redirect
from host_tools.validator.site.texts import counted, text

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_AUDIT_ROWS = 25
_Field = Annotated[str, Form(max_length=200)]
_Number = Annotated[int, Form(ge=0, le=100)]


@dataclass(frozen=True)
class Given:
    """The fields of a submitted form."""

    serial: str
    user_id: str
    reason: str
    new_serial: str
    codes: tuple[str, str]
    window: int
    look_ahead: int
    ppm: float


@dataclass(frozen=True)
class Action:
    """One action on a token: the roles and states that allow it, and the operation to call."""

    roles: frozenset[Role]
    states: frozenset[Status]
    act: Callable[[Validator, Given, str], object]


_OF_APPS = ("letter", "block", "unblock", "delete")  # of the actions below, those on an app device
_ANY = frozenset(Status)
_OWNED = frozenset({Status.ASSIGNED, Status.ACTIVE, Status.BLOCKED})

ACTIONS: dict[str, Action] = {
    "assign": Action(
        MAY_MANAGE,
        frozenset({Status.STOCK}),
        lambda validator, given, actor: validator.assign(given.serial, given.user_id, actor=actor),
    ),
    "letter": Action(
        MAY_MANAGE,
        frozenset({Status.ASSIGNED}),
        lambda validator, given, actor: validator.issue_activation_code(given.serial, actor=actor),
    ),
    "hand_over": Action(
        MAY_ADMINISTER,
        frozenset({Status.ASSIGNED}),
        lambda validator, given, actor: validator.activate_by_administrator(
            given.serial, actor=actor
        ),
    ),
    "block": Action(
        MAY_MANAGE,
        frozenset({Status.ASSIGNED, Status.ACTIVE}),
        lambda validator, given, actor: validator.block(
            given.serial, reason=given.reason, actor=actor
        ),
    ),
    "unblock": Action(
        MAY_MANAGE,
        frozenset({Status.ACTIVE, Status.BLOCKED}),
        lambda validator, given, actor: validator.unblock(given.serial, actor=actor),
    ),
    "replace": Action(
        MAY_MANAGE,
        _OWNED,
        lambda validator, given, actor: validator.replace(
            given.serial, given.new_serial, actor=actor
        ),
    ),
    "resynchronise": Action(
        MAY_MANAGE,
        frozenset({Status.ACTIVE}),
        lambda validator, given, actor: validator.resynchronise(
            given.serial, given.codes, actor=actor
        ),
    ),
    "set_window": Action(
        MAY_MANAGE,
        _ANY,
        lambda validator, given, actor: validator.set_window(
            given.serial, window=given.window, look_ahead=given.look_ahead, actor=actor
        ),
    ),
    "set_clock_ppm": Action(
        MAY_MANAGE,
        _ANY,
        lambda validator, given, actor: validator.set_clock_ppm(
            given.serial, given.ppm, actor=actor
        ),
    ),
    "clock_set": Action(
        MAY_MANAGE,
        _ANY,
        lambda validator, given, actor: validator.clock_was_set(given.serial, actor=actor),
    ),
    "unassign": Action(
        MAY_MANAGE,
        frozenset({Status.ASSIGNED, Status.BLOCKED, Status.REPLACED}),
        lambda validator, given, actor: validator.unassign(given.serial, actor=actor),
    ),
    "delete": Action(
        MAY_ADMINISTER,
        _ANY,
        lambda validator, given, actor: validator.delete(given.serial, actor=actor),
    ),
}


@router.get("/token")
def show_token(
    request: Request,
    operator: SignedIn,
    serial: Annotated[str, Query(max_length=64)],
    done: str = "",
) -> Response:
    """Show the page of one token."""
    return _page(request, operator, printable(serial), done=done_text(request, done))


@router.post("/token")
async def change_token(
    request: Request,
    operator: SignedInForm,
    serial: _Field,
    action: _Field,
    user_id: _Field = "",
    reason: _Field = "",
    new_serial: _Field = "",
    first_code: _Field = "",
    second_code: _Field = "",
    window: _Number = 1,
    look_ahead: _Number = 10,
    ppm: Annotated[float, Form(ge=0, le=LARGEST_PPM)] = GENERIC_PPM,
    sure: _Field = "",
) -> Response:
    """Perform one action on the token; a refusal is shown on its page."""
    chosen = ACTIONS.get(action)
    if chosen is None:
        raise HTTPException(404, Message("action-unknown"))
    operator.must(chosen.roles)
    given = Given(
        serial=printable(serial),
        user_id=printable(user_id.strip()),
        reason=printable(reason.strip()),
        new_serial=printable(new_serial.strip()),
        codes=(first_code, second_code),
        window=window,
        look_ahead=look_ahead,
        ppm=ppm,
    )
    return await run_in_threadpool(_change, request, operator, chosen, action, given, bool(sure))


@router.post("/letter")
def print_letter(
    request: Request,
    operator: SignedInForm,
    serial: _Field,
    code: _Field,
    expires_at: Annotated[float, Form(ge=0, le=2**40)],
) -> Response:
    """Give the activation letter as a downloaded HTML file; it holds a secret and must not be part
    of the site's pages."""
    operator.must(MAY_MANAGE)
    validator: Validator = request.app.state.validator
    token = validator.token(printable(serial))
    spoken = language(request) if token.user_id is None else validator.user(token.user_id).language
    settings: Settings = request.app.state.settings
    path = str(request.app.url_path_for("ask_activation"))
    site = None if settings.public_url is None else settings.public_url + path
    letter = Letter(
        token.serial,
        printable(code),
        expires_at,
        spoken,
        token.user_id,
        site,
        APP if token.kind == APP else token.product,
        settings.time_zone,
    )
    name = "".join(
        character for character in token.serial if character.isascii() and character.isalnum()
    )
    disposition = f'attachment; filename="letter-{name}.html"'
    return HTMLResponse(letters.as_html(letter), headers={"Content-Disposition": disposition})


def _change(
    request: Request, operator: Operator, chosen: Action, name: str, given: Given, sure: bool
) -> Response:
    validator: Validator = request.app.state.validator
    spoken = language(request)
    if name == "delete" and not sure:
        return _page(
            request,
            operator,
            given.serial,
            error=text(spoken, "not_sure", sure=text(spoken, "sure")),
        )
    try:
        outcome = chosen.act(validator, given, operator.name)
    except KodebrikError as error:
        return _page(request, operator, given.serial, refused=error)
    if isinstance(outcome, ActivationCode):
        return _page(request, operator, given.serial, letter=outcome)
    if isinstance(outcome, Verdict) and not outcome.accepted:
        reason = text(spoken, f"reason_{outcome.reason}")
        return _page(
            request, operator, given.serial, error=text(spoken, "not_synchronised", reason=reason)
        )
    if name == "delete":
        return redirect("/admin/tokens?done=delete")
    shown = outcome.serial if isinstance(outcome, Token) else given.serial
    return redirect("/admin/token?" + urlencode({"serial": shown, "done": name}))


def _page(
    request: Request,
    operator: Operator,
    serial: str,
    *,
    done: str = "",
    error: str = "",
    refused: KodebrikError | None = None,
    letter: ActivationCode | None = None,
) -> Response:
    validator: Validator = request.app.state.validator
    token = validator.token(serial)
    points = validator.drift(serial)
    return show(
        request,
        operator,
        "administration/token.html",
        422 if error or refused else 200,
        token=token,
        points=points,
        newest=points[: -drift_plot.MAX_ROWS - 1 : -1],
        offset=_offset(language(request), token.offset),
        **_drift(request, token, points),
        audit=validator.audit(serial=serial, limit=_AUDIT_ROWS),
        actions=[
            name
            for name, one in ACTIONS.items()
            if operator.may(one.roles) and _fits(name, one, token)
        ],
        done=done,
        error=error,
        refused=refused,
        letter=letter,
    )


def _fits(name: str, action: Action, token: Token) -> bool:
    """Say whether the action applies to the token in its present state."""
    if token.kind == APP and name not in _OF_APPS:
        return False
    if name == "unblock" and token.status is Status.ACTIVE:
        return token.failures > 0  # it forgets them, and with them the lock
    return token.status in action.states and (name != "set_clock_ppm" or token.period is not None)


def _offset(chosen: str, seconds: float) -> str:
    """Describe the estimated offset of a clock: seconds ahead of the server or behind it."""
    key = "clock_ahead" if seconds >= 0 else "clock_behind"
    return text(chosen, key, number=number(abs(seconds), chosen, 1))


def _drift(request: Request, token: Token, points: list[DriftPoint]) -> dict[str, str]:
    """Give the drift plot as SVG and its summary as text; both are empty without points."""
    if not points:
        return {"plot": "", "summary": ""}
    chosen = language(request)
    settings: Settings = request.app.state.settings
    first, last = (
        local_time(one.at, chosen, settings.time_zone) for one in (points[0], points[-1])
    )
    summary = counted(
        chosen,
        "drift_summary",
        len(points),
        first=first,
        last=last,
        offset=_offset(chosen, token.offset),
    )
    labels = Labels(text(chosen, "drift_title", serial=token.serial), summary)
    plot = drift_plot.draw_drift(points, labels, chosen, settings.time_zone)
    return {"plot": plot, "summary": summary}

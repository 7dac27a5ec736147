"""A bank beside an emulated token: the validation server with its web site, where a user orders the
token, activates it by the letter, signs in and approves a payment. It lives in the token's time."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from host_tools.desk.api import PREFIX
from host_tools.desk.token import DeskToken
from host_tools.desktop.provisioning import ACCESS_KEY, ACCOUNT, provision
from host_tools.messages.catalogue import LANGUAGES
from host_tools.provisioning.clock_accuracy import clock_ppm
from host_tools.secret import Secret
from host_tools.validator import letters
from host_tools.validator.errors import ConflictError
from host_tools.validator.http.settings import Settings
from host_tools.validator.keys.master_key import KEY_SIZE, LocalKey
from host_tools.validator.letters import Letter
from host_tools.validator.records import NewToken, Product, Status
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator

_ACTOR = "bank"
_NAMES = ("127.0.0.1", "localhost")  # of this machine
STEPS = {  # by the page on which the user is
    "/order": "order",
    "/order/done": "letter",
    "/activate": "activate",
    "/activate/done": "sign-in",
    "/sign-in": "sign-in",
    "/sign-in/approve": "approve",
    "/sign-in/done": "done",
}


class Story(BaseModel):
    """Where the user is; what the post has brought: the letter as an element of HTML, and the
    token with the serial number on its back, as the letter groups it."""

    step: str
    letter: str | None
    serial: str | None


class Bank:
    """A bank with one user, who has the token `desk`. Its page is at `page_port` of the loopback,
    its own site at `port`."""

    def __init__(self, validator: Validator, desk: DeskToken, page_port: int, port: int) -> None:
        """Nothing is ordered yet. The caller closes `validator`."""
        self._validator, self._desk, self._port = validator, desk, port
        self._ordering = threading.Lock()
        self._page = "/order"
        self._letter: Letter | None = None
        framed_by = [f"http://{name}:{page_port}" for name in _NAMES]
        self.origins = [f"http://{name}:{port}" for name in _NAMES]
        self.app = create_app(validator, Settings(), order=self.order, framed_by=framed_by)
        self.app.add_api_route("/here", self._go_on, include_in_schema=False)
        self.app.add_middleware(_Watch, self)
        self.app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_NAMES], www_redirect=False)
        self.router = APIRouter(prefix=PREFIX, include_in_schema=False)
        self.router.add_api_route("/story", self.story)

    def address(self, host: str, language: str) -> str:
        """Give the URL of the page on which the user is, in a language."""
        return f"http://{host}:{self._port}/language/{language}?back=/here"

    def story(self, lang: Annotated[str, Query(max_length=10)] = "") -> Story:
        """Tell how the story goes, the letter in the language of the page."""
        step, letter = STEPS[self._where()], self._letter
        if letter is None:
            return Story(step=step, letter=None, serial=None)
        letter = replace(letter, language=lang if lang in LANGUAGES else letter.language)
        serial = letters.in_fours(letter.serial)
        return Story(step=step, letter=letters.as_element(letter), serial=serial)

    def order(self, user_id: str, language: str) -> None:
        """Make the token the user's, and write the letter. KodebrikError, as when it was ordered
        already, or the token does not answer; it is then as before."""
        with self._ordering:
            if self._letter:
                raise ConflictError("demo-ordered")
            user = self._validator.create_user(user_id, language=language, actor=_ACTOR)
            try:
                serial = self._personalise(user.user_id, language)
            except BaseException:
                self._validator.delete_user(user.user_id, actor=_ACTOR)
                raise
            issued = self._validator.issue_activation_code(serial, actor=_ACTOR)
            self._letter = Letter(
                serial,
                issued.code,
                issued.expires_at,
                language,
                user.user_id,
                product=Product(self._desk.product["name"]),
            )

    def shown(self, path: str) -> None:
        """Note on which page the user is; before the token is ordered, on no other."""
        if self._letter and path in STEPS:
            self._page = path

    def _personalise(self, user_id: str, language: str) -> str:
        """Set the token up on its link, import it for the user, unplug it; give its serial
        number."""
        emulator = self._desk.emulator
        before = emulator.snapshot()
        try:
            with self._desk.acting():
                emulator.rate = 1  # or the link's time-outs were not the host's
                emulator.plug()
            credential, serial = provision(
                emulator, self._desk.observer.links["link"], language, lambda _: nullcontext()
            )
        except BaseException:
            with self._desk.acting():
                emulator.restore(before)
            for name in (ACCESS_KEY, ACCOUNT):
                (emulator.directory / name).unlink(missing_ok=True)
            raise
        with self._desk.acting():
            emulator.unplug()
        product = self._desk.product["name"]
        token = NewToken(
            serial,
            credential,
            clock_set_at=emulator.now,
            clock_ppm=clock_ppm(emulator.board.name, product) or 0.0,
            product=Product(product),
        )
        self._validator.import_tokens([token], users={serial: user_id}, actor=_ACTOR)
        return serial

    def _go_on(self) -> RedirectResponse:
        return RedirectResponse(self._where(), status_code=303)

    def _where(self) -> str:
        """Give the page on which the user is; what is activated need not be activated again."""
        if self._letter and self._page == "/activate":
            activated = self._validator.token(self._letter.serial).status is Status.ACTIVE
            return "/activate/done" if activated else self._page
        return self._page


class _Watch:
    """ASGI middleware: tells the bank which page its user is shown."""

    def __init__(self, app: ASGIApp, bank: Bank) -> None:
        """Wrap `app`."""
        self._app, self._bank = app, bank

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            self._bank.shown(scope["path"])  # before it is, or the page would ask too early
        await self._app(scope, receive, send)


@contextmanager
def opened(desk: DeskToken, folder: Path, page_port: int, port: int) -> Iterator[Bank]:
    """Give a bank that keeps its database in the empty folder `folder`, under a key that ends with
    it."""
    key = LocalKey(Secret(secrets.token_bytes(KEY_SIZE)))
    database = f"sqlite:///{folder / 'validator.sqlite'}"
    with Validator(database, key, lambda: desk.emulator.now) as validator:
        yield Bank(validator, desk, page_port, port)

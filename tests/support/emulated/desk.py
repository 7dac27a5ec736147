"""Tokens at a desk, and programs that use its API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from emulator.session import Emulator
from host_tools.desk.application import create_app
from host_tools.desk.token import DeskToken
from tests.support.emulated.token import START, TokenUnderTest, totp

SECRET = "known-to-the-page-alone"
ADDRESS = "http://127.0.0.1"
BOARDS = {"kodeviser": "pico", "kodeoplaeser": "pico2"}
AT = START + 3601  # the time at which a token comes to the desk

Made = Callable[..., DeskToken]


@contextmanager
def at_desk(product: str, image: bytes, folder: Path, rate: float) -> Iterator[DeskToken]:
    """Put a new token with one account, off and unplugged, on a desk."""
    with Emulator(product, BOARDS[product], folder, image=image, time=START) as emulator:
        TokenUnderTest(emulator).provision(totp())
        emulator.unplug()
        emulator.run_until(lambda: not emulator.powered, 100)
        emulator.set_time(AT)
        emulator.rate = rate
        with DeskToken(emulator, {}) as desk:
            yield desk


def application(*desks: DeskToken) -> FastAPI:
    """Give the desk's application."""
    return create_app(desks, SECRET)


def api(desk: DeskToken) -> TestClient:
    """Give a program that knows the secret."""
    headers = {"Authorization": f"Bearer {SECRET}"}
    return TestClient(application(desk), ADDRESS + "/api/v1", headers=headers)

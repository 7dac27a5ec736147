"""A kodeoplæser in busy use through the HTTP API, minute by minute of virtual time: keys, speech,
pictures, headset, cable, power cuts, snapshots, traces, and somebody who listens to all events."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.emulated.served import Served
from tests.support.limits import REAL_LIMIT

_MINUTE = 60.0


def use_for(token: Served, minutes: int) -> Iterator[float]:
    """Use the token; after each minute give the megabytes that the emulator holds."""
    with _listening(token):
        for minute in range(minutes):
            _use(token, minute)
            yield token.memory()


def _use(token: Served, minute: int) -> None:
    began = _press(token, "red")
    _pass(token, 25)
    shown = token.ask("GET", "screen")["text"]
    assert any(line.replace(" ", "").isdigit() for line in shown), shown
    assert token.ask("GET", f"speech?start={began}&end={began + 25}")["clips"]
    for path in ("screen.png", "screen.bin", "captions", "log", "token", "scenario"):
        token.ask("GET", path)
    _press(token, "red", "0")  # once more
    _pass(token, 10)
    token.ask("PATCH", "token", {"headset": minute % 2 == 0, "temperature": minute % 30})
    token.ask("GET", f"speech.wav?start={began}&end={began + 35}")
    token.ask("POST", "keys/down", {"key": "5"})
    token.ask("POST", "keys/up", {"key": "5"})
    if minute % 3 == 0:
        token.ask("PATCH", "token", {"plugged": True})
        _pass(token, 2)
        token.ask("PATCH", "token", {"plugged": False})
    if minute % 5 == 0:
        kept = token.ask("POST", "snapshots", {"name": f"minute {minute}"})["number"]
        token.ask("POST", "trace/start")
        _press(token, "red", "8")
        _pass(token, 3)
        token.ask("POST", "trace/stop")
        assert token.ask("GET", "trace.vcd")
        token.ask("POST", f"snapshots/{kept}/restore" if minute % 2 else "power/cut")
        token.ask("DELETE", f"snapshots/{kept}")
    _pass(token, max(0.0, _MINUTE - (token.ask("GET", "token")["elapsed"] - began)))


def _press(token: Served, *keys: str) -> float:
    """Press keys together; give when, in terms of `elapsed`."""
    began = token.ask("GET", "token")["elapsed"]
    token.ask("POST", "press", {"keys": list(keys)})
    return float(began)


def _pass(token: Served, seconds: float) -> None:
    token.ask("POST", "advance", {"seconds": seconds})


@contextmanager
def _listening(token: Served) -> Iterator[None]:
    """Take all events, with the sound, as an open page does."""
    headers = {"Authorization": f"Bearer {token.secret}"}
    request = urllib.request.Request(f"{token.api}/events?sound=true", headers=headers)
    over = threading.Event()
    with urllib.request.urlopen(request, timeout=REAL_LIMIT) as events:

        def listen() -> None:
            while not over.is_set() and events.readline():
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield
        finally:
            over.set()
            token.ask("PATCH", "token", {"rate": 1})  # an event ends the reading
            token.ask("PATCH", "token", {"rate": 0})
            listener.join()

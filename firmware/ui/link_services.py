"""The App's side of the link: opens it, and gives it what it needs of the token. Imported when a
host first speaks."""

import gc
import hashlib
import select
import sys
import time

from firmware.crypto import primitives
from firmware.link.port import Port
from firmware.link.session import LinkServer
from firmware.modules import COLLECT_EVERY, forget
from firmware.protocol.messages import DEVELOPMENT, HANDSHAKE, HELLO, PRODUCTION, TRANSPORT
from firmware.serial_number import serial_number
from firmware.storage.space import free_bytes
from firmware.ui.code_source import trusted_time

if False:
    from collections.abc import Callable  # type: ignore[unreachable]

    from firmware.interfaces import Any, App, Clock, Ticks, UpdateSlot

_HELLO = bytes((HELLO,))
# What takes long: half a second of computing, or writing the flash.
_LONG = (bytes((HANDSHAKE,)), bytes((TRANSPORT,)))
# The App's deadline by which garbage is collected, when the host has been silent for so long.
_COLLECT = "collect"
_QUIET_MS = 50
# Bytes that a request may allocate before garbage is collected, which takes 33 ms: four fifths are
# free again at once, as frames of functions are, but count.
_WHILE_ASKED = 4 * COLLECT_EVERY
_SENT_MS = 200  # after which a host has the last answer before a restart
_COMPARE = "compare"  # the App's deadline by which the operator is shown a number


class SerialLink:
    """The serial link of a token at work."""

    def __init__(self, app: "App"):
        """Serve the App's token on the standard streams."""
        self._app = app
        waiting = select.poll()
        waiting.register(sys.stdin, select.POLLIN)
        self._port = Port(
            sys.stdin.buffer,  # type: ignore[arg-type] # the stub has no readinto()
            sys.stdout.buffer,
            waiting.ipoll,
            app.development,
        )
        self._services = AppServices(app)
        app.vault.prepare()
        self._server = LinkServer(
            app.product,
            app.board,
            DEVELOPMENT if app.development else PRODUCTION,
            serial_number(app.hardware.unique_id),
            app.vault,
            self._services,
            primitives,
            app.hardware.random,
        )

    def serve(self) -> bool:
        """Take the bytes that wait, up to the end of a frame; False at the end of the stream.
        KeyboardInterrupt for a Ctrl-C."""
        # Flat on purpose: below this runs all that the link does, and an RP2040 has 8 KB of stack
        # for it.
        payloads = self._port.receive()
        if payloads is None:
            return False
        for payload in payloads:
            if payload is not None and payload[:1] in _LONG:
                self._app.interaction.silence()
            gc.threshold(_WHILE_ASKED)
            answer = self._server.handle(payload)
            self._app.check_screen()
            if answer is not None:
                self._port.send(answer)
                if answer[:1] == _HELLO:
                    self._app.works()
            gc.threshold(COLLECT_EVERY)  # what this took is collected when the host has its answer
            self._app.after(_COLLECT, _QUIET_MS, self._collect)
            if self._services.restarts:
                time.sleep_ms(_SENT_MS)
                raise SystemExit
        return True

    def _collect(self) -> None:
        forget()
        gc.collect()
        self._app.vault.settle()
        self._server.settle()


class AppServices:
    """What operations of the link need of the App: `services` of firmware.link.session."""

    def __init__(self, app: "App"):
        """Give the link access to this App."""
        self._app = app
        self.restarts = False

    @property
    def clock(self) -> "Clock | None":
        """The clock's driver, or None."""
        return self._app.clock

    def comparison(self, number: str) -> None:
        """Show the number that the operator compares with the host's, which has its answer first:
        drawing takes longer than all the rest."""
        app = self._app
        app.after(_COMPARE, 0, lambda: app.show(app.interaction.comparison(number)))

    def settings_changed(self) -> None:
        """Apply the settings that the host has just written."""
        self._app.apply_settings()

    def account_saved(self, place: int) -> None:
        """Tell that the host has just stored the account at that place."""
        self._app.interaction.account_saved(place)

    def now_ms(self) -> "Ticks":
        """Return the ticks."""
        return time.ticks_ms()

    def info(self) -> dict:
        """Return millivolts, centi °C and bytes, and of which image the firmware is; None for what
        there is no part or no file for."""
        app = self._app
        try:
            lost = trusted_time(app) is None
            temperature = app.clock.temperature()
        except OSError:
            lost = True
            temperature = None
        gc.collect()
        return {
            "battery_mv": app.hardware.battery.millivolts()
            if app.hardware.battery is not None
            else None,
            "clock_lost": lost,
            "temperature": temperature,
            "heap_free": gc.mem_free(),
            "flash_free": free_bytes(),
            "unique_id": app.hardware.unique_id,
            "manifest": _manifest(),
        }

    def restart(self) -> None:
        """Have the token start anew when the host has its answer."""
        self.restarts = True

    def undisturbed(self, action: "Callable[..., Any]", *arguments: "Any") -> "Any":
        """Call an action that throws a megabyte of numbers away: garbage is collected when the heap
        is full, and not a hundred times."""
        gc.threshold(-1)
        try:
            return action(*arguments)
        finally:
            gc.collect()
            gc.threshold(COLLECT_EVERY)

    @property
    def updates(self) -> "UpdateSlot":
        """The folder of an update."""
        from firmware.storage.update_slot import UpdateSlot

        return UpdateSlot()

    def selftest(self) -> dict:
        """Return part -> works, for every part that can be tested, and for the flash."""
        from firmware.storage.selftest import flash_works

        app = self._app
        wired = app.board["products"][app.product["name"]]
        parts = tuple([part for part in app.product["parts"] if part in wired])
        result = app.hardware.selftest(parts)
        app.apply_settings()  # which a display has to acknowledge, unless its bus cannot (SPI)
        result["display"] = app.display is not None
        result["flash"] = flash_works(app.hardware.random)
        return result


def _manifest() -> bytes | None:
    """Return the SHA-256 of the manifest of the image that was written to the board."""
    try:
        with open("/manifest.json", "rb") as file:
            return hashlib.sha256(file.read()).digest()
    except OSError:  # it was written without one
        return None

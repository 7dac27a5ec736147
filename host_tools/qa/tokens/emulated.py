"""An emulated token: provisioned over its link, pressed, and read from its pixels and its sound.

Times are Unix seconds of the run's time source.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emulator.session import Emulator
from emulator.sound import write_wav
from emulator.trace import Trace
from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.image import build_image
from host_tools.link import clock
from host_tools.link.session import Session, open_session
from host_tools.otp.credential import Credential
from host_tools.qa.tokens.reading import MIN_DIGITS, Reading, recognise, shown_code
from host_tools.secret import Secret

BOARDS = {"kodeviser": "pico", "kodeoplaeser": "pico2"}  # product -> board
_LINK_EVENTS = 1000  # frames of the link that are kept
_BOOT = 1.0  # seconds from unplugging until the token is off
_QUIET, _LONGEST = 1.3, 30.0  # seconds: silence that ends an announcement; longest announcement
_BETWEEN = 0.3  # seconds between two keys
_ALONE = 1.1  # seconds after its release until a counted code is there
_AT_ONCE = 0.02  # seconds after its release until a code that tells the time is there
_PRESSED = 0.12  # seconds of a press
_OFF = 62.0  # seconds without a key after which a token has turned itself off


@dataclass(frozen=True)
class TokenModel:
    """The kind of a token: product, littlefs image, and language ("da", "en")."""

    product: str
    image: bytes
    language: str


class EmulatedToken:
    """One token with one credential. A context manager."""

    def __init__(self, model: TokenModel, folder: Path, seed: int, start: float) -> None:
        """Make a blank token in `folder`; time begins at `start`."""
        self.product, self.language = model.product, model.language
        self.emulator = Emulator(
            model.product, BOARDS[model.product], folder, image=model.image, seed=seed, time=start
        )
        self._link_trace: Trace | None = None
        self._access_key = Secret(self.emulator.unique_id * (messages.ACCESS_KEY_SIZE // 8))

    def __enter__(self) -> Self:
        """Give the token itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the emulator."""
        self.emulator.close()

    @property
    def now(self) -> float:
        """As Device.now."""
        return self.emulator.now

    def record_link(self) -> None:
        """Record from now on which frames cross the link, never what is in them."""
        self._link_trace = self.emulator.trace(_LINK_EVENTS, link_alone=True)

    def link_log(self, since: float) -> list[tuple[float, str]]:
        """Give the frames that were recorded from `since` on (Unix seconds), each with its time."""
        if self._link_trace is None:
            return []
        started = self.emulator.now - self.emulator.elapsed
        timed = (
            (started + event.time / 1e6, f"{event.channel}: {event.what}")
            for event in self._link_trace.events()
        )
        return [(at, text) for at, text in timed if at >= since]

    def provision(self, credential: Credential) -> str:
        """Claim the token, set its clock, store the credential; give its serial number."""
        self.emulator.plug()
        session = open_session(self.emulator.port, None, self._compare)
        session.set_key(messages.KEY_ISSUER, self._access_key)
        self._set_clock(session)
        settings: dict[str, Any] = {"language": self.language}
        if "audio" in self.emulator.product["parts"]:
            settings["typing_time"] = 0  # a case needs the code of its moment, and no fresher one
        session.write_settings(settings)
        session.put_credential(credential)
        serial = session.hello.serial
        self._unplug()
        return serial

    def set_clock(self) -> None:
        """Set the clock over the link, as an issuer does."""
        with self._session() as session:
            self._set_clock(session)

    def advance_to(self, moment: float) -> None:
        """As Device.advance_to."""
        if moment > self.now:
            self.emulator.advance(moment - self.now)

    def press(self, name: str, files: Path | None = None) -> Reading:
        """As Device.press. A press that turns the display off is followed by a second one, and so
        is one that asks a kodeviser for the next code, as this one is wanted."""
        for _ in range(3):
            was_on = self.emulator.display_on
            pressed_at, began = self.now, self.emulator.elapsed
            self.emulator.press(1000 * _PRESSED)
            if self.emulator.display_on and not self._counts_down():
                break
        if "audio" in self.emulator.product["parts"]:
            self.emulator.advance(_ALONE)
            if was_on:  # the code is taken then
                pressed_at += _PRESSED + _AT_ONCE
        return self._read(pressed_at, began, name, files)

    def answer_challenge(
        self, typed: Sequence[str], name: str, files: Path | None = None
    ) -> Reading:
        """Turn on, type each number with "#", confirm what is read back, and read the answer.

        The token must be off and have one account, which answers challenges.
        """
        self._key("red")
        for number in typed:
            for key in number:
                self._key(key)
            began = self.emulator.elapsed
            self._key("#")
        self._wait_for_silence(began)  # it is confirmed when all of it was heard
        pressed_at, began = self.now, self.emulator.elapsed
        self._key("#")
        self._wait_for_silence(began)
        return self._read(pressed_at, began, name, files)

    def wait_until_off(self) -> None:
        """Let time pass until the token has turned itself off."""
        if self.emulator.display_on:
            self.emulator.advance(_OFF)

    def _counts_down(self) -> bool:
        """Say whether the display has the seconds to a kodeviser's next code."""
        return any(
            line.isdigit() and len(line) < MIN_DIGITS for line in self.emulator.screen_text()
        )

    def _key(self, key: str) -> None:
        self.emulator.press_key(key)
        self.emulator.advance(_BETWEEN)

    def _read(self, pressed_at: float, began: float, name: str, files: Path | None) -> Reading:
        """Read display and sound since `began` (of `elapsed`); keep them as `name` in `files`."""
        lines = self.emulator.screen_text()
        picture = self.emulator.screen().to_png(files / f"{name}.png") if files else None
        spoken, sound = None, None
        if "audio" in self.emulator.product["parts"]:
            self._wait_for_silence(began)
            heard = self.emulator.audio(began)
            spoken = recognise(heard, self.language)
            sound = write_wav(files / f"{name}.wav", heard.samples, heard.rate) if files else None
        return Reading(pressed_at, shown_code(lines), tuple(lines), spoken, picture, sound)

    def _wait_for_silence(self, began: float) -> None:
        emulator = self.emulator
        emulator.advance(_QUIET)
        while (
            emulator.audio(emulator.elapsed - _QUIET).onset() is not None
            and emulator.elapsed - began < _LONGEST
        ):
            emulator.advance(_QUIET / 4)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        self.emulator.plug()
        yield open_session(self.emulator.port, self._access_key.reveal(), self._compare)
        self._unplug()

    def _unplug(self) -> None:
        self.emulator.unplug()
        self.emulator.advance(_BOOT)

    def _set_clock(self, session: Session) -> None:
        clock.set_now(session, clock.HostClock(lambda: self.emulator.now, self.emulator.advance))

    def _compare(self, number: str) -> bool:
        self.emulator.advance(0.1)
        return shown_code(self.emulator.screen_text()) == number


def image_of(product: str) -> bytes:
    """Build the file system of a new token; KodebrikError for a product that QA does not know."""
    if product not in BOARDS:
        raise KodebrikError(
            "product-unknown", ExitCode.USAGE, name=product, choices=", ".join(BOARDS)
        )
    return build_image(product, BOARDS[product])

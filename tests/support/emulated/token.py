"""An emulated token with what a test does to it: plug in, provision, press, read."""

from collections.abc import Callable

from emulator.session import Emulator
from host_tools.link.session import Session, open_session
from host_tools.link.transport import Transport
from host_tools.otp.credential import Credential
from host_tools.qa.tokens.reading import shown_code
from host_tools.secret import Secret

START = 1_893_456_000  # 2030-01-01
KEY = bytes(range(32))
SECRET = b"12345678901234567890"  # RFC 4226 appendix D, RFC 6238 appendix B


class TokenUnderTest:
    """An emulated token, which the host tools reach over its link."""

    def __init__(self, emulator: Emulator) -> None:
        """`emulator` must be open."""
        self.emulator = emulator

    def claim(
        self, confirm: Callable[[str], bool] | None = None, port: Transport | None = None
    ) -> Session:
        """Plug in, claim the token by comparing the six digits, and set its link key to KEY."""
        self.emulator.plug()
        session = open_session(port or self.emulator.port, None, confirm or self._compare)
        session.set_key("issuer", Secret(KEY))
        return session

    def connect(self) -> Session:
        """Plug in and open a session with the link key KEY."""
        self.emulator.plug()
        return open_session(self.emulator.port, KEY, self._compare)

    def provision(self, *credentials: Credential) -> Session:
        """Claim the token, set its clock to the emulator's time and store `credentials`."""
        session = self.claim()
        self.set_clock(session)
        for credential in credentials:
            session.put_credential(credential)
        return session

    def set_clock(self, session: Session) -> None:
        """Set the clock to the emulator's time at the next full second, so that it is exact."""
        self.emulator.advance(1 - self.emulator.now % 1)
        session.set_clock(round(self.emulator.now))

    def shown(self) -> str:
        """Give all text on the display as one line."""
        return " ".join(self.emulator.screen_text())

    def code(self) -> str:
        """Press, read the code from the display (digits without the gap), and wait until off."""
        self.emulator.press()
        code = digits(self.emulator.screen_text())
        self.emulator.advance(31)
        return code

    def _compare(self, number: str) -> bool:
        self.emulator.advance(0.1)
        return number == digits(self.emulator.screen_text())


def totp(name: str = "Bank", secret: bytes = SECRET, **parameters: object) -> Credential:
    """Give a TOTP credential."""
    return Credential(name, Secret(secret), **parameters)


def hotp(
    name: str = "Bank", secret: bytes = SECRET, counter: int = 0, **parameters: object
) -> Credential:
    """Give an HOTP credential."""
    return Credential(name, Secret(secret), period=None, counter=counter, **parameters)


def code_of(emulator: Emulator) -> str:
    """Press until a code is shown, and give it: a press turns off a token that is on."""
    for _ in range(3):
        emulator.press()
        code = shown_code(emulator.screen_text())
        if code is not None:
            return code
    raise AssertionError(emulator.screen_text())


def digits(lines: list[str]) -> str:
    """Give the line that is nothing but digits and a group gap, without the gap; AssertionError
    when there is none."""
    numbers = [line.replace(" ", "") for line in lines if line.replace(" ", "").isdigit()]
    assert len(numbers) == 1, f"one number expected on the display, which says: {lines}"
    return numbers[0]

"""RFC 6287's vectors on the firmware: typed on an emulated kodeoplæser, or computed on its VM.

A vector that cannot be typed is reported with the error of provisioning or typing. No vector of the
RFC has session data (S).
"""

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import firmware
from emulator.mcu.vm import find_vm
from firmware.protocol.messages import MIN_TIME
from host_tools.errors import KodebrikError
from host_tools.otp import challenges
from host_tools.otp.credential import Credential
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel
from host_tools.qa.vectors.rfc import Vector
from host_tools.secret import Secret

KEYPAD_PRODUCT = "kodeoplaeser"
_BEFORE = 120  # seconds before a vector's moment at which its token is provisioned
_ENTRY = "number"
# A program for the VM, where it calls the firmware's module as a development board's REPL would.
# The secret comes on standard input, never among the arguments.
_ON_VM = """
import json, sys
from binascii import unhexlify
from firmware.otp.ocra import ocra
asked = json.loads(sys.stdin.readline())
asked[0] = unhexlify(asked[0])
print(ocra(*asked))
"""


def why_not_typed(vector: Vector) -> str | None:
    """Say why a vector cannot be typed on a token, None when it can."""
    try:
        credential = _credential(vector)
        assert credential.suite is not None and vector.question is not None  # noqa: S101, PT018 - of RFC 6287
        challenges.challenge(challenges.suite(credential.suite, _ENTRY), _ENTRY, [vector.question])
    except KodebrikError as error:
        return error.message
    return None


def answer_on_vm(vector: Vector) -> str:
    """Give the code that the firmware's module computes on its VM."""
    _, command = find_vm()
    asked = (
        vector.secret.hex(),
        vector.suite,
        vector.question,
        vector.counter,
        vector.pin,
        None,
        vector.moment,
    )
    done = subprocess.run(  # noqa: S603 - the VM that is installed
        [*command, "-c", _ON_VM],
        input=json.dumps(asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MICROPYPATH": f"{Path(firmware.__file__).parent.parent}:.frozen"},
    )
    return done.stdout.strip()


class KeypadRunner:
    """Types challenges on emulated tokens. A context manager.

    Successive vectors of the same secret and suite use one token.
    """

    def __init__(self, model: TokenModel, folder: Path) -> None:
        """Keep the tokens in `folder`."""
        self._model, self._folder = model, folder
        self._token: EmulatedToken | None = None
        self._held: tuple[bytes, str | None] | None = None
        self._counter: int | None = None
        self._stack = ExitStack()
        self._size = 0

    def __enter__(self) -> Self:
        """Give the runner itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the last token's emulator."""
        self._stack.close()

    def shown(self, vector: Vector) -> str | None:
        """Give the code that the token shows in answer to the vector's question."""
        assert vector.question is not None  # noqa: S101 - of RFC 6287
        if (
            self._token is None
            or self._held != (vector.secret, vector.suite)
            or self._counter != vector.counter
        ):
            self._token = self._provisioned(vector)
        self._token.wait_until_off()
        if vector.moment is not None:
            self._token.emulator.set_rtc(vector.moment)
        typed = [vector.question] if vector.pin is None else [vector.pin, vector.question]
        reading = self._token.answer_challenge(typed, "vector")
        self._counter = None if vector.counter is None else vector.counter + 1
        return reading.shown

    def _provisioned(self, vector: Vector) -> EmulatedToken:
        self._stack.close()
        start = float(
            (MIN_TIME + 2 * _BEFORE if vector.moment is None else vector.moment) - _BEFORE
        )
        folder = self._folder / f"token-{self._size}"
        token = self._stack.enter_context(EmulatedToken(self._model, folder, 1, start))
        token.provision(_credential(vector))
        self._size, self._held, self._counter = (
            self._size + 1,
            (vector.secret, vector.suite),
            vector.counter,
        )
        return token


def _credential(vector: Vector) -> Credential:
    return Credential(
        "RFC",
        Secret(vector.secret),
        period=None,
        counter=vector.counter,
        suite=vector.suite,
        entry=_ENTRY,
    )

"""Sets up an emulated token over its serial port, as a factory would a real one."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from firmware.protocol import messages
from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import otpauth
from host_tools.link import clock
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import claim_token
from host_tools.link.transport import SerialTransport
from host_tools.messages.catalogue import Message
from host_tools.otp import codes, secret_text
from host_tools.otp.credential import Credential
from host_tools.provisioning import access_key, issuer_key_file

if TYPE_CHECKING:
    from emulator.session import Emulator

_START_TIMEOUT = 30.0  # seconds
_SCREEN_TIMEOUT, _SCREEN_POLL = 5.0, 0.02  # seconds

ACCESS_KEY, ACCOUNT = "access.key", "secret.otpauth"  # the files


def provision(
    emulator: "Emulator",
    port: str,
    language: str | None,
    step: Callable[[str], AbstractContextManager[None]],
    compared: Callable[[str, str], None] = lambda shown, computed: None,
) -> tuple[Credential, str]:
    """Claim the blank token at `port`, set its clock to the emulator's time, store a new account
    and its language (None: the one it has); give the account and the serial number.

    The comparison number is read from the screen's pixels. Access key and account go into new
    files of the token's folder. `step` is entered for each step, `compared` is told the number on
    the screen and the one that was computed. The emulator serves in another thread. KodebrikError.
    """
    folder = emulator.directory
    transport = SerialTransport(port)
    try:
        channel = Channel(transport, port)
        hello = _first_hello(channel)

        def compare(number: str) -> bool:
            shown = _await_number(emulator)
            compared(shown, codes.grouped(number))
            return shown.replace(" ", "") == number

        with step(Message("demo.claiming", serial=hello.serial)):
            session = claim_token(channel, hello, compare)
        key = access_key.derive(issuer_key_file.generate(), hello.serial)
        private_files.write_new(folder / ACCESS_KEY, key.reveal().hex().encode() + b"\n")
        session.set_key(messages.KEY_ISSUER, key)
        with step(Message("demo.setting-clock")):
            clock.set_now(session, clock.HostClock(lambda: emulator.now))
        credential = Credential("kodebrik:demo", secret_text.generate("SHA1"))
        private_files.write_new(folder / ACCOUNT, otpauth.compose(credential).encode() + b"\n")
        with step(Message("demo.writing-secret")):
            session.put_credential(credential)
        if language is not None:
            session.write_settings({"language": language})
    finally:
        transport.close()
    return credential, hello.serial


def _first_hello(channel: Channel) -> Hello:
    """Wait up to _START_TIMEOUT for an answer: an emulated token starts as fast as this machine has
    time for it."""
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            return channel.hello()
        except KodebrikError as error:
            unanswered = error.exit_code in (ExitCode.SILENT, ExitCode.GARBAGE)
            if not unanswered or time.monotonic() > deadline:
                raise


def _await_number(emulator: "Emulator") -> str:
    """Wait up to _SCREEN_TIMEOUT for a number of six digits on the screen, and give its line."""
    deadline = time.monotonic() + _SCREEN_TIMEOUT
    while time.monotonic() < deadline:
        for line in emulator.screen_text():
            if re.fullmatch(r"\d{3} \d{3}", line):
                return line
        time.sleep(_SCREEN_POLL)
    return Message("demo.no-number")

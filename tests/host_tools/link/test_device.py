"""What any token must do on its port, without being changed by it: run on an emulated one, or on
yours.

`make test` runs them on an emulated token behind a pseudo-terminal; pytest with the option
`--port /dev/ttyACM0` runs them on a board with the firmware on it.
"""

import os
from collections.abc import Iterator

import pytest

from emulator.session import Emulator
from firmware.protocol import frames, messages
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.image.image import build_image
from host_tools.link.channel import Channel
from host_tools.link.session import authenticate
from host_tools.link.transport import SerialTransport
from host_tools.provisioning import serial_number
from host_tools.secret import Secret
from tests.support.limits import REAL_LIMIT


@pytest.fixture
def port(request: pytest.FixtureRequest, tmp_path) -> Iterator[str]:
    """The port of the token under test."""
    given = request.config.getoption("--port")
    if given:
        yield given
        return
    with Emulator(state=tmp_path / "token", image=build_image("kodeviser", "pico")) as emulator:
        path = emulator.open_pty()
        with emulator.serving():
            yield path


@pytest.fixture
def transport(port: str) -> Iterator[SerialTransport]:
    """A channel on the open port."""
    opened = SerialTransport(port)
    yield opened
    opened.close()


def test_hello_names_a_token_of_this_protocol(transport):
    hello = Channel(transport).hello()
    assert hello.protocol == messages.PROTOCOL_VERSION
    assert serial_number.check(hello.serial) == hello.serial


def test_hello_is_the_same_when_it_is_asked_again(transport):
    assert Channel(transport).hello().body == Channel(transport).hello().body


def test_garbage_is_answered_with_an_error_or_silence_and_the_token_goes_on(transport):
    before = Channel(transport).hello()
    for size in (1, 7, 64, 900):
        transport.write(
            bytes(byte or 1 for byte in os.urandom(size)).replace(b"\x03", b"\x04") + b"\0"
        )
        transport.read(0.5)
    assert Channel(transport).hello() == before


def test_a_message_without_a_session_is_refused(transport):
    Channel(transport).hello()  # a development build takes a Ctrl-C (3) before the first frame
    transport.write(frames.encode(bytes([messages.TRANSPORT]) + os.urandom(40)))
    decoder, answered = frames.Decoder(), []
    while not answered:
        arrived = transport.read(REAL_LIMIT)
        assert arrived, "no answer"
        answered = decoder.feed(arrived)
    assert answered[0][0] == messages.ERROR


def test_a_wrong_key_opens_nothing(transport):
    channel = Channel(transport)
    hello = channel.hello()
    with pytest.raises(TokenError) as refused:
        authenticate(channel, hello, Secret(bytes(32)))
    assert refused.value.number in (messages.HANDSHAKE_FAILED, messages.NO_ACCESS_KEY)
    assert channel.hello() == hello


def test_the_port_is_ours_alone(transport, port):
    with pytest.raises(KodebrikError) as busy:
        SerialTransport(port)
    assert busy.value.exit_code == ExitCode.BUSY

"""pytest-embedded talks to a token over RFC 2217, in this folder:
`pytest --embedded-services serial --port rfc2217://127.0.0.1:2217`."""

from host_tools.link.channel import Channel
from host_tools.link.transport import SerialTransport


def test_the_token_says_what_it_is(dut):
    with dut.serial.disable_redirect_thread():  # which would read the answer first
        hello = Channel(SerialTransport(dut.serial.proc)).hello()
    assert hello.product == "kodeviser"
    assert len(hello.serial) == 12

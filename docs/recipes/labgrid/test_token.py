"""labgrid talks to a token over RFC 2217: `pytest --lg-env environment.yaml` in this folder."""

from host_tools.link.channel import Channel
from host_tools.link.transport import SerialTransport


def test_the_token_says_what_it_is(target):
    driver = target.get_driver("SerialDriver")
    hello = Channel(SerialTransport(driver.serial)).hello()
    assert hello.product == "kodeviser"
    assert len(hello.serial) == 12

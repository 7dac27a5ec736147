"""A token on either runtime, and what the tests of the link share."""

import cbor2
import pytest

from firmware.protocol import messages as m
from tests.support.link.client import HonestClient, LinkError
from tests.support.runtime import Runtime

DRIVER = "tests.firmware.link.vm_link_token"
KEY = bytes(range(32))
OTHER_KEY = bytes(range(32, 64))
SECRET = b"12345678901234567890"
ACCOUNT = {"name": "bank", "secret": SECRET, "algorithm": "SHA1", "digits": 6, "period": 30}


class LinkUnderTest:
    """A token on one of the runtimes, and hosts for it."""

    def __init__(self, runtime: Runtime, build: str = m.DEVELOPMENT, product: str = "kodeviser"):
        """Make a blank token."""
        self.runtime = runtime
        self("start", build, product)

    def __call__(self, function: str, *arguments: object) -> object:
        """Call a function of the driver vm_link_token."""
        return self.runtime.call(DRIVER, function, *arguments)

    def handle(self, payload: bytes | None) -> bytes | None:
        """Send the payload of one frame to the token; give the payload of its answer."""
        return self("handle", payload)

    def client(self) -> HonestClient:
        """Make another host on the same cable."""
        return HonestClient(self.handle)

    def owned(self) -> HonestClient:
        """Claim the token with KEY, open a session under KEY and send a first request, which makes
        the session the current one."""
        self.client().claim(m.KEY_ISSUER, KEY)
        client = self.client().open(KEY)
        client.do(m.INFO)
        return client


def refusal(call, *arguments, **named) -> int:
    """Give the number of the error that the token answers outside a session."""
    with pytest.raises(LinkError) as raised:
        call(*arguments, **named)
    return raised.value.number


def error_of(payload: bytes | None) -> int:
    """Give the number in an error frame."""
    assert payload[0] == m.ERROR
    return cbor2.loads(payload[1:])["error"]

"""The PIN of a token with a keypad: set and cleared over the link, tried at the token, on both
runtimes."""

import pytest

from firmware.protocol import messages as m
from firmware.protocol.sentences import ERRORS
from firmware.storage.pin import WAITS, simple
from tests.support.link.token import KEY, OTHER_KEY, LinkUnderTest
from tests.support.runtime import Runtime, refuses

PIN = "82915"
NOW = 1_900_000_000


@pytest.fixture
def token(runtime: Runtime) -> LinkUnderTest:
    """A token with a keypad."""
    return LinkUnderTest(runtime, product="kodeoplaeser")


@pytest.fixture
def host(token):
    """Return the owner's client, with an open session."""
    return token.owned()


def wrong(token: LinkUnderTest, times: int) -> None:
    for _ in range(times):
        assert token("try_pin", "82916", NOW) is False


def test_a_pin_is_set_tried_and_cleared(token, host):
    assert host.do(m.INFO)["pin_tries"] is None
    host.do(m.PIN_SET, pin=PIN)
    assert host.do(m.INFO)["pin_tries"] == 10
    assert token("try_pin", PIN, NOW) is True
    host.do(m.PIN_CLEAR)
    assert host.do(m.INFO)["pin_tries"] is None
    host.do(m.PIN_CLEAR)


def test_a_pin_survives_a_restart_and_is_not_readable_in_the_vault(token, host):
    host.do(m.PIN_SET, pin=PIN)
    first = token("contents")["pin"]
    assert PIN.encode() not in repr(first).encode()
    token("restart")
    assert token("try_pin", PIN, NOW) is True
    token.client().open(KEY).do(m.PIN_SET, pin=PIN)
    second = token("contents")["pin"]
    assert first["verifier"] != second["verifier"], "the same PIN looks different each time"


def test_a_try_is_in_flash_before_the_pin_is_compared(token, host):
    host.do(m.PIN_SET, pin=PIN)
    wrong(token, 2)
    token("restart")
    assert token("contents")["pin"]["tries"] == 2
    token("fail_storage", True)
    refuses(token.runtime, "VaultError", "tests.firmware.link.vm_link_token", "try_pin", PIN, NOW)
    token("fail_storage", False)
    assert token("contents")["pin"]["tries"] == 2


def test_the_right_pin_resets_the_tries(token, host):
    host.do(m.PIN_SET, pin=PIN)
    wrong(token, 9)
    assert host.do(m.INFO)["pin_tries"] == 1
    assert token("try_pin", PIN, NOW) is True
    assert host.do(m.INFO)["pin_tries"] == 10


def test_ten_wrong_pins_block_until_unblocked_over_the_link(token, host):
    host.do(m.PIN_SET, pin=PIN)
    wrong(token, 10)
    token("restart")
    client = token.client().open(KEY)
    assert client.hello()["state"] == m.BLOCKED
    client.open(KEY)
    client.do(m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    client.do(m.UNBLOCK)
    assert client.do(m.INFO)["pin_tries"] == 10
    assert client.hello()["state"] == m.IN_USE
    assert token("try_pin", PIN, NOW) is True, "the PIN is the same"


def test_a_new_pin_resets_the_tries_but_does_not_unblock(token, host):
    host.do(m.PIN_SET, pin=PIN)
    host.do(m.BLOCK)
    wrong(token, 10)
    host.do(m.PIN_SET, pin="4096")
    assert host.hello()["state"] == m.BLOCKED


def test_waits_increase_with_wrong_tries():
    assert list(WAITS[:3]) == [0, 0, 0]
    assert list(WAITS[3:-1]) == sorted(set(WAITS[3:-1]))
    assert len(WAITS) == m.PIN_TRIES + 1


SIMPLE = [
    "0000", "99999999", "1234", "4321", "7890", "0987", "2468", "1357", "147036", "1212",
    "123123", "12341234", "1122", "112233", "1221", "123321", "2580", "0852",
]  # fmt: skip


@pytest.mark.parametrize("pin", SIMPLE)
def test_simple_pins_are_refused(token, host, pin):
    error, _ = host.request(m.PIN_SET, pin=pin)
    assert ERRORS[error][0] == "pin_too_simple"
    assert token("contents")["pin"] is None


def test_362_of_the_four_digit_pins_are_too_simple():
    refused = sum(simple(f"{number:04}") for number in range(10_000))
    assert refused == 362, "as docs/security.md says"


@pytest.mark.parametrize(
    "pin", ["", "829", "829150273", "82a15", "82 15", 82915, b"82915", None, "٨٢٩١٥", "-8291"]
)
def test_an_invalid_pin_is_refused(token, host, pin):
    error, _ = host.request(m.PIN_SET, pin=pin)
    assert ERRORS[error][0] == "bad_argument"
    assert token("contents")["pin"] is None


def test_the_old_pin_stays_when_the_flash_fails(token, host):
    host.do(m.PIN_SET, pin=PIN)
    token("fail_storage", True)
    for operation, args in ((m.PIN_SET, {"pin": "4096"}), (m.PIN_CLEAR, {})):
        assert host.request(operation, **args)[0] == m.STORAGE_FAILED
    token("fail_storage", False)
    assert token("try_pin", PIN, NOW) is True


def test_a_product_without_a_keypad_takes_no_pin(runtime):
    token = LinkUnderTest(runtime)
    host = token.owned()
    for operation, args in ((m.PIN_SET, {"pin": PIN}), (m.PIN_CLEAR, {})):
        assert ERRORS[host.request(operation, **args)[0]][0] == "no_keypad"
    assert token("contents")["pin"] is None

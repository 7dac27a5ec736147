"""PINs of app devices: the kodeoplæser's rule, compared with its firmware."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.storage import pin as firmware_pin
from host_tools.validator.rule import app_pins


def test_as_many_pins_of_four_digits_are_refused_as_on_the_token():
    pins = [f"{number:04}" for number in range(10_000)]
    refused = [pin for pin in pins if app_pins.is_simple(pin)]
    assert refused == [pin for pin in pins if firmware_pin.simple(pin)]
    assert len(refused) == 362


@given(st.text("0123456789", min_size=4, max_size=8))
def test_longer_ones_too(pin: str):
    assert app_pins.is_simple(pin) == firmware_pin.simple(pin)


@given(st.text("012", min_size=4, max_size=8))
def test_and_those_of_few_digits(pin: str):
    assert app_pins.is_simple(pin) == firmware_pin.simple(pin)

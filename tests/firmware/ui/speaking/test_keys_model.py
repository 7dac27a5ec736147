"""The firmware and a small model of the keys' grammar in lockstep: whatever is pressed, only the
hash approves a payment, and only a red key alone counts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.runtime import CPython

DRIVER = "tests.firmware.ui.speaking.vm_keys"
KEYS = "0123456789*#"
RUNTIME = CPython()
PAUSES = st.sampled_from((50, 150, 330, 900, 1200, 6000))
GESTURES = st.tuples(st.sampled_from(("alone", "chord", "double")), st.sampled_from(KEYS), PAUSES)
REDS = st.tuples(st.sampled_from(("tap", "hold")), st.just("red"), PAUSES)


def press(key: str, wait: int, held: int = 60) -> list[tuple[int, str, bool]]:
    return [(wait, key, True), (held, key, False)]


def events(gesture: tuple[str, str, int]) -> list[tuple[int, str, bool]]:
    """What a hand does."""
    way, key, pause = gesture
    if way == "chord":
        return [(pause, "red", True), *press(key, 200), (40, "red", False)]
    if way == "double":
        return [*press("red", pause), *press("red", 240), *press(key, 240)]
    return press(key, pause, 1500 if way == "hold" else 60)


class Payment:
    """What a payment's dialogue may do: read back, heard, approved, signed."""

    def __init__(self) -> None:
        self.screen = "read-back"
        self.heard = False
        self.approved = False
        self.may_sign = 0

    def step(self, gesture: tuple[str, str, int]) -> None:
        """One gesture, with the time before it."""
        way, key, pause = gesture
        if pause >= 5000:  # all is heard
            if self.approved:
                self.may_sign += 1
                self.screen = "elsewhere"
            self.heard = self.heard or self.screen == "read-back"
        self.approved = False
        if self.screen == "elsewhere":
            return
        if way == "alone" and key == "#":
            self.approved = self.heard
        elif key in "*#":
            self.screen = "elsewhere"  # begun again, or left


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(GESTURES | REDS, max_size=12))
def test_a_payment_is_signed_only_as_the_model_allows(gestures: list[tuple[str, str, int]]):
    RUNTIME.call(DRIVER, "reach", "read-back")
    model = Payment()
    for gesture in gestures:
        model.step(gesture)
        facts = RUNTIME.call(DRIVER, "do", events(gesture))
        if facts["screen"] not in ("confirmation", "function", "keys"):
            assert gesture[1] in "*#" or model.may_sign, gestures
            assert facts["signed"] <= model.may_sign, gestures
            return
        assert facts["signed"] == facts["counters"][0] == 0, gestures


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(("chord", "double")), st.sampled_from("0123456789"), PAUSES),
        max_size=15,
    )
)
def test_functions_never_count_submit_or_delete(gestures: list[tuple[str, str, int]]):
    for screen in ("counting code", "whole PIN", "part of a payee", "read-back heard"):
        before = RUNTIME.call(DRIVER, "reach", screen)
        for gesture in gestures:
            RUNTIME.call(DRIVER, "do", events(gesture))
        after = RUNTIME.call(DRIVER, "settle", 900)
        for fact in ("counters", "tries", "signed", "typed", "last"):
            assert after[fact] == before[fact], (screen, fact, gestures)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(("tap", "hold")), st.integers(1100, 3000)), max_size=8))
def test_a_counter_moves_once_for_each_red_key_alone(presses: list[tuple[str, int]]):
    RUNTIME.call(DRIVER, "reach", "off, counting")
    for way, pause in presses:
        RUNTIME.call(DRIVER, "do", events((way, "red", pause)))
    assert RUNTIME.call(DRIVER, "settle", 1100)["counters"] == [len(presses)]


@pytest.mark.parametrize("apart", [150, 330, 600, 900])
def test_two_presses_from_off_give_one_code(apart: int):
    for screen in ("off", "off, counting"):
        RUNTIME.call(DRIVER, "reach", screen)
        facts = RUNTIME.call(DRIVER, "do", [*press("red", 0), *press("red", apart - 60)])
        assert facts["screen"] in ("code", "pending"), "no function is asked for"
        facts = RUNTIME.call(DRIVER, "settle", 1200)
        assert facts["screen"] == "code"
        assert facts["counters"] == [int(screen != "off")]


@pytest.mark.parametrize("leave", ["red", "0"])
def test_the_names_of_the_keys_are_left_by_key_and_what_was_typed_stands(leave: str):
    for screen in ("part of a PIN", "part of a payee", "read-back heard"):
        before = RUNTIME.call(DRIVER, "reach", screen)
        facts = RUNTIME.call(DRIVER, "do", press("0", 600, 2100))
        assert facts["screen"] == "keys"
        RUNTIME.call(DRIVER, "do", press("5", 300))
        RUNTIME.call(DRIVER, "do", press(leave, 300, 60 if leave == "red" else 2100))
        after = RUNTIME.call(DRIVER, "settle", 1500)
        assert {**after, "title": 0} == {**before, "title": 0}


def test_an_approval_is_taken_back_by_any_key_but_the_hash():
    for key in ("red", *"0123456789*"):
        RUNTIME.call(DRIVER, "reach", "approved")
        RUNTIME.call(DRIVER, "do", press(key, 300))
        facts = RUNTIME.call(DRIVER, "settle", 20_000)
        assert facts["signed"] == 0, key
    RUNTIME.call(DRIVER, "reach", "approved")
    RUNTIME.call(DRIVER, "do", press("#", 330))
    assert RUNTIME.call(DRIVER, "settle", 6000)["signed"] == 1

"""The firmware and a small model of the keys' grammar in lockstep: whatever is pressed, only the
hash approves a payment, and only a red key alone counts."""

import base64
from random import Random

import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.ui.speaking.keymap import RED_KEY
from tests.firmware.ui.speaking import vm_keys
from tests.support.runtime import CPython, MicroPython, Runtime

DRIVER = "tests.firmware.ui.speaking.vm_keys"
KEYS = "0123456789*#"
RUNTIME = CPython()
TOTP = pyotp.TOTP(base64.b32encode(bytes(20)).decode())
# ms from digit to digit and between the groups, by speed
RATES = {1: (860, 750), 2: (705, 720), 3: (605, 680), 4: (445, 580), 5: (355, 480)}
EPOCH = 1_790_000_010  # of the driver's clock
# ms that a code of six digits must be good for, by speed: its words and digits, and typing it.
NEEDED = {speed: 9 * digit + gap + 12_000 for speed, (digit, gap) in RATES.items()}
Gesture = tuple[str, str, int]  # way, key, ms before it
LAPSE = 10_000  # ms until a function is given up that no key was struck for
WAITS = (50, 150, 330, 900, 1200, 6000, LAPSE + 50)
PAUSES = st.sampled_from(WAITS)
GESTURES = st.tuples(st.sampled_from(("alone", "chord", "double")), st.sampled_from(KEYS), PAUSES)
REPEATS = st.tuples(st.sampled_from(("chord", "double")), st.sampled_from("0134"), PAUSES)
REDS = st.tuples(st.sampled_from(("tap", "hold")), st.just("red"), PAUSES)


def press(key: str, wait: int, held: int = 60) -> list[tuple[int, str, bool]]:
    return [(wait, key, True), (held, key, False)]


def events(gesture: Gesture) -> list[tuple[int, str, bool]]:
    """What a hand does."""
    way, key, pause = gesture
    if way == "chord":
        return [(pause, "red", True), *press(key, 200), (40, "red", False)]
    if way == "double":
        return [*press("red", pause), *press("red", 240), *press(key, 240)]
    return press(key, pause, 1500 if way == "hold" else 60)


class Payment:
    """What a payment's dialogue may do: read back, heard, approved, signed. What reads back takes
    an approval back, also as the first of a function's two reds; a function leaves it."""

    def __init__(self) -> None:
        self.screen = "read-back"
        self.heard = False  # to its end, and nothing else since
        self.approved = False
        self.may_sign = 0
        self._else_said = False  # last
        self._red_before = False  # whether the last key was red
        self._asked = False  # for a function
        self._function = ""  # the last key, where it chose one

    def step(self, gesture: Gesture) -> None:
        """One gesture, with the time before it."""
        way, key, pause = gesture
        if self._asked and pause > LAPSE:  # it is read back from then on
            pause -= LAPSE
            self.heard = self._asked = False
        if pause >= 5000:  # all is heard
            if self.approved:
                self.may_sign += 1
                self.screen = "elsewhere"
            self.heard = self.heard or not self._else_said
        if self.screen == "elsewhere":
            return
        if key == "red":
            self._red(pause)
            return
        if way == "double":
            self._red(pause)
            self._red(240)
            pause = 240
        soon_after_red = self._red_before and pause <= 1000
        function = way == "chord" or self._asked
        again = way == "alone" and key == self._function and pause < 600
        self._red_before = self._asked = False
        self._function = key if function or again else ""
        if again:
            return
        if key == "0" or (key == "#" and not function and (soon_after_red or not self._signs())):
            self._read_back()
        elif key == "#" and not function:
            self.approved = True
        elif key == "*" and not function:
            self.screen = "elsewhere"  # begun again
        elif not self.approved:
            self.heard, self._else_said = False, True

    def _signs(self) -> bool:
        return self.approved or self.heard

    def _red(self, pause: int) -> None:
        second = self._red_before and pause <= 1000
        self._asked = not self._asked and second
        self._red_before = True
        self._function = ""
        self._read_back()

    def _read_back(self) -> None:
        if self.approved:
            self.heard = False
        self.approved = self._else_said = False


def follow_payment(runtime: Runtime, gestures: list[Gesture]) -> None:
    """Play gestures at the read-back of a payment, and compare with the model."""
    runtime.call(DRIVER, "reach", "read-back")
    model = Payment()
    for gesture in gestures:
        model.step(gesture)
        facts = runtime.call(DRIVER, "do", events(gesture))
        if facts["screen"] not in ("confirmation", "function", "keys"):
            assert gesture[1] in "*#" or model.may_sign, gestures
            assert facts["signed"] <= model.may_sign, gestures
            return
        assert facts["signed"] == facts["counters"][0] == 0, gestures


class TimedCode:
    """Which code is the last one, where codes tell the time: red alone takes a new one 20 ms after
    its release, or begins the wait for a fresh one, and a second press within a second brings back
    what was there before. So does a function that is given up, where no trembling hand asked."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.taken_at = now
        self.speed = 3
        self.view = "code"
        self.below = "code"  # of the function that is asked for
        self.ends = 0  # of the wait for a fresh code
        self.before: tuple[str, str, int, int] | None = None
        self.released_at: int | None = None
        self._due: int | None = None  # when red acts
        self._look: int | None = None  # when it is looked next whether the wait is over
        self.function = ("", 0)
        self._lapse = 0  # when the function that is asked for is given up
        self._down = ("", 0)  # the last key that went down, and when
        self._trembled = False  # whether the function was asked for by a hand that trembles

    def follow(self, made: list[tuple[int, str, bool]], after: int) -> None:
        """Keys that go down or up, as events() gives them, and the time after them."""
        red = combined = False
        for wait, key, down in made:
            self._pass(wait)
            if down:
                self._look = None
                last, at = self._down
                trembles = last == key and self.now - at < 750
                self._down = (key, self.now)
            if key != "red":
                if down:
                    self._key(key, red)
                    combined = combined or red
                elif key == self.function[0]:
                    self.function = (key, max(self.function[1], self.now + 300))
            elif down:
                red, combined = True, self._red_down(trembles)
            else:
                red = False
                self._lapse = self.now + LAPSE
                if not combined:
                    self.released_at = self.now
                    self._due = self.now + 20
        self._pass(after)

    def _pass(self, ms: int) -> None:
        end = self.now + ms
        while True:
            lapse = self._lapse if self.view == "function" else None
            due = min(at for at in (self._due, self._look, lapse, end + 1) if at is not None)
            if due > end:
                break
            self.now = due
            if due == self._due:
                self._red_alone()
            elif due == lapse:
                self._give_up()
            elif due >= self.ends:
                self._take()
            else:
                self._wait()
        self.now = end

    def _red_alone(self) -> None:
        self._due = self._look = None
        self.before = (self.view, self.below, self.taken_at, self.ends)
        if self.view == "function":
            self._show(self.below)
        else:
            self._act()

    def _give_up(self) -> None:
        self.released_at = self.now
        self._show(self.below)
        if self._trembled:
            self._act()

    def _act(self) -> None:
        self._look = None
        left = 30 - (EPOCH + self.now // 1000) % 30
        if self.view == "fresh" or left * 1000 >= NEEDED[self.speed]:
            self._take()
        else:
            self.ends = self.now + left * 1000 + 50
            self._show("fresh")

    def _take(self) -> None:
        self.view, self.taken_at, self._look = "code", self.now, None

    def _show(self, view: str) -> None:
        self.view = view
        if view == "fresh":
            self._wait()

    def _wait(self) -> None:
        """It is looked at each whole second, as the token ticks then, and soon after the end."""
        left = max(0, self.ends - self.now)
        self._look = self.now + max(100, (left - 50) % 1000 if left > 50 else left)

    def _red_down(self, trembles: bool) -> bool:
        """Return whether it is the second of two."""
        second = self.released_at is not None and self.now - self.released_at <= 1000
        before, self.before, self.released_at = self.before, None, None
        self._due = None
        self._lapse = self.now + 2 * LAPSE  # while it is down
        if not second:
            return False
        if before is not None:
            self.view, self.below, self.taken_at, self.ends = before
        if self.view != "function":
            self.view, self.below = "function", self.view
        self._trembled = trembles
        return True

    def _key(self, key: str, with_red: bool) -> None:
        self.released_at = self.before = self._due = None
        same, until = self.function
        stays = "fresh" in (self.view, self.below if self.view == "function" else "")
        if with_red or self.view == "function" or (key == same and self.now < until):
            self.function = (key, self.now + 750)
            self._show("code" if key == "0" else "fresh" if stays else "elsewhere")
        else:
            self.function = ("", 0)
            self._show(self.view)


def follow_timed_code(runtime: Runtime, screen: str, gestures: list[Gesture]) -> None:
    """Play gestures at a code, and compare with the model which one is the last."""
    facts = runtime.call(DRIVER, "reach", screen)
    model = TimedCode(facts["now"])
    first = facts["last"]
    begun = facts["now"]
    for gesture in gestures:
        made = events(gesture)
        model.speed = facts["speed"]
        runtime.call(DRIVER, "do", made)
        facts = runtime.call(DRIVER, "settle", 30)
        model.follow(made, 30)
        assert facts["now"] == model.now
        taken = model.taken_at
        expected = first if taken == begun else TOTP.at(EPOCH + taken // 1000)
        assert facts["last"] == expected, (screen, gestures)
        kinds = {"code": "code", "function": "function", "fresh": "fresh_period"}
        assert facts["screen"] == kinds.get(model.view, facts["screen"]), (screen, gestures)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(GESTURES | REDS, max_size=12))
def test_a_payment_is_signed_only_as_the_model_allows(gestures: list[Gesture]):
    follow_payment(RUNTIME, gestures)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(("code", "expired code")), st.lists(REPEATS | REDS, max_size=15))
def test_the_last_code_is_the_models(screen: str, gestures: list[Gesture]):
    follow_timed_code(RUNTIME, screen, gestures)


def test_the_models_hold_on_micropython_too(vm: MicroPython):
    """So many walks by a fixed seed, since the VM takes 20 times as long."""
    dice = Random(9)

    def walk(ways: tuple[str, ...], keys: str) -> list[Gesture]:
        return [
            (dice.choice(ways), dice.choice(keys), dice.choice(WAITS))
            if dice.random() < 0.6
            else (dice.choice(("tap", "hold")), "red", dice.choice(WAITS))
            for _ in range(10)
        ]

    for _ in range(60):
        follow_payment(vm, walk(("alone", "chord", "double"), KEYS))
        screen = dice.choice(("code", "expired code"))
        follow_timed_code(vm, screen, walk(("chord", "double"), "013"))


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
        assert {**after, "title": 0, "now": 0} == {**before, "title": 0, "now": 0}


def test_an_approval_is_taken_back_by_what_reads_back_and_left_by_all_other_keys():
    for key in ("red", *KEYS):
        RUNTIME.call(DRIVER, "reach", "approved")
        RUNTIME.call(DRIVER, "do", press(key, 330))
        facts = RUNTIME.call(DRIVER, "settle", 20_000)
        assert facts["signed"] == int(key not in ("red", "0", "*")), key


@pytest.mark.parametrize("pause", [50, 330, 900])
def test_three_reds_and_a_hash_sign_nothing(pause: int):
    """A function is asked for with two reds; a hand that trembles presses three."""
    RUNTIME.call(DRIVER, "reach", "read-back")
    RUNTIME.call(DRIVER, "settle", 6000)
    reds = [event for _ in range(3) for event in press("red", pause)]
    facts = RUNTIME.call(DRIVER, "do", [*reds, *press("#", pause)])
    assert facts["screen"] == "confirmation"
    assert RUNTIME.call(DRIVER, "settle", 6000)["signed"] == 0
    RUNTIME.call(DRIVER, "do", press("#", 6000))
    assert RUNTIME.call(DRIVER, "settle", 6000)["signed"] == 1


@pytest.mark.clause("challenge: answered", "pin: tries", "5.9")
@pytest.mark.parametrize("late", [0, 100, 900])
@pytest.mark.parametrize("apart", [140, 900])
def test_a_key_meant_for_a_function_that_was_given_up_does_nothing_new(apart: int, late: int):
    """A hand that trembles asks for it within 750 ms from touch to touch."""
    screens = ("read-back heard", "whole PIN", "part of a payee", "counting code")
    for screen in screens:
        before = RUNTIME.call(DRIVER, "reach", screen)
        RUNTIME.call(DRIVER, "settle", 6000)
        RUNTIME.call(DRIVER, "do", [*press("red", 0), *press("red", apart)])
        RUNTIME.call(DRIVER, "settle", LAPSE + late)
        key = "red" if screen == "counting code" else "#"
        RUNTIME.call(DRIVER, "do", press(key, 0))
        after = RUNTIME.call(DRIVER, "settle", 3000)
        for fact in ("counters", "tries", "signed", "typed", "last"):
            assert after[fact] == before[fact], (screen, fact)
        if key == "#":  # heard to its end, it counts
            assert after["screen"] == before["screen"]
            RUNTIME.call(DRIVER, "settle", 6000)
            RUNTIME.call(DRIVER, "do", press("#", 0))
            after = RUNTIME.call(DRIVER, "settle", 6000)
            assert (after["signed"], after["tries"], after["typed"]) != tuple(
                before[fact] for fact in ("signed", "tries", "typed")
            ), screen


@settings(max_examples=300)
@given(
    st.sampled_from((0, 3, 8)),
    st.lists(st.tuples(st.sampled_from(("red", *"05#")), st.integers(1, 1500)), max_size=30),
)
def test_the_red_key_is_down_where_its_state_says_so(delay: int, changes: list[tuple[str, int]]):
    RUNTIME.call(DRIVER, "reach", "off")
    vm_keys.token.app.interaction.preferences.values["key_delay"] = delay
    down: set[str] = set()
    for key, wait in changes:
        down ^= {key}
        RUNTIME.call(DRIVER, "do", [(wait, key, key in down)])
        state = vm_keys.token.app.interaction._red_state
        assert ("release" in RED_KEY[state]) <= ("red" in down), (changes, state)


def test_every_state_of_the_red_key_is_reached():
    reached, found = {"any"}, {"idle"}
    while found:
        reached |= found
        found = {after for state in reached for after in RED_KEY[state].values()} - reached
    assert reached == set(RED_KEY)

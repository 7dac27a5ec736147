"""The grammar of the keys: every function on every screen, as its users' hands do it. Nothing is
signed, counted, submitted or lost that was not asked for."""

import base64
from collections.abc import Iterator
from itertools import islice

import pyotp
import pytest

from firmware.products.kodeoplaeser import PRODUCT
from firmware.ui.speaking.keymap import FUNCTIONS, TOLD
from tests.support.runtime import CPython, MicroPython, Runtime

DRIVER = "tests.firmware.ui.speaking.vm_keys"
HELD = (20, 60, 150, 200, 400, 1000)  # ms that red is down before the other key
APART = range(100, 901, 100)  # ms from press to press
TREMOR = 330  # ms
SCREENS = CPython().call(DRIVER, "screens")
NEXT = {"volume": ("volume", 9), "speed": ("speed", 5)}
WAITING = {"entry", "confirmation"}
TOTP = pyotp.TOTP(base64.b32encode(bytes(20)).decode())
EPOCH = 1_790_000_010  # of the driver's clock
Event = tuple[int, str, bool]


@pytest.fixture(scope="module", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """Nothing is drawn here, so CPython can do it too."""
    return CPython() if request.param is CPython else request.getfixturevalue("vm")


def press(wait: int, key: str, bounce: bool = False) -> list[Event]:
    """A key goes down, on a contact that bounces for 5 ms or not."""
    down = [(wait, key, True)]
    return [*down, (2, key, False), (3, key, True)] if bounce else down


def release(wait: int, key: str, bounce: bool = False) -> list[Event]:
    up = [(wait, key, False)]
    return [*up, (2, key, True), (3, key, False)] if bounce else up


def tap(wait: int, key: str, ms: int = 60, bounce: bool = False) -> list[Event]:
    return press(wait, key, bounce) + release(ms, key, bounce)


def together(key: str, held: int, red_first: bool, bounce: bool) -> list[Event]:
    """Red and a key together; red goes up before the key or after it."""
    begun = press(0, "red", bounce) + press(held, key, bounce)
    ends = ["red", key] if red_first else [key, "red"]
    return begun + release(80, ends[0], bounce) + release(30, ends[1], bounce)


def in_turn(key: str, apart: int, bounce: bool) -> list[Event]:
    """Red, red and a key, with one finger."""
    length = 50
    wait = apart - length - (10 if bounce else 0)
    return (
        tap(0, "red", length, bounce)
        + tap(max(wait, 25), "red", length, bounce)
        + tap(max(wait, 25), key, length, bounce)
    )


def trembling_together(key: str, held: int) -> list[Event]:
    """The key is struck twice while red is down."""
    return [
        *press(0, "red"),
        *tap(held, key),
        *tap(TREMOR - 60, key),
        *release(40, "red"),
    ]


def let_go_slowly(key: str) -> list[Event]:
    """Red goes up, and the key long after it; then the finger touches it once more."""
    return [
        *press(0, "red"),
        *press(200, key),
        *release(150, "red"),
        *release(1000, key),
        *tap(100, key),
    ]


def trembling_in_turn(key: str) -> list[Event]:
    """Red is struck twice, which makes one press of two, and so is the key."""
    twice = TREMOR - 60
    return [*tap(0, "red"), *tap(twice, "red"), *tap(400, key), *tap(twice, key)]


def once(key: str) -> list[list[Event]]:
    ways = [
        together(key, held, red_first, bounce)
        for held in HELD
        for red_first in (False, True)
        for bounce in (False, True)
    ]
    return ways + [in_turn(key, apart, bounce) for apart in APART for bounce in (False, True)]


def trembling(key: str) -> list[list[Event]]:
    together = [trembling_together(key, held) for held in HELD]
    return [*together, let_go_slowly(key), trembling_in_turn(key)]


def tried(runtime: Runtime, key: str, gestures: list) -> Iterator[tuple[int, list[Event]]]:
    """Those that a runtime tries, numbered: the VM, which takes 20 times as long, every eighth."""
    first, step = (0, 1) if isinstance(runtime, CPython) else (sorted(FUNCTIONS).index(key) % 7, 8)
    return islice(enumerate(gestures), first, None, step)


def settings(before: dict, key: str, times: int) -> dict:
    """The settings after a function was done so often."""
    after = {name: before[name] for name in ("volume", "speed", "language")}
    name, by, _ = FUNCTIONS[key]
    for _ in range(times):
        if name in ("volume", "speed"):
            least, most = PRODUCT["ranges"][name]
            after[name] = min(most, max(least, after[name] + by))
        elif name == "language":
            languages = PRODUCT["languages"]
            after[name] = languages[(languages.index(after[name]) + by) % len(languages)]
    return after


def counted(screen: str, key: str, before: dict) -> list[int]:
    """The counters in the end: the next account's code is the only function that counts."""
    counters = list(before["counters"])
    counting = screen.startswith(("off, ", "count", "practice", "partly", *NEXT)) or screen in (
        "own_pace",
        "key delay",
        "language",
        "serial",
        "status",
        "theme",
        "no function",
    )
    several = len(counters) > 1
    if FUNCTIONS[key][0] == "next_account" and several and counting and before["tries"] is None:
        counters[1] += 1
    return counters


def unasked(screen: str, key: str, told: tuple, times: int) -> list[str]:
    """What happened that was not asked for."""
    before, then, later = told
    name = FUNCTIONS[key][0]
    found = []
    for facts, counters in ((then, before["counters"]), (later, counted(screen, key, before))):
        if facts["counters"] != counters:
            found.append(f"counted {facts['counters']}")
        if facts["signed"] != before["signed"]:
            found.append("signed")
        if facts["tries"] != before["tries"]:
            found.append("submitted")
        expected = settings(before, key, times)
        if {each: facts[each] for each in expected} != expected:
            found.append(f"settings {facts}")
        nothing_typed = before["screen"] not in WAITING or before["typed"] == ""
        if name in ("practice", "next_account") and nothing_typed:
            continue
        left = name == "status" and before["typed"] == "" and before["tries"] == 0
        if before["screen"] in WAITING and not left:
            if (facts["screen"], facts["typed"]) != (before["screen"], before["typed"]):
                found.append(f"lost {facts}")
        elif before["last"] not in (None, facts["last"]) and not fresh(name, before, facts):
            found.append(f"another code {facts}")
    return found


def fresh(name: str, before: dict, facts: dict) -> bool:
    """Return whether the last code is the fresh one of this moment, where it was waited for, or own
    pace asked for it."""
    asked = before["screen"] == "fresh_period" or name == "own_pace"
    return asked and bool(facts["last"] == TOTP.at(EPOCH + facts["now"] // 1000))


def expected_screen(before: dict, key: str) -> str | None:
    """The kind of screen that a function leads to, where that does not depend on more."""
    name = FUNCTIONS[key][0]
    stays = (
        before["screen"] in (*WAITING, "unheard", "own_pace", "fresh_period", "fresh_response")
        or before["checks"]
        or (before["screen"] is None and before["tries"] is not None)
    )
    if stays or name not in TOLD:
        return None
    return "" if name == "serial" else name


@pytest.mark.clause("5.9", "keys: functions", "keys: one at a time")
@pytest.mark.parametrize("screen", SCREENS)
def test_every_function_on_every_screen_does_that_and_nothing_else(runtime: Runtime, screen: str):
    surprises = []
    for key in FUNCTIONS:
        gestures = once(key)
        for number, gesture in tried(runtime, key, gestures):
            (told,) = runtime.call(DRIVER, "tried", screen, [gesture])
            found = unasked(screen, key, told, 1)
            kind = expected_screen(told[0], key)
            if kind is not None and told[1]["screen"] != kind:
                found.append(f"not done: {told[1]}")
            if found:
                surprises.append((key, gestures[number], found))
    assert not surprises, (len(surprises), surprises[:3])


@pytest.mark.clause("5.8", "5.9", "4.2.7")
@pytest.mark.parametrize("screen", SCREENS)
def test_a_trembling_hand_asks_for_nothing_else(runtime: Runtime, screen: str):
    surprises = []
    for key in FUNCTIONS:
        gestures = trembling(key)
        for number, gesture in tried(runtime, key, gestures):
            (told,) = runtime.call(DRIVER, "tried", screen, [gesture])
            before, _, later = told
            times = 2 if FUNCTIONS[key][0] in ("volume", "speed", "language") else 1
            found = unasked(screen, key, told, times)
            if FUNCTIONS[key][0] == "next_account":
                found = [each for each in found if not each.startswith("counted")]
                if sum(later["counters"]) > sum(before["counters"]) + 1:
                    found.append(f"counted {later['counters']}")
            if found:
                surprises.append((key, gestures[number], found))
    assert not surprises, (len(surprises), surprises[:3])


@pytest.mark.parametrize("screen", [name for name in SCREENS if "wait" in name or "fresh" in name])
def test_the_screens_that_wait_are_reached(screen: str):
    reached = CPython().call(DRIVER, "reach", screen)
    assert reached["screen"] in ("fresh_period", "fresh_response")
    assert reached["signed"] == 0


def test_the_number_of_cases():
    """So many are tried on CPython."""
    ways = sum(len(once(key)) + len(trembling(key)) for key in FUNCTIONS)
    assert len(SCREENS) * ways == 22800

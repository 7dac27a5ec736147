"""A hand that trembles is offered a key delay, once, where nothing is lost by it."""

from itertools import pairwise

import pytest

from tests.firmware.ui.speaking.steps import play, said
from tests.support.runtime import CPython, MicroPython, Runtime

DRIVER = "tests.firmware.ui.speaking.vm_keys"
TREMOR = 330  # ms from one press of a trembling hand to the other
CALM = 12_000  # ms without a key, after which the delay is offered
Event = tuple[int, str, bool]


@pytest.fixture(scope="module", params=[CPython, MicroPython], ids=["cpython", "micropython"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return CPython() if request.param is CPython else request.getfixturevalue("vm")


def press(wait: int, key: str) -> list[Event]:
    return [(wait, key, True), (60, key, False)]


def twice(key: str, wait: int = 1000, apart: int = TREMOR) -> list[Event]:
    """One press of a trembling hand, some time after the last."""
    return press(wait, key) + press(apart - 60, key)


def do(runtime: Runtime, *gestures: list[Event]) -> dict:
    return runtime.call(DRIVER, "do", [event for gesture in gestures for event in gesture])


def offered(runtime: Runtime, screen: str, *gestures: list[Event]) -> bool:
    """Whether the delay is offered before the token turns off."""
    runtime.call(DRIVER, "reach", screen)
    do(runtime, *gestures)
    kinds = [runtime.call(DRIVER, "settle", 1000)["screen"] for _ in range(58)]
    return "offer" in kinds


@pytest.mark.parametrize(
    ("screen", "gestures"),
    [
        ("off", [twice("red"), twice("#", 1500)]),
        ("off, counting", [twice("red"), twice("#", 1500)]),
        ("code", [twice("#"), twice("#")]),
        ("counting code", [twice("#"), twice("#")]),
        ("status", [twice("9"), twice("5")]),
        ("volume", [twice("0"), twice("#")]),
        ("code", [press(1000, "red") + press(200, "red") + press(200, "red"), twice("#", 1500)]),
    ],
)
def test_the_delay_is_offered_after_two_trembling_presses_and_a_pause(
    runtime: Runtime, screen: str, gestures: list[list[Event]]
):
    assert not offered(runtime, screen, gestures[0]), "one is not enough"
    runtime.call(DRIVER, "reach", screen)
    if screen in ("status", "volume"):
        gestures = [*gestures, press(1000, "red")]  # a screen that has no meaning for the key goes
    before = do(runtime, *gestures)
    assert before["key_delay"] == 0
    assert runtime.call(DRIVER, "settle", CALM - 200)["screen"] != "offer"
    assert runtime.call(DRIVER, "settle", 1100)["screen"] == "offer"


def test_red_struck_twice_on_a_token_that_is_on_is_a_trembling_press(runtime: Runtime):
    for screen in ("code", "counting code", "volume"):
        assert not offered(runtime, screen, twice("red")), "one is not enough"
        assert offered(runtime, screen, twice("red"), twice("red", 11_100))
        assert offered(runtime, screen, twice("red"), twice("red")), "also without the pause"


@pytest.mark.clause("4.2.7", "5.8")
@pytest.mark.parametrize(
    ("screen", "after"),
    [
        ("counting code", "code"),
        ("part of a PIN", "entry"),
        ("read-back heard", "confirmation"),
        ("volume", "code"),
    ],
)
def test_red_struck_twice_gives_soon_what_red_gives_and_uses_nothing_up(
    runtime: Runtime, screen: str, after: str
):
    before = runtime.call(DRIVER, "reach", screen)
    assert do(runtime, twice("red"))["screen"] == "function"
    assert runtime.call(DRIVER, "settle", 9_000)["screen"] == "function", "there is time for a key"
    facts = runtime.call(DRIVER, "settle", 1_100)
    assert facts["screen"] == after
    for fact in ("counters", "last", "typed", "tries", "signed"):
        assert facts[fact] == before[fact]


@pytest.mark.parametrize(("apart", "fresh"), [(330, True), (700, True), (760, False), (950, False)])
def test_only_a_hand_that_trembles_gets_another_code(runtime: Runtime, apart: int, fresh: bool):
    """Whoever asked for a function calmly, and then for none, is back at the code."""
    before = runtime.call(DRIVER, "reach", "code")
    do(runtime, twice("red", 1000, apart))
    facts = runtime.call(DRIVER, "settle", 45_000)
    assert facts["screen"] == "code"
    assert (facts["last"] != before["last"]) == fresh


# The delay, in tenths of a second, that a hand needs whose touches are so many ms apart.
@pytest.mark.parametrize(
    ("apart", "delay"),
    [(200, 3), (290, 3), (300, 5), (330, 5), (400, 5), (490, 5), (500, 8), (600, 8), (700, 8)],
)
@pytest.mark.parametrize("screen", ["counting code", "off, counting"])
def test_the_delay_that_is_offered_cures_the_hand(
    runtime: Runtime, screen: str, apart: int, delay: int
):
    runtime.call(DRIVER, "reach", screen)
    first = "#" if screen == "counting code" else "red"
    do(runtime, twice(first, 1000, apart), twice("#", 2500, apart))
    facts = runtime.call(DRIVER, "settle", CALM + 1000)
    assert (facts["screen"], facts["key_delay"]) == ("offer", 0)
    facts = do(runtime, twice("*", 1000, apart))
    assert (facts["screen"], facts["key_delay"]) == ("key_delay", delay)
    louder = [(2000, "red", True), *twice("3", 200, apart), (40, "red", False)]
    facts = do(runtime, louder)
    assert (facts["screen"], facts["volume"]) == ("volume", 7), "one of the two counts"
    facts = do(runtime, twice("3", 2000, apart))
    assert facts["volume"] == 8


def test_the_longer_of_two_trembling_presses_counts(runtime: Runtime):
    runtime.call(DRIVER, "reach", "counting code")
    do(runtime, twice("#", apart=450), twice("#", apart=250))
    assert runtime.call(DRIVER, "settle", CALM + 100)["screen"] == "offer"
    assert do(runtime, press(1000, "*"))["key_delay"] == 5
    do(runtime, press(1000, "1"), press(1000, "1"))
    assert runtime.call(DRIVER, "settle", 122_000)["screen"] is None
    do(runtime, press(0, "red"), twice("#", 2500, 250), twice("#", 1000, 250))
    assert runtime.call(DRIVER, "settle", CALM + 100)["screen"] == "offer"
    assert do(runtime, press(1000, "*"))["key_delay"] == 3, "after it was off it begins anew"


@pytest.mark.parametrize("apart", [750, 900])
def test_presses_further_apart_are_no_trembling(runtime: Runtime, apart: int):
    presses = [press(apart - 60, "#") for _ in range(6)]
    assert not offered(runtime, "code", *presses)


@pytest.mark.parametrize(
    ("screen", "keys"),
    [
        ("code", "112233"),
        ("part of a payee", "112233***"),
        ("counting code", "001122334455"),
        ("own_pace", "6644556"),
        ("volume", "333111"),
        ("speed", "666444"),
        ("language", "999777"),
        ("theme", "1111"),
        ("key delay", "111"),
    ],
)
def test_what_is_done_twice_on_purpose_is_no_trembling(runtime: Runtime, screen: str, keys: str):
    assert not offered(runtime, screen, *[press(200, key) for key in keys])


@pytest.mark.parametrize("key", "0123456789*#")
def test_functions_with_one_finger_are_no_trembling(runtime: Runtime, key: str):
    gesture = press(1500, "red") + press(200, "red") + press(200, key)
    assert not offered(runtime, "code", gesture, gesture)
    assert not offered(runtime, "off", gesture, gesture), "also when red woke the token with two"


def test_a_bounce_is_no_trembling(runtime: Runtime):
    bounce = [(1000, "#", True), (60, "#", False), (5, "#", True), (60, "#", False)]
    assert not offered(runtime, "code", bounce, bounce, bounce)


@pytest.mark.parametrize(
    ("screen", "key"),
    [
        *(("PIN", "*"), ("part of a PIN", "*"), ("PIN again", "*"), ("PIN", "#")),
        *(("part of an amount", "*"), ("part of a payee", "*"), ("part of a payee", "#")),
        *(("read-back", "#"), ("read-back heard", "*"), ("response", "#"), ("response", "*")),
        *(("own_pace", "#"), ("own pace, timed", "#"), ("fresh period of own pace", "#")),
    ],
)
def test_no_pin_payment_or_own_pace_is_interrupted(runtime: Runtime, screen: str, key: str):
    assert not offered(runtime, screen, twice(key), twice(key), twice(key))


def test_what_could_not_be_interrupted_is_followed_by_the_offer(runtime: Runtime):
    runtime.call(DRIVER, "reach", "own_pace")
    do(runtime, twice("#"), twice("#"))
    assert runtime.call(DRIVER, "settle", 20_000)["screen"] == "own_pace"
    do(runtime, press(1000, "red"))
    assert runtime.call(DRIVER, "settle", CALM + 1500)["screen"] == "offer"


def reach_offer(runtime: Runtime, screen: str = "counting code") -> dict:
    before = runtime.call(DRIVER, "reach", screen)
    do(runtime, twice("#"), twice("#"))
    assert runtime.call(DRIVER, "settle", CALM + 100)["screen"] == "offer"
    return before


def test_it_is_offered_once_until_the_token_goes_off(runtime: Runtime):
    reach_offer(runtime)
    do(runtime, press(1000, "*"))
    do(runtime, press(1000, "1"), press(1000, "1"))
    facts = do(runtime, press(1500, "red"), twice("#", 2000), twice("#"))
    assert facts["key_delay"] == 0
    assert runtime.call(DRIVER, "settle", 30_000)["screen"] == "code"
    assert runtime.call(DRIVER, "settle", 62_000)["screen"] is None
    do(runtime, press(0, "red"), twice("#", 1500), twice("#"))
    assert runtime.call(DRIVER, "settle", CALM + 100)["screen"] == "offer"


def test_nothing_is_offered_where_there_is_a_delay(runtime: Runtime):
    runtime.call(DRIVER, "reach", "key delay")
    assert do(runtime, press(1000, "3"))["key_delay"] == 3
    slow = [press(1000, "#") + press(400 - 60, "#") for _ in range(4)]
    do(runtime, press(1000, "red"), *slow)
    kinds = [runtime.call(DRIVER, "settle", 1000)["screen"] for _ in range(58)]
    assert kinds[-1] is not None
    assert "offer" not in kinds


def test_star_takes_the_offer_and_red_leaves_it(runtime: Runtime):
    reach_offer(runtime)
    facts = do(runtime, press(1000, "*"))
    assert (facts["screen"], facts["key_delay"]) == ("key_delay", 5)
    before = reach_offer(runtime)
    do(runtime, press(1000, "red"))
    facts = runtime.call(DRIVER, "settle", 1500)
    assert (facts["screen"], facts["last"]) == ("code", before["last"])
    assert (facts["key_delay"], facts["counters"]) == (0, before["counters"])
    reach_offer(runtime)
    assert do(runtime, press(1000, "#"))["screen"] == "offer", "it can be heard again"


def test_a_second_touch_of_the_star_leaves_the_delay_on_the_screen(runtime: Runtime):
    reach_offer(runtime)
    facts = do(runtime, twice("*"))
    assert (facts["screen"], facts["key_delay"]) == ("key_delay", 5)
    facts = do(runtime, twice("3"))
    assert (facts["screen"], facts["key_delay"]) == ("key_delay", 8)


@pytest.mark.parametrize("screen", ["counting code", "practice"])
def test_other_keys_act_on_the_screen_below(runtime: Runtime, screen: str):
    number = reach_offer(runtime, screen)["last"]
    assert number is not None
    for digit in number:
        facts = do(runtime, press(1000, digit))
        assert facts["screen"] == "code"
    assert facts["title"] == ["right"], "what is typed is checked, its first digit too"
    for gesture in (
        [(700, "red", True), *press(200, "3"), (60, "red", False)],
        press(1000, "red") + press(200, "red") + press(200, "3"),
    ):
        before = reach_offer(runtime, screen)
        facts = do(runtime, gesture)
        assert (facts["screen"], facts["volume"]) == ("volume", 7)
        assert facts["counters"] == before["counters"]


def test_the_offer_waits_as_long_as_the_code_may_be_typed(runtime: Runtime):
    runtime.call(DRIVER, "reach", "counting code")
    red5 = press(1000, "red") + press(200, "red") + press(200, "5")
    do(runtime, red5, press(1000, "4"), *[press(1000, "3")] * 4)  # 40 s
    do(runtime, press(1500, "red"), twice("#", 2500), twice("#"))
    assert runtime.call(DRIVER, "settle", 39_900)["screen"] == "code"
    assert runtime.call(DRIVER, "settle", 200)["screen"] == "offer"


def test_the_offer_is_said_and_shown_when_the_voice_has_long_been_silent(vm: MicroPython):
    steps = ["red", "until quiet", "wait 2000", *["#", "wait 250"] * 2, "wait 1000"]
    told = play(
        vm, *steps, *["#", "wait 250"] * 2, "until quiet", "wait 13000", "until quiet", kind="hotp"
    )
    assert said(told[-2:]) == ["key_delay", "0", "star", "up"]
    assert told[-1][1] == "Tastepause 0 Stjerne. op."
    times = [at for at, _, _ in vm.call("tests.firmware.ui.speaking.vm_interaction", "times")]
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps[-12:]) >= CALM
    assert said(told).count("key_delay") == 1

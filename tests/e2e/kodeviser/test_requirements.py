"""The kodeviser's requirements, one test each, on the display's pixels."""

import base64
from itertools import pairwise

import pyotp
import pytest

from emulator.session import Emulator
from host_tools.errors import TokenError
from host_tools.image.image import build_image
from host_tools.link.session import open_session
from tests.support.emulated.damage import flip_a_bit_of_each_slot
from tests.support.emulated.token import KEY, SECRET, START, TokenUnderTest, digits, hotp, totp

CODES = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
COUNTED = pyotp.HOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")


@pytest.fixture
def provisioned(kodeviser: TokenUnderTest) -> TokenUnderTest:
    """A token with one account, unplugged and off, two seconds into a period."""
    kodeviser.provision(totp())
    kodeviser.emulator.unplug()
    kodeviser.emulator.advance(1)
    kodeviser.emulator.set_time(START + 3602)
    return kodeviser


def lit(screen, left: int, top: int, right: int, bottom: int) -> int:
    """Count lit pixels in a rectangle, its right and bottom edges excluded."""
    return sum(screen.pixel(x, y) for x in range(left, right) for y in range(top, bottom))


def test_one_press_shows_a_six_digit_code_grouped_3_3(provisioned):
    provisioned.emulator.press()
    code = CODES.at(START + 3602)
    assert f"{code[:3]} {code[3:]}" in provisioned.emulator.screen_text()


def test_code_comes_as_the_button_goes_down(provisioned):
    provisioned.emulator.press_down()
    provisioned.emulator.advance(0.3)
    assert digits(provisioned.emulator.screen_text()) == CODES.at(START + 3602)


def test_the_token_turns_off_after_30_s_and_cuts_its_power(provisioned):
    emulator = provisioned.emulator
    emulator.press()
    emulator.advance(29)
    assert emulator.display_on
    emulator.advance(3)
    assert not emulator.display_on
    assert not emulator.powered


def test_press_turns_off(provisioned):
    emulator = provisioned.emulator
    emulator.press()
    emulator.advance(3)
    emulator.press()
    emulator.advance(1)
    assert not emulator.display_on
    assert not emulator.powered


def test_on_usb_off_means_a_dark_display(provisioned):
    emulator = provisioned.emulator
    emulator.plug()
    emulator.advance(1)
    assert emulator.powered
    assert not emulator.display_on
    emulator.press()
    assert emulator.display_on
    emulator.advance(32)
    assert emulator.powered
    assert not emulator.display_on


def test_code_is_pinned_and_an_ended_period_is_marked(provisioned):
    emulator = provisioned.emulator
    emulator.set_time(START + 3625)
    emulator.press()
    pinned = CODES.at(START + 3625)
    emulator.advance(10)
    text = emulator.screen_text()
    assert digits(text) == pinned
    assert "Udløbet" in " ".join(text)
    emulator.press()
    assert digits(emulator.screen_text()) == CODES.at(START + 3635) != pinned


def test_bar_shows_the_time_left(provisioned):
    emulator = provisioned.emulator
    emulator.set_time(START + 3600)
    emulator.press()
    areas = []
    for _ in range(9):
        areas.append(lit(emulator.screen(), 0, 58, 128, 62))
        emulator.advance(3)
    assert areas == sorted(areas, reverse=True)
    # Apart from the 2 rows of the frame's sides, the filled part shrinks by a tenth of the bar at
    # each reading.
    steps = [before - after for before, after in pairwise(areas)]
    assert max(steps) - min(steps) <= 10
    assert min(steps) > 30


def test_hold_of_six_seconds_opens_the_information_pages(provisioned):
    emulator = provisioned.emulator
    emulator.press_down()
    emulator.advance(5.5)
    assert digits(emulator.screen_text())
    emulator.advance(1)
    pages = [emulator.screen_text()]
    emulator.release()
    assert emulator.screen_text() == pages[0], "letting go does nothing"
    while emulator.display_on:
        emulator.press()
        emulator.advance(0.3)
        pages.append(emulator.screen_text())
        assert len(pages) < 9
    titles = [page[0] for page in pages if page]
    assert titles == ["Serienummer", "Ur", "Batteri", "Version"]


def test_information_pages_open_from_a_shown_code_too(provisioned):
    emulator = provisioned.emulator
    emulator.press()
    emulator.advance(2)
    emulator.hold(6.5)
    assert emulator.screen_text()[0] == "Serienummer"


def test_several_accounts_are_stepped_through_by_presses(kodeviser):
    secrets = {"Bank": b"A" * 20, "Sundhed": b"B" * 20, "Arbejde": b"C" * 20}
    kodeviser.provision(*(totp(name, secret) for name, secret in secrets.items()))
    for name, secret in secrets.items():
        kodeviser.emulator.press()
        text = kodeviser.emulator.screen_text()
        assert text[0] == name
        assert digits(text) == pyotp.TOTP(base64.b32encode(secret).decode()).at(
            int(kodeviser.emulator.now)
        )
    kodeviser.emulator.press()
    assert not kodeviser.emulator.display_on


def test_eight_accounts_fit_and_a_ninth_is_refused(kodeviser):
    session = kodeviser.provision(*(totp(f"Konto {number}") for number in range(1, 9)))
    with pytest.raises(TokenError, match="8 accounts"):
        session.put_credential(totp("Konto 9"))
    assert len(session.accounts()) == 8


def test_hotp_counts_on_with_every_press(kodeviser):
    kodeviser.provision(hotp(counter=7))
    for counter in (7, 8, 9):
        assert kodeviser.code() == COUNTED.at(counter)


def test_hotp_needs_no_clock(kodeviser):
    kodeviser.provision(hotp())
    kodeviser.emulator.remove_rtc_supply()
    assert kodeviser.code() == COUNTED.at(0)


def test_flip_setting_turns_the_picture_for_the_left_hand(provisioned):
    provisioned.connect().write_settings({"flip": True})
    provisioned.emulator.press()
    lines = provisioned.emulator.screen_text(rotated=True)
    assert digits(lines) == CODES.at(int(provisioned.emulator.now))
    provisioned.emulator.press()
    provisioned.emulator.unplug()
    provisioned.emulator.advance(1)
    provisioned.emulator.press()
    assert digits(provisioned.emulator.screen_text(rotated=True)), "kept over power-off"


def test_low_battery_is_a_mark_beside_the_code(provisioned):
    emulator = provisioned.emulator
    emulator.battery_mv = 3900
    emulator.press()
    good = emulator.screen()
    emulator.advance(31)
    emulator.battery_mv = 3400
    emulator.set_time(START + 3602)
    emulator.press()
    low = emulator.screen()
    assert digits(emulator.screen_text()) == CODES.at(START + 3602)
    assert lit(good, 110, 0, 128, 12) == 0
    assert lit(low, 110, 0, 128, 12) > 20


@pytest.mark.parametrize(
    ("language", "title"), [("da", "Ikke sat op"), ("en", "Not set up")], ids=["Danish", "English"]
)
def test_a_token_without_an_account_says_what_to_do(kodeviser, language, title):
    kodeviser.claim().write_settings({"language": language})
    kodeviser.emulator.press()
    text = kodeviser.emulator.screen_text()
    assert text[0] == title
    assert len(text) >= 2


@pytest.mark.parametrize(
    ("language", "title"), [("da", "Spærret"), ("en", "Blocked")], ids=["Danish", "English"]
)
def test_a_blocked_token_gives_no_code_until_it_is_unblocked(provisioned, language, title):
    session = provisioned.connect()
    session.write_settings({"language": language})
    session.block()
    provisioned.emulator.press()
    assert provisioned.emulator.screen_text()[0] == title
    provisioned.emulator.press()
    session.unblock()
    assert provisioned.code() in {
        CODES.at(int(provisioned.emulator.now) - age) for age in range(30, 35)
    }


@pytest.mark.parametrize(
    ("language", "title"),
    [("da", "Uret er gået i stå"), ("en", "Clock has stopped")],
    ids=["Danish", "English"],
)
def test_a_lost_clock_is_shown_and_no_code_is_given_until_it_is_set(provisioned, language, title):
    provisioned.connect().write_settings({"language": language})
    provisioned.emulator.unplug()
    provisioned.emulator.remove_rtc_supply()
    provisioned.emulator.press()
    assert provisioned.emulator.screen_text()[0] == title
    provisioned.emulator.advance(31)
    provisioned.set_clock(provisioned.connect())
    provisioned.emulator.press()
    assert digits(provisioned.emulator.screen_text()) == CODES.at(int(provisioned.emulator.now))


def test_a_clock_that_stands_before_its_last_setting_counts_as_lost(provisioned):
    provisioned.emulator.set_rtc(START - 86400)
    provisioned.emulator.press()
    assert provisioned.emulator.screen_text()[0] == "Uret er gået i stå"


@pytest.mark.parametrize(
    ("first", "registers"),
    [
        (2, bytes((0x72,))),
        (3, bytes((0x01,))),
        (5, bytes((0x91,))),
        (0x0E, bytes((0x1D,))),
        (0x0F, bytes((0x08,))),
    ],
    ids=["12-hour mode", "weekday", "century", "alarm", "32 kHz output"],
)
def test_a_clock_that_other_software_has_set_gives_no_code(provisioned, first, registers):
    provisioned.emulator.board.parts["clock"].write(bytes((first,)) + registers)
    provisioned.emulator.press()
    assert provisioned.emulator.screen_text()[0] == "Uret er gået i stå"
    provisioned.emulator.advance(31)
    session = provisioned.connect()
    assert session.read_clock().lost
    provisioned.set_clock(session)
    provisioned.emulator.press()
    assert digits(provisioned.emulator.screen_text()) == CODES.at(int(provisioned.emulator.now))


@pytest.mark.parametrize("language", ["da", "en"])
def test_damaged_storage_is_shown_and_a_wipe_repairs_it(image, tmp_path, language):
    """Bits are flipped in both copies of the vault in flash, which the file system does not
    detect."""
    with Emulator(state=tmp_path / "token", image=image, time=START) as emulator:
        kodeviser = TokenUnderTest(emulator)
        kodeviser.provision(totp()).write_settings({"language": language})
        kodeviser.emulator.unplug()
        kodeviser.emulator.advance(1)
    flip_a_bit_of_each_slot(tmp_path / "token" / "flash.bin", "pico")
    with Emulator(state=tmp_path / "token") as emulator:
        kodeviser = TokenUnderTest(emulator)
        emulator.press()
        assert emulator.screen_text()[0] == "Hukommelsesfejl", (
            "the language setting is lost with the rest"
        )
        emulator.advance(31)
        emulator.plug()
        session = open_session(emulator.port, None, lambda number: True)
        session.wipe()
        kodeviser.provision(totp())
        emulator.press()
        assert digits(emulator.screen_text()) == CODES.at(int(emulator.now))


@pytest.mark.parametrize("board", ["pico", "pico2", "esp32_s3"])
@pytest.mark.parametrize("production", [False, True], ids=["development", "production"])
def test_every_board_and_build_is_provisioned_and_shows_the_code(board, production, tmp_path):
    built = build_image("kodeviser", board, production)
    with Emulator(board=board, state=tmp_path / "token", image=built, time=START) as emulator:
        kodeviser = TokenUnderTest(emulator)
        session = kodeviser.provision(totp())
        assert session.hello.board == board
        assert session.hello.build == ("production" if production else "development")
        assert all(sound is not False for sound in session.selftest().values())
        emulator.press()
        assert digits(emulator.screen_text()) == CODES.at(int(emulator.now))


def test_a_button_that_bounces_gives_one_press(provisioned):
    emulator = provisioned.emulator
    emulator.plug()
    emulator.advance(1)
    for _ in range(20):
        emulator.press()
        assert emulator.display_on
        emulator.press()
        assert not emulator.display_on


def test_key_and_secret_of_this_file_are_those_of_the_token_under_test(kodeviser):
    assert len(KEY) == 32
    assert CODES.byte_secret() == SECRET

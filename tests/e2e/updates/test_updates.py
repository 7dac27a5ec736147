"""An update over the link of an emulated token: it comes up and stays, or the old firmware does;
secrets and settings stay in either case."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from emulator.session import Emulator
from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.errors import KodebrikError, TokenError
from host_tools.flashing import bundle
from host_tools.image import image as images
from host_tools.link import spoken_names
from host_tools.link.session import Session
from host_tools.link.update import KeyStatement, send
from host_tools.provisioning import update_key_file
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START, TokenUnderTest, digits, totp
from tests.support.emulated.updated import (
    CONTRAST,
    is_as_it_was,
    nothing,
    on_flash,
    sent,
    shows_code,
    version,
)
from tests.support.emulated.updates import NEXT, SIGNER, image, update
from tests.support.flashing.images import made as images_made

FILESYSTEM = images.load_board("pico")["filesystem"]
ON_TOKEN = {"boot.py", "main.py", "firmware.mpy", "update.key", "data/vault.0", "data/vault.1"}


@pytest.fixture(scope="module")
def blank_image() -> bytes:
    """Return the file system of a production token with an update key."""
    return image()


@pytest.fixture
def token(blank_image: bytes, tmp_path):
    """Return a token in use, with a setting of its own, on its cable."""
    with Emulator(state=tmp_path / "token", image=blank_image, time=START) as emulator:
        found = TokenUnderTest(emulator)
        found.provision(totp()).write_settings(CONTRAST)
        yield found


def test_an_update_comes_up_and_everything_else_stays(token: TokenUnderTest):
    new = update()
    sent(token, new)
    assert version(token) == NEXT
    is_as_it_was(token)
    assert set(on_flash(token)) == ON_TOKEN
    assert on_flash(token)["firmware.mpy"] == new.signed.package
    assert token.connect().passed_selftest()


def test_a_code_on_the_display_keeps_an_update_too(token: TokenUnderTest):
    sent(token, update())
    token.emulator.unplug()
    token.emulator.advance(1)
    assert "update/starts" in on_flash(token), "nothing was shown yet, and no host answered"
    shows_code(token)
    assert set(on_flash(token)) == ON_TOKEN
    assert version(token) == NEXT


def test_an_update_can_be_updated(token: TokenUnderTest):
    sent(token, update())
    sent_again = update("9.1.0")
    assert version(token) == NEXT
    sent(token, sent_again)
    assert version(token) == "9.1.0"
    is_as_it_was(token)


def test_a_kodeoplaeser_is_updated_and_speaks(tmp_path: Path):
    """Its font rows are read out of the package after that was moved into its place."""
    danish = image("kodeoplaeser", languages=("da",))
    with Emulator("kodeoplaeser", "pico", tmp_path / "token", image=danish, time=START) as emulator:
        token = SpeakingToken(emulator)
        token.provision(totp())
        sent(token, update(product="kodeoplaeser", languages=("da",)))
        emulator.unplug()
        emulator.advance(31)
        pressed = token.tap("red")
        said = token.clips_until_quiet(pressed)
        code = digits(emulator.screen_text()[1:2])
        assert [clip for clip in said if clip in "0123456789"] == list(code)
        assert "update/starts" not in on_flash(token)
        assert version(token) == NEXT


def test_a_kodeoplaeser_with_two_languages_and_all_its_accounts_is_updated(tmp_path: Path):
    """On a Pico it is nearly full: spoken names that have no room are refused, and leave it to an
    update."""
    made = images_made(product="kodeoplaeser", production=True, update_key=SIGNER.public)
    both = bundle.file_system(made, images.load_board("pico"))
    names = images.room_beside_update(images.unpack(both, FILESYSTEM), FILESYSTEM) // 8192
    with Emulator("kodeoplaeser", "pico", tmp_path / "token", image=both, time=START) as emulator:
        token = SpeakingToken(emulator)
        session = token.provision()
        for number in range(messages.MAX_ACCOUNTS):
            name = f"Konto {number}".ljust(messages.MAX_NAME, "i")
            clip = None
            with suppress(KodebrikError):  # there is no room
                clip = spoken_names.send(session, name, spoken_names.Wish(f"Konto {number}"))
            session.put_credential(totp(name, bytes([number] * messages.MAX_SECRET)))
            if clip is not None:
                spoken_names.keep(session, name, clip)
        accounts = session.accounts()
        spoken = [account.spoken is not None for account in accounts]
        assert names <= sum(spoken) < messages.MAX_ACCOUNTS
        sent(token, update(product="kodeoplaeser"))
        assert version(token) == NEXT
        assert token.connect().accounts() == accounts
        emulator.unplug()
        emulator.advance(31)
        pressed = token.tap("red")
        assert token.clips_until_quiet(pressed)
        assert not [path for path in on_flash(token) if path.startswith("update/")]


FAULTS = {
    "at import": {"ui/app": "raise ValueError\n"},
    "in its first module": {"start": "import no_such_module\n"},
    "no product": {"build": ""},
    "out of memory": {"ui/app": "kept = []\nwhile True:\n    kept.append(bytes(1000))\n"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_update_that_fails_three_times_is_given_up(token: TokenUnderTest, fault: str):
    old = on_flash(token)["firmware.mpy"]
    sent(token, update(sources=FAULTS[fault]))
    token.emulator.advance(5)
    assert on_flash(token)["update/starts"] == b"..."
    assert version(token) == VERSION
    assert on_flash(token)["firmware.mpy"] == old
    is_as_it_was(token)


def test_after_a_failed_update_a_better_one_is_taken(token: TokenUnderTest):
    sent(token, update(sources=FAULTS["at import"]))
    token.emulator.advance(5)
    sent(token, update("9.0.1"))
    assert version(token) == "9.0.1"
    assert set(on_flash(token)) == ON_TOKEN


def test_what_a_failing_update_has_stored_is_read_after_it(token: TokenUnderTest):
    """Its vault has a field more, as a later version's may."""
    writes = """
from firmware.storage.vault import Vault

load = Vault._load


def changed(vault):
    load(vault)
    vault._change({"since 9": 1, "settings": {"brightness": 4}})


Vault._load = changed


class App:
    def __init__(self, *parts):
        pass

    def run(self):
        raise ValueError
"""
    sent(token, update(sources={"ui/app": writes}))
    token.emulator.advance(5)
    assert version(token) == VERSION
    session = token.connect()
    assert session.settings()["brightness"] == 4
    assert [account.name for account in session.accounts()] == ["Bank"]
    session.write_settings(CONTRAST)
    is_as_it_was(token)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"version": VERSION}, messages.UPDATE_OLD),
        ({"version": "0.0.1"}, messages.UPDATE_OLD),
        ({"minimum": "8.0.0"}, messages.UPDATE_OLD),
        ({"product": "kodeoplaeser"}, messages.UPDATE_UNFIT),
        ({"production": False}, messages.UPDATE_UNFIT),
        ({"key": update_key_file.generate()}, messages.UPDATE_FORGED),
    ],
    ids=["the same version", "an older one", "one between", "product", "build", "signature"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    token: TokenUnderTest, changes: dict, error: int
):
    before = on_flash(token)
    with pytest.raises(TokenError) as refused:
        sent(token, update(**changes))
    assert refused.value.number == error
    assert on_flash(token) == before
    assert version(token) == VERSION


def test_a_package_that_changes_on_its_way_is_forgotten(token: TokenUnderTest):
    new = update()
    changed = bytearray(new.signed.package)
    changed[40_000] ^= 1
    session = token.connect()
    with pytest.raises(TokenError) as refused:
        send(session, replace(new.signed, package=bytes(changed)), (), nothing)
    assert refused.value.number == messages.UPDATE_BROKEN
    assert set(on_flash(token)) == ON_TOKEN
    sent(token, new)
    assert version(token) == NEXT


def test_a_new_update_key_is_taken_with_the_first_update_that_it_signed(token: TokenUnderTest):
    first, second = update_key_file.generate(), update_key_file.generate()
    chain = (
        KeyStatement(first.public, SIGNER.sign_successor(first.public)),
        KeyStatement(second.public, first.sign_successor(second.public)),
    )
    sent(token, update(key=second), *chain)
    assert version(token) == NEXT
    assert on_flash(token)["update.key"] == second.public
    with pytest.raises(TokenError):
        sent(token, update("9.1.0", key=SIGNER))
    sent(token, update("9.1.0", key=second), *chain)
    assert version(token) == "9.1.0"


def test_an_update_unplugged_at_every_part_goes_on_to_its_end(token: TokenUnderTest):
    new = update()
    sizes: list[int] = []

    def pull(done: int, total: int) -> None:
        if done > sizes[-1] if sizes else done:
            sizes.append(done)
            token.emulator.unplug()  # and with no button down, the power goes

    for _ in range(200):
        try:
            send(token.connect(), new.signed, (), pull)
        except KodebrikError as error:
            assert error.identifier == "port-unplugged"
            token.emulator.advance(1)
        else:
            break
    parts = -(-len(new.signed.package) // messages.MAX_UPDATE_PART)
    assert len(sizes) == parts, "every part was sent once"
    token.emulator.advance(3)
    assert version(token) == NEXT
    is_as_it_was(token)


def test_a_full_file_system_refuses_an_update_and_works_on(tmp_path):
    tree = images.build_tree("kodeviser", "pico", True)
    tree |= {"update.key": SIGNER.public, "ballast": bytes(1_250_000)}
    filesystem = images.load_board("pico")["filesystem"]
    with Emulator(
        state=tmp_path / "token", image=images.pack(tree, filesystem), time=START
    ) as emulator:
        full = TokenUnderTest(emulator)
        full.provision(totp()).write_settings(CONTRAST)
        with pytest.raises(TokenError) as refused:
            sent(full, update())
        assert refused.value.number == messages.UPDATE_NO_ROOM
        is_as_it_was(full)


def test_a_flash_that_fails_ends_an_update_with_an_error(token: TokenUnderTest):
    session: Session = token.connect()

    def fail(done: int, total: int) -> None:
        if done > 20_000:
            token.emulator.flash.failing = True

    with pytest.raises(TokenError) as refused:
        send(session, update().signed, (), fail)
    assert refused.value.number == messages.STORAGE_FAILED
    token.emulator.flash.failing = False
    is_as_it_was(token)
    sent(token, update())
    assert version(token) == NEXT

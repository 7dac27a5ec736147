"""The vault: what survives a restart, how it is encrypted, and the effect of damage."""

import os

import pytest

from firmware.protocol import messages as m
from firmware.storage import vault as module
from firmware.storage.journal import Journal
from firmware.storage.vault import Vault, VaultError
from tests.firmware.crypto.vm_primitives import aes_ecb

ID = b"\xe6\x60\x58\x38\x83\x4c\x8b\x2f"
KEY = b"access key of thirty-two bytes!!"
SECRET = b"marked secret of 27 bytes!!"
TOTP = {
    "name": "bank",
    "secret": SECRET,
    "algorithm": "SHA1",
    "digits": 6,
    "kind": "totp",
    "period": 30,
}
HOTP = {
    "name": "post",
    "secret": SECRET,
    "algorithm": "SHA1",
    "digits": 6,
    "kind": "hotp",
    "counter": 7,
}


@pytest.fixture
def journal(tmp_path) -> Journal:
    """Return a journal in a folder of this machine."""
    return Journal(str(tmp_path), "vault")


def opened(journal: Journal, unique_id: bytes = ID) -> Vault:
    """Return the vault as a token opens it at power-on."""
    return Vault(journal, unique_id, aes_ecb, os.urandom)


@pytest.fixture
def vault(journal) -> Vault:
    """Return a vault with a key and two accounts."""
    vault = opened(journal)
    vault.set_key(m.KEY_ISSUER, KEY)
    vault.put_credential(TOTP)
    vault.put_credential(HOTP)
    return vault


def files(tmp_path) -> list[bytes]:
    """Return the content of both slots."""
    return [path.read_bytes() for path in sorted(tmp_path.iterdir())]


def test_states_and_key_kinds_equal_those_of_the_link():
    for name in ("BLANK", "IN_USE", "BLOCKED", "WIPED", "DAMAGED", "KEY_NONE", "PIN_TRIES"):
        assert getattr(module, name) == getattr(m, name)


def test_an_empty_flash_is_a_blank_vault(journal):
    vault = opened(journal)
    assert (vault.state, vault.key_kind, vault.access_key) == (m.BLANK, m.KEY_NONE, None)
    assert (vault.credentials, vault.settings, vault.clock) == ([], {}, {"set_at": 0, "aging": 0})
    assert vault.verify()


def test_all_content_survives_a_restart(journal, vault):
    vault.write_settings({"flip": True})
    vault.write_settings({"brightness": 1})
    vault.record_clock(m.MAX_TIME, -127)
    vault.block()
    again = opened(journal)
    assert (again.state, again.key_kind, again.access_key) == (m.BLOCKED, m.KEY_ISSUER, KEY)
    assert again.credentials == [TOTP, HOTP]
    assert again.settings == {"flip": True, "brightness": 1}
    assert again.clock == {"set_at": m.MAX_TIME, "aging": -127}
    assert again.verify()


def test_a_counter_is_in_the_flash_before_it_is_used(journal, vault):
    for expected in (7, 8, 9):
        assert vault.next_counter(1) == expected
        assert opened(journal).credentials[1]["counter"] == expected + 1


@pytest.mark.parametrize(
    ("now", "set_at", "counts"),
    [
        (1_790_000_000, 1_790_000_000, True),
        (1_789_999_999, 1_790_000_000, False),
        (1_790_000_000 + 49 * 31_557_600, 1_790_000_000, True),
        (1_790_000_000 + 50 * 31_557_600, 1_790_000_000, False),
        (1_790_000_000 + 36_525 * 86_400, 1_790_000_000, False),
        (m.MIN_TIME, 0, True),
        (m.MAX_TIME, 0, True),
    ],
    ids=["when set", "before", "49 years", "50 years", "a century", "never set", "never set, late"],
)
def test_a_time_counts_from_when_the_clock_was_set_and_for_a_lifetime(now, set_at, counts):
    assert module.trusted(now, set_at) is counts


@pytest.mark.clause("life: secrets")
def test_nothing_readable_is_in_the_files(tmp_path, vault):
    for content in files(tmp_path):
        for part in (KEY, SECRET, b"bank", b"SHA1", b"secret", ID):
            assert part not in content


def test_equal_content_is_encrypted_differently_each_time(tmp_path, vault):
    vault.block()
    vault.unblock()
    first = files(tmp_path)
    vault.block()
    vault.unblock()
    assert not set(files(tmp_path)) & set(first)


def test_another_board_cannot_open_it(journal, vault):
    assert opened(journal, b"another!").state == m.DAMAGED


@pytest.mark.parametrize("kept", ["version", "salt", "nonce", "body", "tag"])
def test_a_changed_body_with_a_right_checksum_is_damage(journal, vault, kept):
    body = bytearray(journal.load())
    body[{"version": 0, "salt": 5, "nonce": 20, "body": 60, "tag": -1}[kept]] ^= 1
    journal.save(bytes(body))
    damaged = opened(journal)
    assert damaged.state == m.DAMAGED
    assert (damaged.key_kind, damaged.access_key, damaged.credentials) == (m.KEY_NONE, None, [])
    assert not vault.verify()


@pytest.mark.parametrize("body", [b"", b"\x01", b"\x01" + bytes(16), b"\x02" + bytes(80)])
def test_a_body_that_is_no_vault_is_damage(journal, body):
    journal.save(body)
    assert opened(journal).state == m.DAMAGED


def test_a_damaged_vault_takes_nothing_but_a_wipe(journal):
    journal.save(b"no vault")
    vault = opened(journal)
    for change in (
        lambda: vault.set_key(m.KEY_ISSUER, KEY),
        lambda: vault.put_credential(TOTP),
        lambda: vault.remove_credential("bank"),
        lambda: vault.write_settings({"flip": True}),
        lambda: vault.record_clock(m.MIN_TIME, 0),
        vault.block,
        vault.unblock,
    ):
        with pytest.raises(VaultError) as raised:
            change()
        assert raised.value.number == m.STORAGE_DAMAGED
    assert journal.load() == b"no vault"
    vault.wipe()
    assert opened(journal).state == m.WIPED


def test_a_vault_without_a_key_refuses_changes_and_block(journal):
    vault = opened(journal)
    for change in (
        lambda: vault.put_credential(TOTP),
        lambda: vault.remove_credential("bank"),
        vault.block,
    ):
        with pytest.raises(VaultError) as raised:
            change()
        assert raised.value.number == m.NO_ACCESS_KEY
    assert journal.load() is None


@pytest.mark.parametrize("forget", ["wipe", "remove", "replace", "key"])
def test_forgotten_content_is_in_neither_file(journal, tmp_path, vault, forget):
    before = [content[20:] for content in files(tmp_path)]
    {
        "wipe": vault.wipe,
        "remove": lambda: vault.remove_credential("bank"),
        "replace": lambda: vault.put_credential({**TOTP, "secret": b"another secret of 27 bytes!"}),
        "key": lambda: vault.set_key(m.KEY_ISSUER, b"another key of thirty-two bytes!"),
    }[forget]()
    after = [content[20:] for content in files(tmp_path)]
    assert after[0] == after[1]
    assert after[0] not in before


def test_a_second_wipe_is_complete_too(journal, vault):
    vault.wipe()
    vault.wipe()
    assert opened(journal).state == m.WIPED


def test_unchanged_content_is_not_written(tmp_path, vault):
    before = files(tmp_path)
    vault.set_key(m.KEY_ISSUER, KEY)
    vault.put_credential(dict(TOTP))
    vault.put_credential({**HOTP, "counter": 2})
    vault.write_settings({})
    vault.record_clock(0, 0)
    vault.unblock()
    assert files(tmp_path) == before


def test_settling_makes_equal_content_anew_once_after_a_change(vault):
    def content() -> tuple:
        return (vault.state, vault.access_key, vault.credentials, vault.settings, vault.clock)

    before, held = content(), vault.credentials
    vault.settle()
    settled = vault.credentials
    assert content() == before
    assert settled is not held
    assert vault.verify()
    vault.settle()
    assert vault.credentials is settled
    vault.remove_credential(settled[0]["name"])
    changed = vault.credentials
    vault.settle()
    assert vault.credentials == changed
    assert vault.credentials is not changed


def test_neither_vault_nor_its_errors_show_a_secret(vault):
    assert repr(vault) == "<Vault in_use, 2 accounts>"
    with pytest.raises(VaultError) as raised:
        vault.put_credential({**TOTP, "secret": SECRET[:9]})
    assert str(raised.value) == str(m.SECRET_TOO_SHORT)

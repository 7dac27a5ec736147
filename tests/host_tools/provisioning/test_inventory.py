"""The inventory file: private, its secrets sealed, its changes atomic."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.boards import pico
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.provisioning import issuer_key_file
from host_tools.provisioning.clock_accuracy import clock_ppm
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_database import VERSION
from host_tools.secret import Secret
from tests.support.command_line.inventory import ISSUER_KEY, NOW, SECRET, opened, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "inventory.sqlite"


def test_what_a_token_was_given_is_kept_and_its_secret_opens_with_the_issuer_key_alone(path: Path):
    bank = Credential("bank", SECRET, "SHA256", 8, 60)
    with opened(path) as inventory:
        record(inventory, "100000000001", bank)
    with opened(path) as inventory:
        (entry,) = inventory.entries()
        assert (entry.serial, entry.product, entry.board, entry.first_at) == (
            "100000000001",
            "kodeviser",
            "pico",
            NOW,
        )
        assert entry.clock_set_at == NOW - 5
        (account,) = entry.accounts
        assert (account.name, account.kind, account.digits, account.issuer) == (
            "bank",
            "totp",
            8,
            issuer_key_file.fingerprint(ISSUER_KEY),
        )
        (key,) = inventory.key_packages(ISSUER_KEY).packages
        assert (key.serial, key.credential, key.clock_set_at) == ("100000000001", bank, NOW - 5)
        with pytest.raises(KodebrikError, match="sealed under the issuer key") as error:
            inventory.key_packages(Secret(bytes(32)))
        assert error.value.exit_code == ExitCode.WRONG_KEY


@pytest.mark.parametrize(
    ("board", "product", "ppm"),
    [
        ("pico", "kodeviser", 5),
        ("esp32_s3", "kodeoplaeser", 5),
        ("breadboard", "kodeviser", None),
        ("pico", "x", None),
    ],
)
def test_a_token_comes_with_what_the_clock_on_its_board_can_be_off_by(
    path: Path, board, product, ppm
):
    """DS3231 data sheet: 3.5 ppm in any weather and 1 ppm of aging in the first year are no more
    than 5."""
    with opened(path) as inventory:
        record(inventory, "1", Credential("bank", SECRET), board=board, product=product)
        assert [key.clock_ppm for key in inventory.key_packages(ISSUER_KEY).packages] == [ppm]


def test_a_product_without_a_clock_has_no_clock_accuracy(monkeypatch: pytest.MonkeyPatch):
    assert clock_ppm("pico", "kodeviser") == 5
    products = pico.BOARD["products"]  # a copy: the wiring is drawn in the order of its parts
    clockless = {part: wired for part, wired in products["kodeviser"].items() if part != "clock"}
    monkeypatch.setitem(products, "kodeviser", clockless)
    assert clock_ppm("pico", "kodeviser") is None


def test_the_file_is_private_and_holds_no_secret_in_the_clear(path: Path):
    with opened(path) as inventory:
        record(inventory, "100000000001", Credential("bank", SECRET))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    content = path.read_bytes()
    assert SECRET.reveal() not in content
    assert SECRET.reveal().hex().encode() not in content
    path.chmod(0o644)
    said: list[str] = []
    Inventory(path, said.append).__exit__(None, None, None)
    assert "chmod 600" in said[0]


def test_provisioning_again_replaces_the_account_and_keeps_the_first_date(path: Path):
    with opened(path) as inventory:
        record(inventory, "1", Credential("bank", SECRET))
        record(inventory, "1", Credential("work", SECRET, period=None, counter=7))
        record(inventory, "1", Credential("bank", Secret(bytes(20))), now=NOW + 60)
        (entry,) = inventory.entries()
        assert [account.name for account in entry.accounts] == ["bank", "work"]
        assert (entry.first_at, entry.accounts[0].written_at) == (NOW, NOW + 60)
        (key,) = inventory.key_packages(ISSUER_KEY, account="bank").packages
        assert key.credential.secret == Secret(bytes(20))
        with pytest.raises(KodebrikError, match="has the accounts bank, work"):
            inventory.key_packages(ISSUER_KEY)


def test_tokens_whose_account_is_not_clear_are_left_out_unless_they_were_asked_for(path: Path):
    with opened(path) as inventory:
        for serial, names in (("1", ("bank",)), ("2", ("bank", "work")), ("3", ("work",))):
            for name in names:
                record(inventory, serial, Credential(name, SECRET), batch="b")

        def taken(*serials: str, account: str | None = None):
            found = inventory.key_packages(ISSUER_KEY, serials, account)
            return [(key.serial, key.credential.name) for key in found.packages], found.left_out

        assert taken() == ([("1", "bank"), ("3", "work")], ["2"])
        assert taken(account="bank") == ([("1", "bank"), ("2", "bank")], ["3"])
        assert taken("2", account="work") == ([("2", "work")], [])
        with pytest.raises(KodebrikError, match="token 2 has the accounts bank, work"):
            taken("1", "2")
        with pytest.raises(KodebrikError, match="token 3 has no account bank; it has work"):
            taken("1", "3", account="bank")
        with pytest.raises(KodebrikError, match="token 1 has no account other; it has bank"):
            taken(account="other")
        batch = inventory.each_key_package(ISSUER_KEY, "b", "bank")
        assert [(key.serial, key.credential.name) for key in batch] == [
            ("1", "bank"),
            ("2", "bank"),
        ]


def test_without_an_issuer_key_the_secret_is_not_kept(path: Path):
    with opened(path) as inventory:
        record(inventory, "1", Credential("bank", SECRET), key=None)
        assert inventory.entry("1").accounts[0].issuer is None
        with pytest.raises(KodebrikError, match="was not kept"):
            inventory.key_packages(ISSUER_KEY)


@pytest.mark.parametrize("counter", [None, 7])
def test_an_account_that_answers_challenges_keeps_its_suite_into_a_file_for_a_server(
    path: Path, counter: int | None
):
    suite = f"OCRA-1:HOTP-SHA256-8:{'' if counter is None else 'C-'}QA24-T1M"
    paying = Credential("pay", SECRET, period=None, counter=counter, suite=suite, entry="payment")
    with opened(path) as inventory:
        record(inventory, "1", paying)
        (account,) = inventory.entry("1").accounts
        assert (account.kind, account.suite, account.entry, account.counter) == (
            "ocra",
            suite,
            "payment",
            counter,
        )
        keys = inventory.key_packages(ISSUER_KEY).packages
    assert [(key.credential, key.suite) for key in keys] == [(paying, suite)]
    key = Secret(bytes(16))
    (read,) = formats.read_content(pskc_writer.write(keys, key), ReadOptions(key)).tokens
    assert (read.suite, read.credential.secret, read.credential.counter) == (suite, SECRET, counter)


def test_tokens_are_found_by_serial_product_and_account(path: Path):
    with opened(path) as inventory:
        record(inventory, "100000000001", Credential("bank", SECRET))
        record(inventory, "100000000002", Credential("arbejde", SECRET), product="kodeoplaeser")
        assert [entry.serial for entry in inventory.entries("OPLAESER")] == ["100000000002"]
        assert [entry.serial for entry in inventory.entries("bank")] == ["100000000001"]
        assert [entry.serial for entry in inventory.entries("10000")] == [
            "100000000001",
            "100000000002",
        ]
        with pytest.raises(KodebrikError, match="not in the inventory"):
            inventory.entry("3")


@pytest.mark.parametrize(
    "change",
    [
        "digits = 6",
        "name = 'other'",
        "serial = '2'",
        "sealed = zeroblob(55)",
        "suite = 'x'",
        "entry = 'number'",
    ],
)
def test_an_entry_that_was_changed_gives_no_key(path: Path, change: str):
    with opened(path) as inventory:
        record(inventory, "1", Credential("bank", SECRET, digits=8))
        record(inventory, "2", Credential("spare", SECRET))
    with sqlite3.connect(path) as database:
        database.execute(f"UPDATE accounts SET {change} WHERE name = 'bank'")
        database.execute("DELETE FROM accounts WHERE name = 'spare'")
    with opened(path) as inventory, pytest.raises(KodebrikError, match="changed or damaged"):
        inventory.key_packages(ISSUER_KEY)


def test_a_file_that_is_no_inventory_is_an_error_and_stays_as_it_is(path: Path):
    path.parent.mkdir()
    path.touch(0o600)
    path.write_bytes(b"somebody's thesis " * 100)
    with pytest.raises(KodebrikError, match="cannot be used") as error:
        opened(path)
    assert error.value.exit_code == ExitCode.FILE
    assert path.read_bytes() == b"somebody's thesis " * 100


def test_a_newer_inventory_is_left_alone(path: Path):
    opened(path).__exit__(None, None, None)
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(KodebrikError, match="newer version"):
        opened(path)


WRITER = """
import sys
from pathlib import Path
from host_tools.otp.credential import Credential
from tests.support.command_line.inventory import SECRET, opened, record
with opened(Path(sys.argv[1])) as inventory:
    print("ready", flush=True)
    for number in range(10**6):
        record(inventory, sys.argv[2], Credential(f"account {number}", SECRET))
        print(number, flush=True)
"""


def test_two_writers_and_a_kill_leave_every_acknowledged_record_whole(path: Path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, serial], stdout=subprocess.PIPE, text=True
        )
        for serial in ("1", "2")
    ]
    try:
        for writer in writers:
            while writer.stdout.readline().strip() != "5":
                pass
    finally:
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
    acknowledged = []
    for writer in writers:
        rest, _ = writer.communicate()
        acknowledged.append(int([5, *rest.split()][-1]))
    with opened(path) as inventory:
        for serial, last in zip(("1", "2"), acknowledged, strict=True):
            names = {account.name for account in inventory.entry(serial).accounts}
            assert {f"account {number}" for number in range(last + 1)} <= names
        assert (
            inventory.key_packages(ISSUER_KEY, ["1"], "account 5").packages[0].credential.secret
            == SECRET
        )

"""kodebrik batch run with many tokens at once, which are unplugged while it is killed: in the end
every token has a serial number, a secret and an access key of its own, and its codes count.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from firmware.serial_number import serial_number
from host_tools.cli.options.credential import DEFAULT_NAME
from host_tools.factory import passport
from host_tools.provisioning import batches
from host_tools.provisioning.inventory_records import PROVISIONED
from host_tools.secret import Secret
from host_tools.validator.records import new_token
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.command_line.inventory import opened
from tests.support.command_line.program import KODEBRIK
from tests.support.emulated.fleet import fleet
from tests.support.emulated.token import digits
from tests.support.limits import REAL_LIMIT
from tests.support.validator.database import MASTER

ISSUER_KEY = Secret(bytes([0xAB] * 32))
SEED = int(os.environ.get("KODEBRIK_BATCH_SEED", "1"))
COUNT = 20


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inventory.sqlite"


@pytest.fixture
def environment(tmp_path, place):
    return os.environ | {
        "KODEBRIK_INVENTORY": str(place),
        "KODEBRIK_ISSUER_KEY": ISSUER_KEY.reveal().hex(),
        "KODEBRIK_OPERATOR": "anna",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }


class Station:
    """A `batch run` in a process of its own."""

    def __init__(self, folder, environment, tokens):
        self.folder, self.environment = folder, environment
        self.ports = ",".join(str(token.port) for token in tokens)
        self.lines = []
        self.process = None

    def batch(self, *arguments):
        done = subprocess.run(
            [*KODEBRIK, "batch", *arguments],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def start(self, *arguments):
        command = [*KODEBRIK, "batch", "run", "--json", "--ports", self.ports, "--trust-cable"]
        command += ["--batch", "b", "--output", str(self.folder / "out"), *arguments]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(REAL_LIMIT)


def disturbed(station, tokens, chance):
    """Pull and plug tokens and kill and start the station until the batch is complete; give how
    often each happened. In the end everything is plugged in and left alone."""
    happened = Counter()
    began, steps = time.monotonic(), 0
    station.start()
    while station.process.poll() is None and time.monotonic() < began + 90:
        time.sleep(chance.uniform(0.02, 0.3))
        what = chance.random()
        steps += 1
        if what < 0.15 or steps in (15, 30):
            station.kill()
            happened["killed"] += 1
            station.start()
        elif what < 0.8:
            token = chance.choice(tokens)
            (token.pull if token.emulator.plugged else token.plug)()
            happened["plugged or pulled"] += 1
        else:
            for token in tokens:
                token.plug()
    for token in tokens:
        token.plug()
    assert station.process.wait(REAL_LIMIT) == 0, (station.folder / "log").read_text()[-3000:]
    return happened


@pytest.mark.slow
def test_whatever_is_pulled_or_killed_every_token_gets_one_secret(tmp_path, place, environment):
    chance = random.Random(SEED)
    with fleet(tmp_path, COUNT) as tokens:
        station = Station(tmp_path, environment, tokens)
        station.batch("create", "--count", str(COUNT), "--product", "kodeviser", "--name", "b")
        happened = disturbed(station, tokens, chance)
        assert happened["killed"] >= 2, happened
        assert happened["plugged or pulled"] >= 10, happened
        check_secrets(tmp_path, place)
        check_codes(tmp_path, place, tokens)
        # once more: nothing is left to do, and nothing is done
        before = place.read_bytes()
        for token in tokens:
            token.plug()
        station.start()
        assert station.process.wait(REAL_LIMIT) == 0
        assert place.read_bytes() == before
    print(f"seed {SEED}: {dict(happened)}")


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process is known to be dead")
def test_another_station_goes_on_at_once_with_what_a_killed_one_had(tmp_path, place, environment):
    """With the secrets that were drawn, however long the claims would last."""
    waits = "sh -c 'while kill -0 $PPID; do sleep 0.1; done'"  # as long as its station lives
    with fleet(tmp_path, 2, production=True) as tokens:
        station = Station(tmp_path, environment, tokens)
        station.batch("create", "--count", "2", "--product", "kodeviser", "--name", "b")
        station.start("--station", "east", "--code-reader", waits)
        while len(drawn := secrets(place)) < 2:
            assert station.process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        station.kill()
        with sqlite3.connect(place) as database:
            longer = "UPDATE jobs SET leased_until = leased_until + 1000000 WHERE station = 'east'"
            assert database.execute(longer).rowcount == 2
        station.start("--station", "west", "--unseen-codes")
        assert station.process.wait(REAL_LIMIT) == 0, (tmp_path / "log").read_text()
    assert secrets(place) == drawn
    with opened(place) as inventory:
        made = list(batches.each(inventory, "b", batches.DONE))
    assert {job.serial: job.report["station"] for job in made} == dict.fromkeys(drawn, "west")


def secrets(place):
    """The secrets that are drawn, by serial number."""
    with opened(place) as inventory:
        entries = [entry for entry in inventory.each("b") if entry.accounts]
        packages = [inventory.key_package(ISSUER_KEY, entry) for entry in entries]
    return {package.serial: package.credential.secret.reveal() for package in packages}


def check_secrets(folder, place):
    """As many serial numbers, boards, secrets and passports as tokens, and none in the clear."""
    with opened(place) as inventory:
        entries = list(inventory.each("b"))
        packages = list(inventory.each_key_package(ISSUER_KEY, "b", DEFAULT_NAME))
        jobs = list(batches.each(inventory, "b", batches.DONE))
    assert [entry.state for entry in entries] == [PROVISIONED] * COUNT
    assert all(len(entry.accounts) == 1 and entry.operator == "anna" for entry in entries)
    assert len({entry.serial for entry in entries}) == COUNT
    assert len({entry.board_id for entry in entries}) == COUNT
    assert len({package.credential.secret.reveal() for package in packages}) == COUNT
    assert sorted(job.serial for job in jobs) == [entry.serial for entry in entries]
    content = place.read_bytes() + (folder / "log").read_bytes()
    for package in packages:
        secret = package.credential.secret.reveal()
        assert secret not in content
        assert secret.hex().encode() not in content
    key = passport.load_public_key(folder / "config" / "kodebrik" / "passport.key.pub")
    for job in jobs:
        signed = passport.verify((folder / "out" / f"{job.serial}.passport.json").read_bytes(), key)
        assert signed == passport.statement(job)
        assert job.serial[:4] in (folder / "out" / f"{job.serial}.svg").read_text()


def check_codes(folder, place, tokens):
    """What each token's display shows is accepted by the validation server for it, and for no
    other."""
    with opened(place) as inventory:
        packages = list(inventory.each_key_package(ISSUER_KEY, "b", DEFAULT_NAME))
    owner = {package.serial: f"owner-{place}" for place, package in enumerate(packages)}
    with Validator(f"sqlite:///{folder / 'validator.db'}", MASTER) as validator:
        validator.import_tokens(
            [new_token(package, None) for package in packages],
            users={package.serial: owner[package.serial] for package in packages},
            activate=True,
            actor="test",
        )
        codes = {serial_number(token.emulator.unique_id): code(token) for token in tokens}
        assert codes.keys() == {package.serial for package in packages}
        shown = list(codes.values())
        others = dict(zip(codes, shown[1:] + shown[:1], strict=True))
        for shown, expected in ((others, False), (codes, True)):
            requests = [
                CheckRequest(code=code, user_id=owner[serial], actor="test")
                for serial, code in shown.items()
            ]
            verdicts = validator.check_many(requests)
            assert [verdict.accepted for verdict in verdicts] == [expected] * COUNT


def code(token):
    """Unplug a token, press, and read its display."""
    with token.emulator.lock:
        token.emulator.unplug()
        token.emulator.advance(1)
        token.emulator.press()
        return digits(token.emulator.screen_text())

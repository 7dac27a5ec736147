"""Two validators on two hosts behind one PostgreSQL, each with its own folder, settings and copy of
the master key; one is killed in the middle of its load."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from tests.support import postgres
from tests.support.validator.load import Load
from tests.support.validator.server import Server, ServerFolder

TOKENS, CODES = 40, 15  # codes of each token
SHARED = 30  # tokens whose codes both hosts are sent; those of the others come last, to one
ACKNOWLEDGED = 20  # codes by each host, before the kill
Pair = tuple[str, str]


@pytest.fixture
def hosts(tmp_path: Path, postgres_server: str) -> Iterator[tuple[ServerFolder, ServerFolder]]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with postgres.database(postgres_server) as url:
        one = ServerFolder(tmp_path / "one", url)
        yield one, one.on_another_host(tmp_path / "two")


def _hotp(number: int, counter: int = 0) -> Credential:
    return Credential("x", Secret(bytes([number]) * 20), period=None, counter=counter)


def _accepts(server: Server, pair: Pair) -> bool:
    serial, code = pair
    with server.client() as client:
        answer = client.post("/v1/checks", json={"serial": serial, "code": code})
        return answer.json()["accepted"]


def test_one_of_two_hosts_is_killed_and_the_other_goes_on(
    hosts: tuple[ServerFolder, ServerFolder],
):
    """Both are sent the same codes. Each is accepted once, by either; what the killed one has
    acknowledged is not lost; the other goes on to the last code of all."""
    first, second = hosts
    counters = {
        (f"hotp-{number}", _hotp(number, counter).code(0)): counter
        for tokens in (range(SHARED), range(SHARED, TOKENS))
        for counter in range(CODES)
        for number in tokens
    }
    with first.open() as validator:
        tokens = [NewToken(f"hotp-{number}", _hotp(number)) for number in range(TOKENS)]
        users = {token.serial: f"user-{token.serial}" for token in tokens}
        validator.import_tokens(tokens, users=users, activate=True, actor="test")
    with first.server() as killed, second.server() as left:
        doomed = Load(killed, islice(counters, SHARED * CODES), ACKNOWLEDGED)
        doomed.enough.wait()
        other = Load(left, iter(counters), ACKNOWLEDGED)
        other.enough.wait()
        before = set(other.accepted)
        killed.process.kill()
        doomed.wait()
        other.wait()
        assert doomed.accepted
        assert other.accepted - before, "the load was over before the kill"
        assert not doomed.accepted & other.accepted, "a code was accepted by both"
        accepted = doomed.accepted | other.accepted
        with second.open() as validator:
            assert validator.verify_audit().broken == ()
            kept = {serial: validator.token(serial).last_step for serial, _ in counters}
        assert set(kept.values()) == {CODES - 1}, "the other has gone on to the last code"
        assert all(kept[pair[0]] >= counters[pair] for pair in accepted)
        with first.server() as again:  # as its operator would start it
            for server in (again, left):
                assert not any(_accepts(server, pair) for pair in sorted(accepted)[::7])

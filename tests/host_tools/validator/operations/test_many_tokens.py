"""Imports and assignments of more tokens than one batch: all or none, in memory that does not grow
with them."""

import tracemalloc
from collections.abc import Collection, Iterator, Mapping

import pytest

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.operations import bulk_assignment
from host_tools.validator.records import NewToken
from host_tools.validator.service import Validator
from tests.support.validator.costs import cost_of


class Stream(Collection[NewToken]):
    """Tokens that are made while one goes through them, and at most one of them twice."""

    def __init__(self, prefix: str, size: int, twice: int | None = None) -> None:
        self.prefix, self.size, self.twice = prefix, size, twice
        self.made = 0

    def __len__(self) -> int:
        return self.size

    def __contains__(self, token: object) -> bool:
        raise NotImplementedError

    def __iter__(self) -> Iterator[NewToken]:
        for number in range(self.size):
            again = self.twice is not None and number == self.size - 1
            self.made += 1
            serial = f"{self.prefix}{self.twice if again else number:07}"
            yield NewToken(serial, Credential("x", Secret(number.to_bytes(20))))


@pytest.mark.parametrize("twice", [0, 700, 1198], ids=["far before", "before", "beside"])
def test_a_token_that_comes_twice_is_named_and_nothing_is_imported(
    validator: Validator, twice: int
):
    with pytest.raises(InvalidError) as refused:
        validator.import_tokens(Stream("a", 1200, twice), actor="test")
    assert refused.value.identifier == "import-token-twice"
    assert refused.value.message.arguments["serial"] == f"a{twice:07}"
    assert validator.statistics().tokens["stock"] == 0
    assert validator.verify_audit().broken == ()


def test_a_token_that_is_known_already_is_another_refusal(validator: Validator):
    validator.import_tokens(Stream("a", 3), actor="test")
    with pytest.raises(ConflictError) as refused:
        validator.import_tokens(Stream("a", 1200), actor="test")
    assert refused.value.identifier == "token-known"
    assert validator.statistics().tokens["stock"] == 3


def test_tokens_are_gone_through_one_by_one_with_their_progress(validator: Validator):
    told, stream = [], Stream("a", 1200)

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        assert stream.made == done, "not read ahead"

    assert validator.import_tokens(stream, actor="test", progress=tell) == 1200
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]
    assert validator.verify_audit().broken == ()


def test_those_that_are_known_are_sought_in_batches(validator: Validator):
    validator.import_tokens(Stream("a", 1200), actor="test")
    with cost_of(validator) as batch:
        assert len(validator.already_imported(Stream("a", 500), actor="test")) == 500
    with cost_of(validator) as batches:
        known = validator.already_imported(Stream("a", 1500), actor="test")
    assert known == {f"a{number:07}" for number in range(1200)}
    assert len(batches.statements) <= 3 * len(batch.statements)
    with cost_of(validator) as unknown:
        assert validator.already_imported(Stream("b", 500), actor="test") == set()
    assert len(unknown.statements) <= len(batch.statements) < 10


def test_memory_does_not_grow_with_the_number_of_tokens(validator: Validator):
    peaks = []
    for prefix, size in (("a", 1500), ("b", 6000)):
        tracemalloc.start()
        validator.import_tokens(Stream(prefix, size), actor="test")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


class Users(Mapping[str, str]):
    """Whose the tokens of a Stream are to be: a user for each, who is made when asked for."""

    def __init__(self, prefix: str, size: int) -> None:
        self.prefix, self.size = prefix, size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[str]:
        return (f"{self.prefix}{number:07}" for number in range(self.size))

    def __getitem__(self, serial: str) -> str:
        return f"user-{serial}"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_tokens_are_assigned_and_activated_part_by_part(validator: Validator):
    stream, users = Stream("a", 1200), Users("a", 1200)
    assert validator.import_tokens(stream, users=users, activate=True, actor="test") == 1200
    found = validator.statistics()
    assert (found.tokens["active"], found.users) == (1200, 1200)
    for number in (0, 499, 500, 1199):
        assert validator.token(f"a{number:07}").user_id == f"user-a{number:07}"
    assert validator.verify_audit().broken == ()


def test_a_user_who_gets_two_tokens_in_different_parts_is_named(validator: Validator):
    class Twice(Users):
        def __getitem__(self, serial: str) -> str:
            return "Anna.Holm" if serial in ("a0000003", "a0001100") else f"user-{serial}"

    users = Twice("a", 1200)
    with pytest.raises(InvalidError) as refused:
        validator.import_tokens(Stream("a", 1200), users=users, activate=True, actor="test")
    assert refused.value.identifier == "assignment-user-twice"
    assert refused.value.message.arguments["user_id"] == "Anna.Holm"
    assert validator.statistics().tokens["stock"] == 0


def test_memory_hardly_grows_with_the_number_of_assignments(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk_assignment, "_BATCH", 50)  # so that few tokens are many batches
    peaks = []
    for prefix, size in (("w", 600), ("a", 150), ("b", 600)):  # at first what is kept of statements
        validator.import_tokens(Stream(prefix, size), actor="test")
        tracemalloc.start()
        validator.assign_tokens(Users(prefix, size), activate=True, actor="test")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]

"""Lists that assign tokens to users: what is a header, what is data, and what is refused."""

import io
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import assignments

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)


def listed(content: bytes) -> Mapping[str, str]:
    return assignments.read(io.BytesIO(content))


@pytest.mark.parametrize(
    "header",
    ["", "serial,user-ID\n", "Serial Number,User\n", "SERIAL,USERID\n", "\ufeffserial,user\n"],
)
def test_a_header_of_known_column_names_is_skipped(header):
    content = f"{header}7001,sofie.hansen\n7002,anna.holm\n".encode()
    assert listed(content) == {"7001": "sofie.hansen", "7002": "anna.holm"}


@pytest.mark.parametrize("line", ["SERIAL,anna.holm", "serial-7,user", "7001,user"])
def test_any_other_first_line_is_data(line):
    serial, user = line.split(",")
    assert listed(line.encode()) == {serial: user}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"serial,user\n"])
def test_a_list_that_assigns_nothing_is_an_error(content):
    with pytest.raises(KodebrikError, match="assigns no token") as error:
        listed(content)
    assert error.value.exit_code == ExitCode.BAD_INPUT


@pytest.mark.parametrize("line", ["7001", "7001,", ",sofie", "7001,sofie,active"])
def test_a_line_that_is_no_pair_is_named(line):
    with pytest.raises(KodebrikError, match="Line 2 "):
        listed(f"7000,anna.holm\n{line}\n".encode())


def test_a_token_assigned_twice_is_named():
    with pytest.raises(KodebrikError, match=r"Line 2 .*7001"):
        listed(b"7001,anna.holm\n7001,sofie.hansen\n")


def test_tabs_separate_as_a_spreadsheet_copies_them():
    assert listed(b"serial\tuser\nT1\tanna.holm\nT2\tbo.lund\n") == {
        "T1": "anna.holm",
        "T2": "bo.lund",
    }


@given(st.dictionaries(TEXTS, TEXTS, max_size=20), TEXTS)
def test_they_are_a_mapping_in_the_order_of_the_file(users: dict[str, str], other: str):
    stored = assignments.StoredAssignments()
    assert all(stored.add(serial, user) for serial, user in users.items())
    assert [*stored.items()] == [*users.items()]
    assert len(stored) == len(users)
    assert stored.get(other) == users.get(other)
    assert not any(stored.add(serial, "another") for serial in users)
    assert stored == users

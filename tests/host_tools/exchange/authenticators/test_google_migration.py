"""Google Authenticator's otpauth-migration:// links: whole batches alone, and protobuf strictly."""

import base64
import io
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.exchange import formats, several_files
from host_tools.exchange.authenticators.parsing import protobuf_wire
from tests.support.exports.accounts import ACCOUNTS
from tests.support.exports.google import (
    field,
    migration_account,
    migration_payload,
    migration_uri,
    varint,
)

ONE = ACCOUNTS[:1]


def parts(size: int = 3) -> list[str]:
    """Give the links of one export, an account each."""
    return [
        migration_uri(migration_payload([ACCOUNTS[index]], size=size, index=index))
        for index in range(size)
    ]


def serials(text: str) -> list[str]:
    return [token.serial for token in formats.read_content(text.encode()).tokens]


def refused(text: str | bytes) -> str:
    with pytest.raises(KodebrikError) as error:
        formats.read_content(text.encode() if isinstance(text, str) else text)
    assert "Nothing was imported." in error.value.hint
    return error.value.message


def test_the_parts_of_an_export_may_come_in_any_order():
    one, two, three = parts()
    assert serials("\n".join((three, "", one, two))) == ["sofie", "anna.holm", "bo"]


def test_parts_in_several_files_belong_together():
    one, two, three = parts()
    other = f"otpauth://totp/kd-1?secret={ACCOUNTS[0].base32}"
    files = [
        (PurePath(f"{number}.txt"), io.BytesIO(text.encode()))
        for number, text in enumerate((two, other, f"{three}\n{one}\n"))
    ]
    found = several_files.read(files)
    assert [token.serial for token in found.tokens] == ["sofie", "anna.holm", "bo", "kd-1"]
    assert found.format == "google; otpauth"


def test_a_serial_number_in_two_files_is_refused():
    files = [(PurePath(f"{number}.txt"), io.BytesIO(parts(1)[0].encode())) for number in range(1)]
    uri = f"otpauth://totp/sofie?secret={ACCOUNTS[0].base32}".encode()
    with pytest.raises(KodebrikError, match=r"sofie stands twice: The file 0.txt; The file b"):
        several_files.read([*files, (PurePath("b"), io.BytesIO(uri))])


@pytest.mark.parametrize(
    ("given_parts", "missing"), [([0], "2, 3"), ([2], "1, 2"), ([2, 0], "2"), ([1, 2], "1")]
)
def test_missing_parts_are_named(given_parts: list[int], missing: str):
    every = parts()
    message = refused("\n".join(every[index] for index in given_parts))
    assert message.endswith(
        f"Of the 3 QR codes of Google Authenticator's export these are missing: {missing}."
    )


def test_parts_of_other_exports_and_doubled_ones_are_refused():
    one, two, three = parts()
    other = migration_uri(migration_payload(ONE, size=3, index=2, batch=5))
    assert "several exports" in refused("\n".join((one, two, other)))
    larger = migration_uri(migration_payload(ONE, size=4, index=2))
    assert "several exports" in refused("\n".join((one, two, larger)))
    assert "code 2 of" in refused("\n".join((one, two, three, two)))


def test_a_link_written_by_hand_is_read():
    # 0a 29: an account of 41 bytes; its secret, name and issuer; 20 01 28 01 30 02: SHA1, 6, TOTP;
    # 10 01 18 01 20 00: version 1, one part, of index 0.
    payload = (
        "0a29" + "0a14" + b"12345678901234567890".hex() + "1205" + b"bobby".hex() + "1a04"
    ) + (b"Demo".hex() + "200128013002" + "100118012000")
    encoded = base64.b64encode(bytes.fromhex(payload)).decode()
    (token,) = formats.read_content(f"otpauth-migration://offline?data={encoded}".encode()).tokens
    it = token.credential
    assert (token.serial, it.name, it.kind) == ("bobby", "Demo:bobby", "totp")
    assert (it.algorithm, it.digits, it.period) == ("SHA1", 6, 30)
    assert it.secret.reveal() == b"12345678901234567890"


def test_an_account_whose_name_is_longer_than_it_says_is_refused():
    account = field(1, bytes(20)) + b"\x12\x04bobby" + field(4, 1) + field(5, 1) + field(6, 2)
    assert "otp_parameters has no value" in refused(migration_uri(field(1, account) + END))


def test_hotp_without_a_counter_begins_at_0_and_names_lose_the_issuer():
    account = (field(1, bytes(20)) + field(2, b"Bank:sofie") + field(3, b"Bank") + field(4, 1)) + (
        field(5, 1) + field(6, 1) + field(8, b"an id")
    )
    file = formats.read_content(
        migration_uri(field(1, account) + field(2, 1) + field(3, 1)).encode()
    )
    (token,) = file.tokens
    assert (token.serial, token.credential.name, token.credential.counter) == (
        "sofie",
        "Bank:sofie",
        0,
    )
    assert file.remarks.passed_over == ["unique_id"]
    (warning,) = file.remarks.warnings
    assert "the counter of the last code" in warning


ACCOUNT = migration_account(ACCOUNTS[0])
END = field(2, 1) + field(3, 1) + field(4, 0) + field(5, 9)
BASE = field(1, bytes(20)) + field(2, b"bo")


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (field(1, ACCOUNT) + END + field(9, 1), "field that is not known: 9"),
        (field(1, ACCOUNT + field(9, b"x")) + END, "field that is not known: 9"),
        (field(1, ACCOUNT + field(6, 1)) + END, "says type twice"),
        (field(1, ACCOUNT) + END + field(3, 2), "says batch_size twice"),
        (field(1, ACCOUNT) + field(3, 1), "does not say its version"),
        (field(1, ACCOUNT) + field(2, 1), "does not say its batch_size"),
        (field(1, ACCOUNT) + field(2, 7) + field(3, 1), "of version 7"),
        (field(1, ACCOUNT) + field(2, 1) + field(3, 1) + field(4, 1), "batch_index has no value"),
        (field(1, ACCOUNT) + field(2, b"1") + field(3, 1), "not a whole link"),
        (field(1, 5) + END, "not a whole link"),
        (field(1, BASE + field(4, 1) + field(5, 1)) + END, "does not say its type"),
        (field(1, BASE + field(4, 1) + field(5, 1) + field(6, 0)) + END, "does not say its type"),
        (field(1, BASE + field(4, 1) + field(6, 2)) + END, "does not say its digits"),
        (field(1, BASE + field(5, 1) + field(6, 2)) + END, "does not say its algorithm"),
        (field(1, BASE + field(4, 1) + field(5, 3) + field(6, 2)) + END, "digits has no value"),
        (field(1, BASE + field(4, 1) + field(5, 1) + field(6, 3)) + END, "type has no value"),
        (field(1, BASE + field(4, 4) + field(5, 1) + field(6, 2)) + END, "compute with MD5"),
        (field(1, ACCOUNT + field(7, 5)) + END, "type and counter do not agree"),
        (
            field(1, BASE + field(4, 1) + field(5, 1) + field(6, 1) + field(7, -1)) + END,
            "counter is out of",
        ),
        (field(1, ACCOUNT[:-1]) + END, "otp_parameters has no value"),
        (field(1, field(1, bytes(20)) + field(2, b"\xff")) + END, "otp_parameters has no value"),
        (END, "holds no token"),
    ],
)
def test_each_fault_of_the_message_is_named(payload: bytes, complaint: str):
    assert complaint in refused(migration_uri(payload))


RECORDS = [(1, ACCOUNTS[1].secret), (2, b"anna"), (3, b"Post"), (4, 2), (5, 2), (6, 1), (7, 9)]
FRAME = [(2, 1), (3, 1), (4, 0), (5, 9)]


def link(account: list[tuple[int, int | bytes]], frame: list[tuple[int, int | bytes]]) -> str:
    message = field(1, b"".join(field(*record) for record in account))
    return migration_uri(message + b"".join(field(*record) for record in frame))


def test_no_change_of_one_record_goes_unnoticed():
    before = formats.read_content(link(RECORDS, FRAME).encode()).tokens
    others: list[int | bytes] = [0, 1, 2, 3, 4, 7, -1, 2**63, b"", b"x", b"\xff", bytes(32)]
    for records, is_frame in ((RECORDS, False), (FRAME, True)):
        for index, (number, value) in enumerate(records):
            for other in [*others, None]:
                if other == value:
                    continue
                changed = [*records[:index], *records[index + 1 :]]
                if other is not None:
                    changed.insert(index, (number, other))
                text = link(RECORDS, changed) if is_frame else link(changed, FRAME)
                try:
                    after = formats.read_content(text.encode()).tokens
                except KodebrikError:
                    continue
                # Version 2 is known as well; batch and index say only which parts belong together.
                same = is_frame and (number in (4, 5) or other == 2)
                assert same or after != before, (number, other)


GOOD = migration_uri(migration_payload(ONE, batch=20_000))  # with padding


@pytest.mark.parametrize(
    "uri",
    [
        GOOD[:70],
        GOOD.removesuffix("%3D"),
        GOOD.replace("data=", "data=%20"),
        GOOD.replace("data=", "data=_"),
        GOOD + "&data=AA",
        GOOD.replace("offline", "online"),
        GOOD.replace("?data", "?date"),
        "otpauth-migration://offline?data=",
        "otpauth-migration://offline?data=" + "A" * 7,
        "otpauth-migration://offline",
        f"{GOOD}\nhttps://example.org",
        f"{GOOD}\notpauth://totp/a?secret={ACCOUNTS[0].base32}",
    ],
)
def test_what_is_no_whole_link_is_refused(uri: str):
    assert "is not a whole link" in refused(uri)


def cuts(uri: str) -> list[str]:
    """Give the uri cut at its end in every way, but those that leave nothing of its payload."""
    return [uri[:end] for end in range(uri.index("=") + 2, len(uri))]


@pytest.mark.parametrize("batch", [5, 20_000, 1_045_125_660, -1_234_567_890])
def test_a_link_that_is_cut_at_its_end_loses_no_account(batch: int):
    """Only the batch's number can go unnoticed, which links of version 2 do without."""
    uri = migration_uri(migration_payload(ACCOUNTS[:3], batch=batch))
    every = serials(uri)
    taken = []
    for cut in cuts(uri):
        try:
            taken.append(serials(cut))
        except KodebrikError:
            continue
    assert taken == [every]


def test_a_part_that_is_cut_at_its_end_is_refused_among_the_others():
    one, two, three = parts()
    for cut in cuts(three):
        assert refused("\n".join((one, two, cut)))


def test_base64_with_its_own_plus_signs_is_read():
    payload = migration_payload(ACCOUNTS[1:2])
    plain = base64.b64encode(payload).decode()
    assert serials(f"otpauth-migration://offline?data={plain}") == ["anna.holm"]


@given(st.integers(0, 2**64 - 1), st.integers(1, 1000), st.binary(max_size=40))
def test_records_are_read_as_they_were_written(number: int, tag: int, run: bytes):
    message = field(tag, number) + field(tag + 1, run)
    assert list(protobuf_wire.records(message)) == [(tag, number), (tag + 1, run)]


@pytest.mark.parametrize(
    "message",
    [
        b"\x08",
        b"\x08\x80",
        b"\x08" + b"\xff" * 10,
        b"\x08\x80\x00",  # 0 in two bytes
        b"\x08" + b"\xff" * 9 + b"\x02",  # more than 64 bits
        b"\x0a\x05abcd",
        b"\x00\x01",  # field 0
        b"\x0b\x0c",  # a group
        b"\x0d\x00\x00\x00\x00",  # 32 bits
    ],
)
def test_what_is_no_whole_record_is_a_value_error(message: bytes):
    with pytest.raises(ValueError, match=r".+"):
        list(protobuf_wire.records(message))


@given(st.binary(max_size=60))
def test_any_bytes_are_records_or_a_value_error(message: bytes):
    try:
        found = list(protobuf_wire.records(message))
    except ValueError:
        return
    written = b"".join(
        varint(tag * 8 + (0 if isinstance(value, int) else 2))
        + (varint(value) if isinstance(value, int) else varint(len(value)) + value)
        for tag, value in found
    )
    assert written == message

"""Files of tokens in every format, detected by content, not by name."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import MAX_SIZE, ReadOptions
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

KEY = Secret(bytes(16))
TOKEN = KeyPackage("T1", Credential("T1", Secret(b"12345678901234567890")), manufacturer="kodebrik")
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("pskc", pskc_writer.write([TOKEN], key=KEY)),
        ("pskc", b"\xef\xbb\xbf" + pskc_writer.write([TOKEN], key=KEY)),
        (
            "pskc",
            pskc_writer.write([TOKEN], key=KEY)
            .decode()
            .replace("UTF-8", "UTF-16")
            .encode("utf-16"),
        ),
        ("otpauth", f" otpauth://totp/T1?secret={BASE32}".encode()),
        ("csv", f"serial,secret,type\nT1,{BASE32},totp\n".encode()),
        ("csv", b"T1,3132333435363738393031323334353637383930,totp,6,30\n"),
    ],
)
def test_the_kind_of_a_file_is_seen_from_its_content(form: str, content: bytes):
    assert formats.detect(content).name == form
    (token,) = formats.read_content(content, ReadOptions(KEY if form == "pskc" else None)).tokens
    assert (token.serial, token.credential.secret, token.credential.period) == (
        "T1",
        TOKEN.credential.secret,
        30,
    )


SAMPLES = [
    pskc_writer.write(
        [TOKEN, KeyPackage("H1", Credential("H1", Secret(bytes(32)), "SHA256", 8, None, 9))],
        key=KEY,
    ),
    f"otpauth://totp/T1?secret={BASE32}&period=60\notpauth://hotp/H1?secret={BASE32}&counter=7".encode(),
    f"serial;secret;type;digits;period\nT1;{BASE32};totp;6;30\n".encode(),
    b"T1,3132333435363738393031323334353637383930,totp,6,30\nO1,31323334353637383930313233343536,ocra,OCRA-1:HOTP-SHA1-6:QN08\n",
    b"OATH-HOTP,11.12.13 "
    b"18:55,1,ubom0123,,3132333435363738393031323334353637383930,,,0,0,0,6,0,0\n",
]


def read_or_refuse(content: bytes) -> None:
    try:
        key = KEY if formats.detect(content).name == "pskc" else None
        tokens = formats.read_content(content, ReadOptions(key)).tokens
    except KodebrikError as error:
        assert BASE32 not in error.message
        assert "Nothing was imported." in error.hint
        return
    assert tokens


@pytest.mark.slow
@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_files_are_read_or_refused_but_never_break_the_program(
    sample: bytes, data: st.DataObject
):
    content = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        content[place : place + length] = data.draw(
            st.binary(max_size=12) | st.sampled_from(SAMPLES)
        )
    read_or_refuse(bytes(content))


@given(
    st.binary(max_size=400)
    | st.text(alphabet=',;\t\n"<>/=?&:#T1a0 \0', max_size=200).map(str.encode)
)
def test_anything_at_all_is_read_or_refused(content: bytes):
    read_or_refuse(content)


def test_a_file_that_is_not_there_or_too_large_is_an_error(tmp_path):
    with (
        pytest.raises(KodebrikError, match="Cannot read") as error,
        formats.opened(tmp_path / "none"),
    ):
        pass
    assert error.value.exit_code == ExitCode.FILE
    for start in (b'{"tokenOrder":[],"tokens":[]', b"<KeePassFile>", b"\x89PNG\r\n\x1a\n"):
        (tmp_path / "large").write_bytes(start + b" " * MAX_SIZE)
        with (
            formats.opened(tmp_path / "large") as file,
            pytest.raises(KodebrikError, match=f"more than {MAX_SIZE // 2**20} MB"),
        ):
            formats.read(file)


def test_a_csv_file_larger_than_what_is_held_in_memory_is_read(tmp_path):
    spare = " " * 2000
    with (tmp_path / "large.csv").open("w") as file:
        file.write("serial,secret,type,note\n")
        file.writelines(f"T{n:05},{BASE32},totp,{spare}x\n" for n in range(13_000))
    assert (tmp_path / "large.csv").stat().st_size > MAX_SIZE
    with formats.opened(tmp_path / "large.csv") as file:
        found = formats.read(file)
    assert [token.serial for token in found.tokens] == [f"T{n:05}" for n in range(13_000)]
    assert found.remarks.passed_over == ["note"]


def test_a_file_that_can_be_read_only_once_is_read():
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(SAMPLES[0])
    with formats.opened(Path(f"/dev/fd/{reading}")) as file:
        assert [token.serial for token in formats.read(file, ReadOptions(KEY)).tokens] == [
            "T1",
            "H1",
        ]
    os.close(reading)


def test_a_line_without_an_end_is_refused():
    with pytest.raises(KodebrikError, match="more than 1,048,576 characters"):
        formats.read_content(f"serial,secret\nT1,{'A' * 2**21}\n".encode())

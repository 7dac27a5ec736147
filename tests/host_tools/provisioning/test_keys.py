"""Issuer key files, access keys, and files with secrets."""

import json
import os
import stat

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from firmware.serial_number import serial_number
from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.provisioning import access_key, issuer_key_file
from host_tools.provisioning import serial_number as serials
from host_tools.secret import Secret
from tests.support.outcome import error_of

QUICK = 2**4  # scrypt's cost where a test is not about it
PHRASE = Secret("rødgrød med fløde".encode())
KEY = Secret(bytes(range(32)))


def test_a_key_file_opens_with_its_passphrase_and_shows_nothing_of_the_key():
    content = issuer_key_file.seal(KEY, PHRASE)
    assert issuer_key_file.unseal(content, PHRASE) == KEY
    assert KEY.reveal() not in content
    assert KEY.reveal().hex().encode() not in content
    assert json.loads(content)["scrypt_n"] >= 2**17


def test_a_wrong_passphrase_is_reported():
    content = issuer_key_file.seal(KEY, PHRASE, QUICK)
    with pytest.raises(KodebrikError, match="passphrase is wrong") as caught:
        issuer_key_file.unseal(content, Secret(b"another phrase"))
    assert caught.value.exit_code == ExitCode.WRONG_KEY


def test_a_short_passphrase_is_refused():
    with pytest.raises(KodebrikError, match="shorter than 8"):
        issuer_key_file.seal(KEY, Secret(b"short"))


@given(st.data())
def test_a_cut_or_changed_key_file_never_opens_and_never_crashes(data):
    content = issuer_key_file.seal(KEY, PHRASE, QUICK)
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content.rstrip()) - 1))]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        content = (
            content[:place]
            + bytes([content[place] ^ data.draw(st.integers(1, 255))])
            + content[place + 1 :]
        )
    opened: list[Secret] = []  # white space is no change
    error = error_of(lambda text: opened.append(issuer_key_file.unseal(text, PHRASE)), content)
    assert (
        opened == [KEY]
        if error is None
        else error.exit_code in (ExitCode.WRONG_KEY, ExitCode.BAD_INPUT)
    )


@pytest.mark.parametrize(
    "change",
    [{"scrypt_n": 2**40}, {"scrypt_n": 3}, {"scrypt_r": 2**20}, {"version": 2}, {"more": 1}],
)
def test_scrypt_parameters_of_a_key_file_are_bounded(change):
    fields = json.loads(issuer_key_file.seal(KEY, PHRASE, QUICK)) | change
    with pytest.raises(KodebrikError) as caught:
        issuer_key_file.unseal(json.dumps(fields).encode(), PHRASE)
    assert caught.value.exit_code == ExitCode.BAD_INPUT


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=8, max_size=8))
def test_access_keys_are_hkdf_of_the_serial(issuer_key, unique_id):
    """RFC 5869, against the cryptography package's HKDF."""
    serial = serial_number(unique_id)
    theirs = HKDF(hashes.SHA256(), 32, b"", b"kodebrik access key" + serial.encode()).derive(
        issuer_key
    )
    assert access_key.derive(Secret(issuer_key), serial).reveal() == theirs


@given(st.binary(min_size=8, max_size=8), st.integers(0, 11), st.integers(1, 9))
def test_a_serial_number_with_one_wrong_digit_is_caught(unique_id, place, error):
    serial = serial_number(unique_id)
    assert serials.check(f" {serial[:4]} {serial[4:8]} {serial[8:]} ") == serial
    wrong = serial[:place] + str((int(serial[place]) + error) % 10) + serial[place + 1 :]
    with pytest.raises(KodebrikError, match="not a token's serial"):
        serials.check(wrong)


@pytest.mark.parametrize("text", ["", "00" * 31, "xy" * 32, "00 " * 33])
def test_a_bad_hexadecimal_key_is_refused_without_quoting_it(text):
    with pytest.raises(KodebrikError, match="does not hold a key"):
        access_key.parse_hex(text, "FILE")


def test_private_files_are_the_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "secret"
    old = os.umask(0)
    try:
        private_files.write_new(path, b"once")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for refused in (
        lambda: private_files.write_new(path, b"twice"),
        lambda: private_files.check_new(path),
    ):
        with pytest.raises(KodebrikError, match="not overwritten") as caught:
            refused()
        assert caught.value.exit_code == ExitCode.FILE
    assert path.read_bytes() == b"once"


def test_a_link_is_not_followed_when_a_secret_is_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KodebrikError, match="not overwritten"):
        private_files.check_new(tmp_path / "link")
    with pytest.raises(KodebrikError, match="not overwritten"):
        private_files.write_new(tmp_path / "link", b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_a_secret_that_others_can_read_is_warned_about(tmp_path):
    path = tmp_path / "secret"
    path.write_text("text \n")
    warnings: list[str] = []
    path.chmod(0o600)
    assert private_files.read_text(str(path), warnings.append) == "text"
    assert not warnings
    path.chmod(0o640)
    private_files.read_text(str(path), warnings.append)
    assert "chmod 600" in warnings[0]


def test_what_is_no_secrets_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(KodebrikError, match="not a text file"):
        private_files.read_text(str(path), print)
    path.write_bytes(bytes(100_000))
    with pytest.raises(KodebrikError, match="too large"):
        private_files.read(str(path), print)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(KodebrikError, match="Cannot read") as caught:
            private_files.read(str(missing), print)
        assert caught.value.exit_code == ExitCode.FILE
    with pytest.raises(KodebrikError, match="Cannot write"):
        private_files.check_new(tmp_path / "no folder" / "file")

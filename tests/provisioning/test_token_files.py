"""Files of tokens of any kind: told apart by content, whatever their names."""

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.provisioning import pskc_writing, token_files
from host_tools.provisioning.credential import Credential
from host_tools.provisioning.pskc_document import MAX_SIZE
from host_tools.provisioning.token_key import TokenKey
from host_tools.secret import Secret

KEY = Secret(bytes(16))
TOKEN = TokenKey("T1", Credential("T1", Secret(b"12345678901234567890")), manufacturer="kodebrik")
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("pskc", pskc_writing.write([TOKEN], key=KEY)),
        ("pskc", b"\xef\xbb\xbf" + pskc_writing.write([TOKEN], key=KEY)),
        ("pskc", pskc_writing.write([TOKEN], key=KEY).decode().replace("UTF-8", "UTF-16").encode("utf-16")),
        ("otpauth", f" otpauth://totp/T1?secret={BASE32}".encode()),
        ("csv", f"serial,secret,type\nT1,{BASE32},totp\n".encode()),
        ("csv", b"T1,3132333435363738393031323334353637383930,totp,6,30\n"),
    ],
)
def test_the_kind_of_a_file_is_seen_from_its_content(form: str, content: bytes):
    assert token_files.form(content) == form
    (token,) = token_files.read(content, key=KEY if form == "pskc" else None)
    assert (token.serial, token.credential.secret, token.credential.period) == ("T1", TOKEN.credential.secret, 30)


def test_a_file_that_is_not_there_or_too_large_is_an_error(tmp_path):
    with pytest.raises(KodebrikError, match="Cannot read") as error:
        token_files.load(tmp_path / "none")
    assert error.value.exit_code == ExitCode.FILE
    (tmp_path / "large").write_bytes(b"<" * (50 * 2**20))
    content = token_files.load(tmp_path / "large")
    assert len(content) == MAX_SIZE + 1
    with pytest.raises(KodebrikError, match="MB"):
        token_files.read(content)

"""FreeRADIUS asks our server over REST, with the configuration that we document; its client asks
our own RADIUS."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import encode_base32
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from tests.interop import freeradius, own_server

SECRET = Secret(b"12345678901234567890")
TOKENS = {
    name: NewToken(name.upper(), Credential(name, SECRET, period=None, counter=0))
    for name in ("sofie.h", "o'brien%41&x=1")
}
needs_freeradius = pytest.mark.skipif(
    freeradius.program() is None or shutil.which("radclient") is None, reason=freeradius.ABSENT
)
needs_radclient = pytest.mark.skipif(shutil.which("radclient") is None, reason=freeradius.ABSENT)


def code(counter: int) -> str:
    return pyotp.HOTP(encode_base32(SECRET)).at(counter)


@pytest.fixture(scope="module")
def radius(tmp_path_factory: pytest.TempPathFactory) -> Iterator[freeradius.FreeRadius]:
    folder = tmp_path_factory.mktemp("freeradius")
    with (
        own_server.running(tmp_path_factory.mktemp("server"), TOKENS) as server,
        freeradius.running(folder, server.url, server.api_key) as running,
    ):
        yield running


@needs_freeradius
def test_a_right_code_is_accepted_once(radius: freeradius.FreeRadius):
    assert radius.ask("sofie.h", code(0)) == "Access-Accept"
    assert radius.ask("sofie.h", code(0)) == "Access-Reject"
    assert radius.ask("sofie.h", code(1)) == "Access-Accept"


@needs_freeradius
def test_wrong_codes_and_unknown_users_are_rejected_alike(radius: freeradius.FreeRadius):
    assert radius.ask("sofie.h", "000000") == "Access-Reject"
    assert radius.ask("nobody", code(2)) == "Access-Reject"
    assert radius.ask("sofie.h", "not a code & pass=1") == "Access-Reject"


@needs_freeradius
def test_names_with_the_letters_of_urls_arrive_whole(radius: freeradius.FreeRadius):
    assert radius.ask("o'brien%41&x=1", code(0)) == "Access-Accept"
    assert radius.ask("o'brienA&x=1", code(1)) == "Access-Reject"


@needs_freeradius
def test_without_the_right_api_key_nobody_gets_in(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("server")
    with (
        own_server.running(folder, TOKENS) as server,
        freeradius.running(tmp_path, server.url, "not the key") as radius,
    ):
        assert radius.ask("sofie.h", code(0)) == "Access-Reject"


@needs_radclient
def test_our_own_radius_server_answers_freeradius_client(tmp_path: Path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clients = tmp_path / "clients"
    clients.touch(0o600)
    clients.write_text(f"127.0.0.1 {freeradius.SECRET}\n")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[radius]\nport = {port}\nclients_file = "clients"\n')
    with own_server.running(tmp_path, TOKENS, settings):
        assert freeradius.ask(port, freeradius.SECRET, "sofie.h", code(0)) == "Access-Accept"
        assert freeradius.ask(port, freeradius.SECRET, "sofie.h", code(0)) == "Access-Reject"
        assert freeradius.ask(port, freeradius.SECRET, "nobody", code(1)) == "Access-Reject"

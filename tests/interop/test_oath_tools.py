"""OATH Toolkit (oathtool, pskctool; https://oath-toolkit.codeberg.page) and pyotp agree with token,
host and files.

pskctool knows no encryption: it reads all of our files but the secrets, and what it writes holds
them in the clear.
"""

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pskc import PSKC

from host_tools.cli import main
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import encode_base32
from host_tools.secret import Secret
from tests.interop import privacyidea
from tests.support.certificate import self_signed
from tests.support.emulated.on_port import on_port

KEY = Secret(bytes(range(16)))
needs_oathtool = pytest.mark.skipif(
    shutil.which("oathtool") is None, reason="oathtool is not installed (Debian's package oathtool)"
)
needs_pskctool = pytest.mark.skipif(
    shutil.which("pskctool") is None, reason="pskctool is not installed (Debian's package pskctool)"
)
SECRETS = [bytes([7 * size % 256]) * size for size in (16, 20, 32, 64)]


@pytest.fixture
def emulator(tmp_path, monkeypatch):
    """A new kodeviser on a port, which $KODEBRIK_PORT names."""
    with on_port(tmp_path, monkeypatch) as plugged:
        yield plugged


def oathtool(secret: bytes, *options: str) -> str:
    command = [
        "oathtool",
        *options,
        "-",
    ]  # the secret by standard input, not in the list of processes
    return subprocess.run(
        command, check=True, capture_output=True, text=True, input=secret.hex()
    ).stdout.strip()


@needs_oathtool
@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: f"{len(secret)} bytes")
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_hotp_codes_are_oathtools_and_pyotps(secret: bytes, digits: int):
    # pyotp leaves out 2^63 and more; oathtool counts to 2^64 - 1.
    for counter in (0, 1, 2**31, 2**32, 2**63 - 1):
        ours = codes.hotp(secret, counter, digits)
        assert ours == oathtool(secret, "--hotp", f"--counter={counter}", f"--digits={digits}")
        assert ours == pyotp.HOTP(encode_base32(Secret(secret)), digits=digits).at(counter)


@needs_oathtool
@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512"])
@pytest.mark.parametrize("period", [30, 60])
def test_totp_codes_are_oathtools_and_pyotps(algorithm: str, period: int):
    for secret in SECRETS:
        for moment in (59, 1_111_111_109, 1_234_567_890, 2_000_000_000, 20_000_000_000):
            ours = codes.totp(secret, moment, period, 8, algorithm)
            now = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            options = (
                f"--totp={algorithm}",
                f"--time-step-size={period}s",
                "--digits=8",
                f"--now={now}",
            )
            assert ours == oathtool(secret, *options)
            digest = getattr(hashlib, algorithm.lower())
            by_pyotp = pyotp.TOTP(
                encode_base32(Secret(secret)), digits=8, digest=digest, interval=period
            )
            assert ours == by_pyotp.at(moment)


@needs_oathtool
def test_the_token_shows_what_oathtool_and_pyotp_compute(
    emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    secret_file = tmp_path / "new secret"
    assert main(["provision", "--generate", "--secret-out", str(secret_file), "--json"]) == 0, (
        capsys.readouterr()
    )
    json.loads(capsys.readouterr().out)
    secret = secret_file.read_text().strip()
    emulator.unplug()
    for _ in range(3):
        before = int(emulator.rtc_time)
        emulator.press()
        shown = next(
            line.replace(" ", "")
            for line in emulator.screen_text()
            if line.replace(" ", "").isdigit()
        )
        moments = {before, int(emulator.rtc_time)}
        raw = bytes.fromhex(oathtool_hex(secret))
        times = [
            datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            for moment in moments
        ]
        assert shown in {oathtool(raw, "--totp", f"--now={now}") for now in times}
        assert shown in {pyotp.TOTP(secret).at(moment) for moment in moments}
        emulator.advance(45)


def oathtool_hex(secret: str) -> str:
    """The secret as oathtool decodes it from base32."""
    command = ["oathtool", "--verbose", "--base32", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, input=secret).stdout
    return next(
        line.partition(":")[2].strip()
        for line in said.splitlines()
        if line.startswith("Hex secret")
    )


def tokens() -> list[KeyPackage]:
    return [
        KeyPackage(
            "100000000008", Credential("bank", Secret(SECRETS[1])), None, "kodebrik", "kodeviser"
        ),
        KeyPackage(
            "100000000016",
            Credential("work", Secret(SECRETS[2]), "SHA256", 8, None, 5),
            None,
            "kodebrik",
        ),
    ]


@needs_pskctool
def test_pskctool_reads_our_files(tmp_path: Path):
    (tmp_path / "ours.pskc").write_bytes(pskc_writer.write(tokens(), key=KEY))
    command = ["pskctool", "--info", "--verbose", tmp_path / "ours.pskc"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for fact in (
        "SerialNo: 100000000008",
        "SerialNo: 100000000016",
        "Model: kodeviser",
        "FriendlyName: bank",
        "Algorithm: urn:ietf:params:xml:ns:keyprov:pskc:totp",
        "Key TimeInterval: 30",
        "Key Counter: 5",
        "Response Format Length: 8",
        "Algorithm Parameters Suite: SHA256",
    ):
        assert fact in said


def plain() -> bytes:
    """The tokens in the clear, by python-pskc alone: we write no such file ourselves."""
    document = PSKC()
    for token in tokens():
        credential = token.credential
        document.add_key(
            id=token.serial,
            serial=token.serial,
            manufacturer="kodebrik",
            model=token.model,
            algorithm=f"urn:ietf:params:xml:ns:keyprov:pskc:{credential.kind}",
            algorithm_suite=None if credential.algorithm == "SHA1" else credential.algorithm,
            response_length=credential.digits,
            response_encoding="DECIMAL",
            friendly_name=credential.name,
            secret=credential.secret.reveal(),
            counter=credential.counter,
            time_interval=credential.period,
        )
    content = BytesIO()
    document.write(content)
    return content.getvalue()


@pytest.fixture
def signed(tmp_path: Path) -> bytes:
    """A file as pskctool writes it, with a signature."""
    key = rsa.generate_private_key(65537, 2048)
    issuing = x509.BasicConstraints(ca=True, path_length=None)
    certificate = self_signed(key, "kodebrik test", issuing, critical=True)
    pem = serialization.Encoding.PEM
    (tmp_path / "crt").write_bytes(certificate.public_bytes(pem))
    (tmp_path / "key").write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    (tmp_path / "plain.pskc").write_bytes(plain())
    command = ["pskctool", "--sign", "--sign-key", tmp_path / "key", "--sign-crt", tmp_path / "crt"]
    written = subprocess.run(
        [*command, tmp_path / "plain.pskc"], check=True, capture_output=True
    ).stdout
    (tmp_path / "signed.pskc").write_bytes(written)
    verify = ["pskctool", "--verify", "--verify-crt", tmp_path / "crt", tmp_path / "signed.pskc"]
    assert (
        subprocess.run(verify, check=False, capture_output=True, text=True).stdout.strip() == "OK"
    )
    return written


@needs_pskctool
def test_we_read_what_pskctool_writes(signed: bytes):
    assert b"Signature" in signed
    assert list(formats.read_content(signed).tokens) == tokens()


@needs_pskctool
@pytest.mark.skipif(not privacyidea.installed(), reason=privacyidea.ABSENT)
def test_privacyidea_reads_what_pskctool_writes(signed: bytes):
    with privacyidea.running() as server:
        assert server.load("signed.pskc", signed, type="pskc")["n_imported"] == 2
        assert server.check("100000000016", codes.hotp(SECRETS[2], 5, 8, "SHA256"))

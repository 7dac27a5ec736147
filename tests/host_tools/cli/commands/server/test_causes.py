"""Why a database or a certificate cannot be used is told in words, in either language: never the
name of a Python class, and never a password."""

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.validator.keys import master_key
from tests.support.certificate import self_signed


@pytest.fixture
def said(capsys, monkeypatch):
    """Run a command; give exit code and what it says, and check that no class is named."""
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)

    def run(*arguments):
        capsys.readouterr()
        code = main(list(arguments))
        told = capsys.readouterr().err
        assert "Error:" in told or "Fejl:" in told
        assert not [word for word in told.split() if word.strip(".:").endswith("Error")][1:]
        assert "OperationalError" not in told
        assert "SSLError" not in told
        return code, told

    return run


@pytest.fixture
def parts(postgres_server):
    """Account and password, and host, of a PostgreSQL."""
    account, _, host = postgres_server.removeprefix("postgresql+psycopg://").partition("@")
    return account.partition(":")[2], host.partition("/")[0]


@pytest.mark.parametrize(
    ("url", "english", "danish"),
    [
        ("kodebrik:{password}@{host}/nope", "no database of that name", "ingen database af det"),
        ("kodebrik:wr0ng@{host}/postgres", "refuses account or password", "afviser konto"),
        ("kodebrik@{host}/postgres", "asks for a password", "beder om en adgangskode"),
        ("kodebrik:{password}@{host}/postgres?sslmode=require", "encrypted", "krypteres"),
        ("kodebrik:{password}@127.0.0.1:1/postgres", "Connection refused", "blev afvist"),
        ("kodebrik:{password}@nowhere.invalid/postgres", "Name or service", "Navnet findes"),
    ],
)
@pytest.mark.parametrize("command", [("list",), ("server", "--port", "0")], ids=" ".join)
def test_why_postgresql_cannot_be_used(said, monkeypatch, parts, url, english, danish, command):
    password, host = parts
    made = "postgresql+psycopg://" + url.format(password=password, host=host)
    monkeypatch.setenv("KODEBRIK_DATABASE", made)
    for language, words in (("en", english), ("da", danish)):
        code, told = said("--lang", language, *command)
        assert code == ExitCode.DATABASE
        assert words in told
        assert password not in told


def test_an_account_that_may_make_no_tables_is_told_so(said, monkeypatch, postgres_url):
    address = postgres_url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        made = f"postgresql+psycopg://guest:guest@{postgres_url.partition('@')[2]}"
        monkeypatch.setenv("KODEBRIK_DATABASE", made)
        code, told = said("server", "--port", "0")
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP ROLE guest")
    assert code == ExitCode.DATABASE
    assert "may not do that in this database" in told


@pytest.fixture
def pem(tmp_path):
    """PEM files: a certificate, its key, the key encrypted, another key, none."""
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    locked = BestAvailableEncryption(b"secret")
    for name, content in {
        "certificate": self_signed(key, "localhost", names).public_bytes(Encoding.PEM),
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "locked": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked),
        "other": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "none": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("certificate", "key", "english", "danish"),
    [
        ("certificate", "other", "not that of the certificate", "er ikke certifikatets"),
        ("certificate", "locked", "is encrypted", "er krypteret"),
        ("certificate", "none", "none holds no private key", "ingen privat nøgle"),
        ("none", "key", "none holds no certificate", "intet certifikat"),
        ("key", "key", "key holds no certificate", "intet certifikat"),
    ],
)
def test_why_a_certificate_cannot_be_used(said, pem, certificate, key, english, danish):
    for language, words in (("en", english), ("da", danish)):
        code, told = said(
            "--lang",
            language,
            "server",
            "--database",
            f"sqlite:///{pem / 'v.db'}",
            "--certificate",
            str(pem / certificate),
            "--private-key",
            str(pem / key),
        )
        assert code == ExitCode.BAD_INPUT
        assert words in told


def test_a_server_without_tls_is_told_so(said, folder, tmp_path):
    key = tmp_path / "qa.key"
    key.touch(0o600)
    key.write_text(folder.api_key)
    with folder.server() as server:
        url = server.url.replace("http://", "https://")
        code, told = said("qa", "run", "--against", url, "--api-key-file", str(key))
    assert code == ExitCode.SILENT
    assert f"{url} speaks no TLS" in told
    assert "http://" in told.partition("Use ")[2]

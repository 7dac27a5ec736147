"""Every export is read as its app means it: the same tokens, and pyotp's codes."""

import hashlib
import json
from typing import Any

import pyotp
import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.token_file import ReadOptions, TokenFile
from host_tools.secret import Secret
from tests.support.exports.accounts import ACCOUNTS, SIXTY, Account, as_json, uri
from tests.support.exports.apps import (
    aegis,
    andotp_encrypted,
    andotp_items,
    freeotp_plus_export,
    twofas_backup,
)
from tests.support.exports.password_managers import (
    bitwarden_export,
    keepass_document,
    keepass_entry,
)
from tests.support.exports.writers import ENCRYPTED, PLAIN

PASSWORD = "rødgrød med fløde"


def read(content: bytes, password: str | None = None) -> TokenFile:
    passphrase = None if password is None else Secret(password.encode())
    return formats.read_content(content, ReadOptions(passphrase=passphrase))


def check(token: KeyPackage, account: Account) -> None:
    """Compare a token with the account, and its codes with pyotp's."""
    it = token.credential
    assert token.serial == account.name
    assert it.name == f"{account.issuer}:{account.name}"
    assert (it.kind, it.algorithm, it.digits) == (account.kind, account.algorithm, account.digits)
    assert it.secret.reveal() == account.secret

    digest = getattr(hashlib, account.algorithm.lower())
    settings: dict[str, Any] = {"digits": account.digits, "digest": digest}
    if account.counter is None:
        assert it.period == account.period
        peer = pyotp.TOTP(account.base32, **settings, interval=account.period)
        for moment in (0, 59, 1_111_111_109, 20_000_000_000):
            assert it.code(moment) == peer.at(moment)
    else:
        assert it.counter == account.counter
        peer = pyotp.HOTP(account.base32, **settings)
        assert it.code(0) == peer.at(account.counter)


@pytest.mark.parametrize("form", PLAIN)
def test_an_export_gives_the_apps_tokens(form: str):
    file = read(PLAIN[form](ACCOUNTS))
    assert file.format == form.removesuffix(" csv")
    for token, account in zip(file.tokens, ACCOUNTS, strict=True):
        check(token, account)


@pytest.mark.parametrize("form", [form for form in PLAIN if form != "google"])
def test_other_periods_and_digits_are_read(form: str):
    (token,) = read(PLAIN[form]([SIXTY])).tokens
    check(token, SIXTY)


@pytest.mark.parametrize("form", ENCRYPTED)
def test_an_encrypted_export_is_opened_by_its_password(form: str):
    content = ENCRYPTED[form](ACCOUNTS, PASSWORD)
    for token, account in zip(read(content, PASSWORD).tokens, ACCOUNTS, strict=True):
        check(token, account)


@pytest.mark.parametrize("form", PLAIN)
def test_a_plain_export_is_refused_where_a_password_was_given(form: str):
    with pytest.raises(KodebrikError) as error:
        read(PLAIN[form](ACCOUNTS), PASSWORD)
    assert error.value.identifier == "file-unencrypted"
    assert "Nothing was imported." in error.value.hint


@pytest.mark.parametrize("rounds", [140_000, 160_000])
def test_andotps_own_numbers_of_rounds_are_recognised(rounds: int):
    content = andotp_encrypted(ACCOUNTS[:1], PASSWORD, rounds)
    check(read(content, PASSWORD).tokens[0], ACCOUNTS[0])


@pytest.mark.parametrize("form", ENCRYPTED)
def test_without_its_password_it_says_what_it_is_and_what_to_give(form: str):
    content = ENCRYPTED[form](ACCOUNTS, PASSWORD)
    with pytest.raises(KodebrikError) as error:
        read(content)
    assert "--encryption-passphrase-file" in error.value.hint
    assert "Nothing was imported." in error.value.hint
    if form != "andotp before 0.6.3":  # which has no mark
        assert error.value.identifier == "export-passphrase-missing"
        assert error.value.exit_code == ExitCode.WRONG_KEY


@pytest.mark.parametrize("form", ENCRYPTED)
@pytest.mark.parametrize("password", ["wrong", PASSWORD + " ", ""])
def test_another_password_opens_nothing(form: str, password: str):
    content = ENCRYPTED[form](ACCOUNTS, PASSWORD)
    with pytest.raises(KodebrikError) as error:
        read(content, password)
    assert "Nothing was imported." in error.value.hint


@pytest.mark.parametrize("form", ENCRYPTED)
def test_a_changed_encrypted_export_is_refused(form: str):
    content = ENCRYPTED[form](ACCOUNTS, PASSWORD)
    if content.startswith(b"{"):
        export = json.loads(content)
        for name in ("db", "servicesEncrypted", "data", "encryptedData"):
            if name in export:
                text = export[name]
                at = 40
                export[name] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        content = as_json(export)
    else:
        content = content[:60] + bytes([content[60] ^ 1]) + content[61:]
    with pytest.raises(KodebrikError, match=r"password|binary"):
        read(content, PASSWORD)


def test_accounts_of_one_name_are_told_apart_by_their_issuers():
    twins = [Account("Air Canada", "bo", bytes(20)), Account("Bank", "bo", bytes(range(20)))]
    assert [token.serial for token in read(aegis(twins)).tokens] == [
        "Air-Canada:bo",
        "Bank:bo",
    ]
    unnamed = [Account("Bank", "", bytes(20)), Account("Post", "sofie b. hansen", bytes(20))]
    assert [token.serial for token in read(aegis(unnamed)).tokens] == [
        "Bank",
        "sofie-b.-hansen",
    ]
    for accounts, complaint in (
        ([twins[0], twins[0]], "stands twice"),
        ([Account("", "", bytes(20))], "no usable serial number"),
    ):
        with pytest.raises(KodebrikError, match=complaint):
            read(aegis(accounts))


def test_what_says_nothing_about_codes_is_listed():
    passed_over = {
        form: read(write(ACCOUNTS[:1])).remarks.passed_over for form, write in PLAIN.items()
    }
    assert passed_over["google"] == []
    assert set(passed_over["aegis"]) == {
        *("uuid", "note", "favorite", "groups", "db.groups", "db.icons_optimized"),
    }
    assert set(passed_over["andotp"]) == {"tags", "thumbnail", "last_used", "used_frequency"}
    assert {"order", "badge", "icon", "groupId", "otp.source"} <= set(passed_over["2fas"])
    assert {"notes", "login.password", "secureNote", "folders"} <= set(passed_over["bitwarden"])
    assert {"notes", "login_password"} <= set(passed_over["bitwarden csv"])
    assert set(passed_over["freeotp+"]) == {"tokenOrder", "issuerExt"}
    assert set(passed_over["raivo"]) == {"iconType", "iconValue", "pinned"}
    assert passed_over["ente"] == ["codeDisplay"]
    assert {"Password", "History", "Recycle Bin"} <= set(passed_over["keepassxc"])
    assert {"password", "notes", "icon"} <= set(passed_over["keepassxc csv"])


def test_what_the_apps_write_besides_totp_and_hotp_is_refused_by_name():
    account = ACCOUNTS[0]
    vault, backup, services = (
        json.loads(PLAIN[form]([account])) for form in ("aegis", "andotp", "2fas")
    )
    refused = []
    for kind in ("steam", "motp", "yandex"):
        vault["db"]["entries"][0]["type"] = kind
        vault["db"]["entries"][0]["info"]["pin"] = "1234"
        refused.append((as_json(vault), kind))
    backup[0]["type"] = "MOTP"
    refused.append((as_json(backup), "MOTP"))
    services["services"][0]["otp"]["tokenType"] = "STEAM"
    refused.append((as_json(services), "STEAM"))
    freeotp = json.loads(PLAIN["freeotp+"]([account]))
    freeotp["tokens"][0]["issuerInt"] = "Steam"
    refused.append((as_json(freeotp), "Steam"))
    steam = uri(account).replace("otpauth://totp/", "otpauth://steam/")
    refused.append((f"{steam}&codeDisplay=%7B%7D\n".encode(), "steam"))
    yandex = uri(account).replace("otpauth://totp/", "otpauth://yaotp/")
    for code, kind in ((yandex, "yaotp"), (f"steam://{account.base32}", "steam")):
        items = bitwarden_export([account])
        items["items"][1]["login"]["totp"] = code
        refused.append((as_json(items), kind))
    for line, kind in ((steam, "steam"), (yandex, "yaotp"), ("motp://a?secret=ab", "motp")):
        refused.append((f"# list\n{uri(account)}\n{line}\n".encode(), kind))
    settings = {"TOTP Seed": account.base32, "TOTP Settings": "30;S"}
    entry = keepass_entry(account, settings)
    refused.append((keepass_document(entry), "Steam"))
    for content, kind in refused:
        with pytest.raises(KodebrikError, match=f"is of the kind {kind}") as error:
            read(content)
        assert error.value.identifier == "export-kind"


def test_bitwardens_bare_secret_is_totp_with_sha1():
    export = bitwarden_export(ACCOUNTS[:1])
    export["items"][1]["login"]["totp"] = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    (token,) = read(as_json(export)).tokens
    assert token.credential.secret.reveal() == b"12345678901234567890"
    assert (token.serial, token.credential.algorithm) == ("sofie", "SHA1")
    assert token.credential.code(59) == "287082"  # RFC 6238 appendix B


def test_a_hash_that_the_app_leaves_out_is_its_own_and_is_warned_of():
    account = Account("Bank", "sofie", bytes(range(32)))
    bare = bitwarden_export([account])
    bare["items"][1]["login"]["totp"] = account.base32
    services = twofas_backup([account])
    for field in ("algorithm", "link"):
        del services["services"][0]["otp"][field]
    entry = keepass_entry(account, {"TimeOtp-Secret-Base32": account.base32})
    for content in (as_json(bare), as_json(services), keepass_document(entry)):
        file = read(content)
        assert file.tokens[0].credential.algorithm == "SHA1"
        (warning,) = file.remarks.warnings
        assert "no hash is named; SHA1 was taken" in warning


def test_a_new_hotp_token_of_freeotp_plus_begins_at_0():
    export = freeotp_plus_export([ACCOUNTS[3]])
    export["tokens"][0]["counter"] = -1
    (token,) = read(as_json(export)).tokens
    assert token.credential.counter == 0
    export["tokens"][0]["counter"] = -2
    with pytest.raises(KodebrikError, match="counter"):
        read(as_json(export))


def test_old_andotp_backups_have_the_issuer_in_the_label():
    items = andotp_items(ACCOUNTS[:1])
    items[0] |= {"label": "Bank - sofie", "issuer": ""}
    check(read(as_json(items)).tokens[0], ACCOUNTS[0])


def test_the_first_schema_of_2fas_has_the_apps_defaults():
    backup = twofas_backup(ACCOUNTS[:1]) | {"schemaVersion": 1}
    backup["services"][0]["otp"] = {"account": "sofie", "issuer": "Bank", "label": "Bank:sofie"}
    check(read(as_json(backup)).tokens[0], ACCOUNTS[0])

"""What an export says is never dropped: any change of one field changes the tokens, is listed as
passed over, or is refused; damaged exports never give another token."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.token_file import ReadOptions, TokenFile
from host_tools.secret import Secret
from tests.support.exports.accounts import ACCOUNTS, Account, as_json
from tests.support.exports.apps import aegis_encrypted_vault, aegis_vault
from tests.support.exports.writers import ENCRYPTED, PLAIN

Path = tuple[str | int, ...]

MIXED = (ACCOUNTS[1], ACCOUNTS[4])  # of other values than any default
JSON_FORMS = ("aegis", "andotp", "2fas", "bitwarden", "freeotp+", "raivo")
# Values of every type, and those that a field could have.
OTHERS = (
    *(True, 0, 1, -1, 7, 60, 1.5, 2**70, [], {}, [1], {"a": 1}),
    *("", "x", "SHA1", "sha256", "totp", "TOTP", "hotp", "MD5", "8"),
)
# What says the same as another field, or as its absence: the apps read it so too.
SAME = (
    ("header",),  # of a plain vault
    ("encrypted",),
    ("items", 0),  # an item without a code
    ("issuerInt",),  # beside an issuerExt that says the same
    ("db", "version"),  # among the known ones
    ("schemaVersion",),
    ("otp", "tokenType"),  # TOTP without one; an HOTP entry without is refused for its counter
    ("otp", "link"),  # beside the fields that it was read into
)


def read(content: bytes) -> TokenFile:
    """Read without a password, or with it where it is asked for."""
    try:
        return formats.read_content(content)
    except KodebrikError as error:
        if error.identifier not in ("export-passphrase-missing", "binary-file"):
            raise
    return formats.read_content(content, ReadOptions(passphrase=Secret(b"pw")))


def outcome(content: bytes) -> tuple[list[KeyPackage], list[str]] | None:
    """Give tokens and what the user is told of the rest, or None for a refusal that is as it must
    be."""
    try:
        file = read(content)
    except KodebrikError as error:
        assert "Nothing was imported." in error.hint
        for account in ACCOUNTS:
            assert account.base32 not in error.message + error.hint
        return None
    return list(file.tokens), file.remarks.passed_over + list(map(str, file.remarks.warnings))


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*at, key)
        if isinstance(inner, (dict, list)) and at[-1:] != ("secret",):
            yield from paths(inner, (*at, key))


def holder(export: Any, path: Path) -> Any:
    for key in path[:-1]:
        export = export[key]
    return export


def is_listed(path: Path, passed_over: list[str]) -> bool:
    """Say whether the field, or an object that it is in, was listed as passed over."""
    names = [str(key) for key in path]
    return any(
        listed.split(".") == names[start:end]
        for listed in passed_over
        for start in range(len(names))
        for end in range(start + 1, len(names) + 1)
    ) or any(listed.split(".")[-1] in names for listed in passed_over)


def is_warned(before: list[str], after: list[str]) -> bool:
    return any("no hash is named" in told for told in set(after) - set(before))


def is_same(path: Path) -> bool:
    return any(path == same or path[-len(same) :] == same for same in SAME)


@pytest.mark.slow
@pytest.mark.parametrize("form", JSON_FORMS)
def test_no_change_of_one_field_goes_unnoticed(form: str):
    export = json.loads(PLAIN[form](MIXED))
    before = outcome(as_json(export))
    assert before is not None
    refused = 0
    for path in paths(export):
        for other in OTHERS:
            changed = copy.deepcopy(export)
            if holder(changed, path)[path[-1]] == other:
                continue
            holder(changed, path)[path[-1]] = other
            after = outcome(as_json(changed))
            refused += after is None
            if after is not None and after[0] == before[0]:
                listed = is_listed(path, before[1] + after[1])
                assert is_same(path) or listed or is_warned(before[1], after[1]), (path, other)
    assert refused > 100


@pytest.mark.parametrize("form", JSON_FORMS)
def test_no_field_that_is_left_out_goes_unnoticed(form: str):
    export = json.loads(PLAIN[form](MIXED))
    before = outcome(as_json(export))
    assert before is not None
    for path in paths(export):
        changed = copy.deepcopy(export)
        was = holder(changed, path).pop(path[-1])
        after = outcome(as_json(changed))
        if after is not None and after[0] == before[0] and was is not None:
            listed = is_listed(path, before[1])
            assert is_same(path) or listed or is_warned(before[1], after[1]), path


@pytest.mark.parametrize("form", JSON_FORMS)
def test_a_field_of_no_known_name_is_refused_by_its_name(form: str):
    export = json.loads(PLAIN[form](MIXED))
    before = outcome(as_json(export))
    assert before is not None
    places = [path for path in [(), *paths(export)] if isinstance(_at(export, path), dict)]
    refused = 0
    for path in places:
        changed = copy.deepcopy(export)
        _at(changed, path)["otpSalt"] = 1
        try:
            after = read(as_json(changed))
        except KodebrikError as error:
            assert "otpSalt" in error.message
            refused += 1
        else:
            assert is_listed(path, after.remarks.passed_over), path
    assert refused >= len(MIXED)


def _at(export: Any, path: Path) -> Any:
    for key in path:
        export = export[key]
    return export


@pytest.mark.parametrize("form", JSON_FORMS)
def test_a_field_that_stands_twice_is_refused_by_its_name(form: str):
    text = PLAIN[form](MIXED).decode()
    names = {"aegis": "digits", "raivo": "digits", "freeotp+": "counter", "bitwarden": "totp"}
    name = names.get(form, "algorithm")
    doubled = text.replace(f'"{name}":', f'"{name}": null, "{name}":', 1)
    assert doubled != text
    with pytest.raises(KodebrikError, match=f"says {name} twice"):
        read(doubled.encode())


# Bitwarden's CSV ends in a URI without line end: where that was cut between two parameters, nothing
# shows it.
@pytest.mark.parametrize("form", PLAIN)
def test_a_truncated_export_is_refused(form: str):
    content = PLAIN[form](MIXED)
    whole = outcome(content)
    assert whole is not None
    for end in range(0, len(content), 7):
        if form == "ente" and b"codeDisplay=" not in content[:end]:
            continue  # this is an ordinary list of URIs
        after = outcome(content[:end])
        if after is not None:  # of a list of lines or rows, the first ones
            kept = after[0] if form != "bitwarden csv" else after[0][:-1]
            assert all(token in whole[0] for token in kept)


SAMPLES = [write(MIXED) for write in PLAIN.values()]


@pytest.mark.slow
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_changed_exports_never_break_the_program(data: st.DataObject):
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        replacement = st.binary(max_size=12) | st.sampled_from(
            [b"null", b'"', b"{", b"]", b"1e9", b"\xff", b",", b"\n", b"&digits=6", b"\\ud800"]
        )
        content[place : place + length] = data.draw(replacement)
    outcome(bytes(content))


SECRETS = {account.secret for account in MIXED}


@pytest.mark.slow
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(ENCRYPTED)), st.data())
def test_changed_encrypted_exports_never_give_another_token(form: str, data: st.DataObject):
    content = bytearray(_sealed(form))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    after = outcome(bytes(content))
    if after is not None:
        assert {token.credential.secret.reveal() for token in after[0]} == SECRETS
        assert [token.credential.digits for token in after[0]] == [8, 8]


_CACHE: dict[str, bytes] = {}


def _sealed(form: str) -> bytes:
    if form not in _CACHE:
        _CACHE[form] = ENCRYPTED[form](MIXED, "pw")
    return _CACHE[form]


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 2**25), ("n", 1000), ("n", 1), ("r", 2**20), ("r", 0), ("p", 2**20), ("p", 0)],
)
def test_no_file_makes_scrypt_work_without_bound(name: str, value: int):
    vault = aegis_encrypted_vault(MIXED, "pw")
    for slot in vault["header"]["slots"][1:]:
        slot[name] = value
    with pytest.raises(KodebrikError, match="more work than any app"):
        read(as_json(vault))


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        ("bitwarden", "kdfIterations", 10_000_001),
        ("bitwarden", "kdfIterations", 0),
        ("bitwarden argon2", "kdfMemory", 1025),
        ("bitwarden argon2", "kdfMemory", 0),
        ("bitwarden argon2", "kdfIterations", 17),
        ("bitwarden argon2", "kdfParallelism", 17),
        ("ente", "memLimit", 2**31),
        ("ente", "memLimit", 0),
        ("ente", "opsLimit", 17),
    ],
)
def test_no_file_makes_other_derivations_work_without_bound(form: str, name: str, value: int):
    export = json.loads(_sealed(form))
    (export if name in export else export["kdfParams"])[name] = value
    with pytest.raises(KodebrikError, match="more work than any app"):
        read(as_json(export))


@pytest.mark.parametrize(
    ("form", "old", "new", "complaint"),
    [
        ("aegis", '"version": 3', '"version": 4', "Aegis is of version 4"),
        ("aegis", '"version": 1', '"version": 2', "Aegis is of version 2"),
        ("2fas", '"schemaVersion": 4', '"schemaVersion": 5', "2FAS is of version 5"),
        ("2fas", "digits=8", "digits=6", "otp.link and otp.digits do not agree"),
        ("2fas", '"tokenType": "TOTP"', '"tokenType": "HOTP"', "do not agree"),
        ("raivo", '"counter": "0"', '"counter": "5"', "kind and counter do not agree"),
        ("raivo", '"digits": "8"', '"digits": "0x8"', "digits has no value"),
        ("raivo", '"digits": "8"', '"digits": "٨"', "digits has no value"),
        ("freeotp+", '"counter": 0', '"counter": 5', "type and counter do not agree"),
        ("freeotp+", "[0, 1, 2", "[0, 128, 2", "secret has no value"),
        ("freeotp+", "[0, 1, 2", "[0, true, 2", "secret has no value"),
        ("aegis", '"digits": 8', '"digits": 8.0', "info.digits has no value"),
        ("aegis", '"digits": 8', '"digits": NaN', "damaged"),
        ("aegis", '"SHA256"', '"MD5"', "compute with MD5"),
        ("andotp", '"digits": 8', '"digits": 5', "codes of 5 digits"),
        ("aegis", '"period": 30', '"period": 20', "valid for 20 s"),
    ],
)
def test_each_fault_has_its_message(form: str, old: str, new: str, complaint: str):
    text = PLAIN[form](MIXED).decode()
    assert old in text
    with pytest.raises(KodebrikError) as error:
        read(text.replace(old, new).encode())
    assert complaint in error.value.message


@pytest.mark.parametrize("secret", ["AAAA", "ABC1EFGHABC1EFGHABC1EFGHABC1EFGH", "é" * 26, "A" * 33])
def test_a_secret_that_is_no_base32_of_a_token_is_refused(secret: str):
    vault = aegis_vault(MIXED)
    vault["db"]["entries"][0]["info"]["secret"] = secret
    with pytest.raises(KodebrikError) as error:
        read(as_json(vault))
    assert secret not in error.value.message


def test_a_deep_or_huge_json_is_refused():
    for content in (
        b'{"header":1,"db":' + b"[" * 100_000,
        b'{"header":1,"db":' + b"9" * 5000 + b"}",
    ):
        with pytest.raises(KodebrikError, match="damaged"):
            read(content)
    with pytest.raises(KodebrikError, match="MB"):
        read(b'{"header":1,"db":' + b" " * 25 * 2**20)


def test_a_csv_export_that_a_spreadsheet_changed_is_refused():
    for form in ("bitwarden csv", "keepassxc csv"):
        lines = PLAIN[form](MIXED).decode().splitlines(keepends=True)
        for changed, complaint in (
            (lines[0].strip() + ",Remark\n" + "".join(lines[1:]), "remark"),
            (
                lines[0] + "".join(lines[1:-1]) + lines[-1].strip() + ",x\n",
                "fields, the first line",
            ),
            ("".join(lines) + '"open', "not CSV"),
        ):
            with pytest.raises(KodebrikError, match=complaint):
                read(changed.encode())


def test_an_empty_export_has_no_token():
    for form, write in PLAIN.items():
        if form not in ("google", "ente", "andotp", "raivo"):  # of which nothing is left then
            with pytest.raises(KodebrikError, match="holds no token"):
                read(write(()))


def test_an_account_without_secret_is_refused():
    for form in ("aegis", "andotp", "freeotp+", "raivo", "google"):
        with pytest.raises(KodebrikError, match=r"secret|bits"):
            read(PLAIN[form]([Account("Bank", "bo", b"")]))

"""Traffic between host tools and token conforms to the CDDL in docs/protocol.md."""

import re
from pathlib import Path
from unittest.mock import patch
from zlib import crc32

import cbor2
import pycddl
import pytest

from firmware.products.kodeoplaeser import PRODUCT
from firmware.protocol import messages
from firmware.protocol.cipher import Cipher
from host_tools.devtools.reference_docs import ROOT
from host_tools.errors import TokenError
from host_tools.link.channel import Channel
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.emulated.token import TokenUnderTest, hotp, totp
from tests.support.emulated.updates import SIGNER, update
from tests.support.link.token import ACCOUNT, LinkUnderTest
from tests.support.runtime import CPython

CDDL = re.search(
    r"```cddl\n(.*?)```", (ROOT / "docs/protocol.md").read_text(encoding="utf-8"), re.DOTALL
).group(1)
RULES = set(re.findall(r"^([a-z_-]+) =", CDDL, re.MULTILINE))


def check(rule: str, item: object) -> None:
    """Validate one item against one rule."""
    pycddl.Schema(f"start = {rule}\n{CDDL}").validate_cbor(cbor2.dumps(item, canonical=True))


@pytest.fixture
def traffic(kodeviser: TokenUnderTest):
    """Return the requests and responses of a session that uses every operation."""
    said: list[tuple[str, bytes]] = []
    encrypt, decrypt = Cipher.encrypt, Cipher.decrypt

    def seen_encrypt(cipher: Cipher, plaintext: bytes, ad: bytes = b"") -> bytes:
        said.append(("request", plaintext))
        return encrypt(cipher, plaintext, ad)

    def seen_decrypt(cipher: Cipher, ciphertext: bytes, ad: bytes = b"") -> bytes:
        plaintext = decrypt(cipher, ciphertext, ad)
        said.append(("response", plaintext))
        return plaintext

    with (
        patch.object(Cipher, "encrypt", seen_encrypt),
        patch.object(Cipher, "decrypt", seen_decrypt),
    ):
        session = kodeviser.provision(totp(), hotp("Count", algorithm="SHA512", digits=8))
        session.info()
        session.accounts()
        session.read_clock()
        session.trim_clock(-3)
        session.settings()
        session.write_settings({"flip": True})
        session.selftest()
        session.request(messages.READ_CODE, {"name": "Bank"})
        with pytest.raises(TokenError):
            session.set_pin(Secret(b"82915"))
        with pytest.raises(TokenError):
            session.clear_pin()
        for refused in (
            lambda: session.write_name(0, b"a part"),
            lambda: session.keep_name("Bank", 0),
        ):
            with pytest.raises(TokenError):  # it does not speak
                refused()
        session.block()
        session.unblock()
        session.remove_account("Count")
        session.wipe()
        kodeviser.emulator.battery_mv = 0
    return session.hello.body, [
        (kind, cbor2.loads(text)) for kind, text in said if text[:1] >= b"\xa0"
    ]


def test_hello_fits(traffic, kodeviser):
    check("hello", cbor2.loads(traffic[0]))
    check("hello", cbor2.loads(Channel(kodeviser.emulator.port).hello().body))


def test_all_requests_and_responses_fit(traffic):
    operations = set()
    operation = None
    for kind, message in traffic[1]:
        check(kind, message)
        if kind == "request":
            operation = messages.OPERATIONS[message["op"]]
            operations.add(operation)
        body = message["args"] if kind == "request" else message["result"]
        rule = f"{operation}-{'args' if kind == 'request' else 'result'}"
        if rule in RULES:
            check(rule, body)
        else:
            assert body == {}, f"{operation} carries what the CDDL does not know"
    assert operations == {name for name in messages.OPERATIONS.values() if name[:7] != "update_"}


def test_the_operations_of_an_update_fit(tmp_path):
    token = LinkUnderTest(CPython(), messages.PRODUCTION)
    token("change", "root", str(tmp_path))
    (tmp_path / "update.key").write_bytes(SIGNER.public)
    host, new, said = token.owned(), update(bytecode=0), set()

    def do(operation: int, **arguments: object) -> None:
        name = messages.OPERATIONS[operation]
        said.add(name)
        if arguments:
            check(f"{name}-args", arguments)
        result = host.do(operation, **arguments)
        if f"{name}-result" in RULES:
            check(f"{name}-result", result)
        else:
            assert result == {}

    check("manifest", cbor2.loads(new.signed.manifest))
    do(messages.UPDATE_KEY, key=SIGNER.public, signature=SIGNER.sign_successor(SIGNER.public))
    do(messages.UPDATE_BEGIN, manifest=new.signed.manifest, signature=new.signed.signature)
    for at in range(0, len(new.signed.package), messages.MAX_UPDATE_PART):
        part = new.signed.package[at : at + messages.MAX_UPDATE_PART]
        do(messages.UPDATE_WRITE, offset=at, data=part)
    do(messages.UPDATE_FINISH)
    assert said == {name for name in messages.OPERATIONS.values() if name[:7] == "update_"}
    with pytest.raises(pycddl.ValidationError):
        check("manifest", cbor2.loads(new.signed.manifest) | {"more": 1})


def test_the_cddl_refuses_invalid_items():
    with pytest.raises(pycddl.ValidationError):
        check(
            "credential_put-args",
            {"name": "x", "secret": bytes(15), "algorithm": "SHA1", "digits": 6, "period": 30},
        )
    with pytest.raises(pycddl.ValidationError):
        check("clock_set-args", {"time": messages.MAX_TIME + 1})


@pytest.mark.parametrize("entry", messages.ENTRIES)
@pytest.mark.parametrize("counter", [None, 7])
def test_accounts_that_answer_challenges_fit(entry: str, counter: int | None):
    suite = f"OCRA-1:HOTP-SHA512-8:{'' if counter is None else 'C-'}QA24-PSHA256-T30M"
    credential = Credential(
        "Pay", Secret(bytes(20)), period=None, counter=counter, suite=suite, entry=entry
    )
    check("credential_put-args", credential.arguments())
    host = LinkUnderTest(CPython(), product="kodeoplaeser").owned()
    check("credential_put-result", host.do(messages.CREDENTIAL_PUT, **credential.arguments()))
    check("credential_list-result", host.do(messages.CREDENTIAL_LIST))
    with pytest.raises(pycddl.ValidationError):
        check("credential_put-args", credential.arguments() | {"suite": "OCRA-1:HOTP-SHA1-4:QN08"})
    with pytest.raises(pycddl.ValidationError):
        check("credential_put-args", credential.arguments() | {"entry": "letter"})


def test_spoken_names_are_in_the_cddl(tmp_path: Path):
    host = LinkUnderTest(CPython(), product="kodeoplaeser")
    host("keep_names_in", str(tmp_path))
    owner = host.owned()
    owner.do(messages.CREDENTIAL_PUT, **ACCOUNT)
    clip = bytes(1500)
    for offset in (0, messages.NAME_PART):
        part = {"offset": offset, "data": clip[offset : offset + messages.NAME_PART]}
        check("name_write-args", part)
        owner.do(messages.NAME_WRITE, **part)
    for checksum in (crc32(clip), None):
        kept = {"name": ACCOUNT["name"], "checksum": checksum}
        check("name_keep-args", kept)
        owner.do(messages.NAME_KEEP, **kept)
        check("credential_list-result", owner.do(messages.CREDENTIAL_LIST))
    for rule, body in (
        ("name_write-args", {"offset": 0, "data": bytes(messages.NAME_PART + 1)}),
        ("name_write-args", {"offset": messages.MAX_SPOKEN_NAME, "data": b"x"}),
        ("name_keep-args", {"name": "a", "checksum": 1 << 32}),
    ):
        with pytest.raises(pycddl.ValidationError):
            check(rule, body)


def test_all_settings_of_a_kodeoplaeser_fit_and_are_in_the_cddl():
    host = LinkUnderTest(CPython(), product="kodeoplaeser").owned()
    held = host.do(messages.SETTINGS_READ)
    assert held.keys() == PRODUCT["settings"].keys()
    check("settings_read-result", held)
    changed = {
        "language": "en",
        "inverted": True,
        "volume": 9,
        "speed": 5,
        "key_delay": 10,
        "typing_time": 60,
        "time_outs": 10,
        "vibration": 2,
        "tones": 0,
        "voice": 2,
    }
    assert changed.keys() == held.keys(), "each is written once"
    for name, value in changed.items():
        check("settings_write-args", {name: value})
        check("settings_write-result", host.do(messages.SETTINGS_WRITE, **{name: value}))
    check("settings_write-args", changed)
    assert host.do(messages.SETTINGS_READ) == changed
    for name, (least, most) in PRODUCT["ranges"].items():
        for value in (least - 1, most + 1):
            assert (
                host.request(messages.SETTINGS_WRITE, **{name: value})[0] == messages.BAD_ARGUMENT
            )
            for rule, body in (
                ("settings_write-args", {name: value}),
                ("settings", held | {name: value}),
            ):
                with pytest.raises(pycddl.ValidationError):
                    check(rule, body)


def test_patterns_match_whole_texts():
    for rule, text in (
        ("serial-number", "0123456789012"),
        ("ocra-suite", "x OCRA-1:HOTP-SHA1-6:QN08"),
    ):
        with pytest.raises(pycddl.ValidationError):
            check(rule, text)
    check("ocra-suite", "OCRA-1:HOTP-SHA1-6:QN08")


def test_a_pin_fits():
    check("pin_set-args", {"pin": "82915"})
    for pin in ("829", "82a15", 82915, "829151234", "82915 "):
        with pytest.raises(pycddl.ValidationError):
            check("pin_set-args", {"pin": pin})

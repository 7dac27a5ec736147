"""Every operation of the link: its effect, its answer, and the requests it refuses without any
change."""

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware.crypto import primitives
from firmware.link import selftest
from firmware.link.selftest import known_answers
from firmware.products.kodeviser import PRODUCT
from firmware.protocol import messages as m
from firmware.protocol.sentences import ERRORS
from tests.support.link.client import HonestClient
from tests.support.link.token import ACCOUNT, KEY, OTHER_KEY, SECRET, LinkUnderTest
from tests.support.runtime import Runtime

NOW = 1_900_000_000  # time of the emulated clock, Unix seconds
COUNTING = {"name": "counting", "secret": SECRET, "algorithm": "SHA1", "digits": 6, "counter": 0}


@pytest.fixture
def token(runtime: Runtime) -> LinkUnderTest:
    """A token of the development build."""
    return LinkUnderTest(runtime)


@pytest.fixture
def host(token: LinkUnderTest) -> HonestClient:
    """Return the owner's client, with an open session."""
    return token.owned()


def refuses(
    token: LinkUnderTest, host: HonestClient, error: int, operation: int, **args: object
) -> None:
    """Assert that the request gets that error and that vault, clock and flash are as before."""
    before = token("contents"), token("effects")
    got, result = host.request(operation, **args)
    assert got == error, ERRORS.get(got, "it was done")
    assert result == {}
    after = token("contents"), token("effects")
    for effects in (before[1], after[1]):
        del effects["time"]
    assert after == before


def fingerprint(key: bytes, secret: bytes) -> bytes:
    """Return the fingerprint that the host expects (firmware/protocol/keys.py)."""
    return hmac.digest(key, b"kodebrik fingerprint" + secret, "sha256")[:8]


@pytest.mark.parametrize(
    "operation",
    [
        m.INFO,
        m.CREDENTIAL_LIST,
        m.CLOCK_READ,
        m.SETTINGS_READ,
        m.BLOCK,
        m.UNBLOCK,
        m.WIPE,
        m.SELFTEST,
        m.PIN_CLEAR,
    ],
)
def test_operations_without_arguments_refuse_any(token, host, operation):
    refuses(token, host, m.BAD_ARGUMENT, operation, more=1)


@pytest.mark.parametrize(
    ("operation", "name", "wrong"),
    [
        (m.CREDENTIAL_REMOVE, "name", [b"bank", 1, None, True, ["bank"]]),
        (m.READ_CODE, "name", [b"bank", 1, None, True, {}]),
        (
            m.CLOCK_SET,
            "time",
            [m.MIN_TIME - 1, m.MAX_TIME + 1, -1, True, None, "1900000000", 2**64 - 1],
        ),
        (m.CLOCK_TRIM, "aging", [-128, 128, True, None, "1", b"\x01"]),
    ],
)
def test_operations_with_one_argument_refuse_another_name_type_or_range(
    token, host, operation, name, wrong
):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    refuses(token, host, m.BAD_ARGUMENT, operation)
    refuses(token, host, m.BAD_ARGUMENT, operation, other="bank")
    refuses(token, host, m.BAD_ARGUMENT, operation, **{name: "bank", "more": 1})
    for value in wrong:
        refuses(token, host, m.BAD_ARGUMENT, operation, **{name: value})


def test_info_tells_the_tokens_health(token, host):
    assert host.do(m.INFO) == {
        "battery_mv": 3900,
        "clock_lost": False,
        "temperature": 2150,
        "unique_id": b"\xe6\x60\x58\x38\x83\x4c\x8b\x2f",
        "accounts": 0,
        "storage": "ok",
        "pin_tries": None,
        "manifest": None,
        "languages": ["da", "en"],
        "letters": False,
    }


def test_key_set_replaces_the_key_and_the_fingerprints_follow(token, host):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.KEY_SET, kind=m.KEY_TRANSPORT, key=OTHER_KEY)
    assert token("contents")["access_key"] == OTHER_KEY
    assert token.client().hello()["key"] == m.KEY_TRANSPORT
    (account,) = host.do(m.CREDENTIAL_LIST)["accounts"]
    assert account["fingerprint"] == fingerprint(OTHER_KEY, SECRET)


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"key": KEY},
        {"kind": m.KEY_ISSUER},
        {"kind": m.KEY_ISSUER, "key": KEY, "more": 1},
        {"kind": m.KEY_NONE, "key": KEY},
        {"kind": "other", "key": KEY},
        {"kind": 1, "key": KEY},
        {"kind": b"issuer", "key": KEY},
        {"kind": m.KEY_ISSUER, "key": KEY[:-1]},
        {"kind": m.KEY_ISSUER, "key": KEY + b"\0"},
        {"kind": m.KEY_ISSUER, "key": "x" * 32},
        {"kind": m.KEY_ISSUER, "key": None},
    ],
)
def test_key_set_refuses_an_invalid_key(token, host, args):
    refuses(token, host, m.BAD_ARGUMENT, m.KEY_SET, **args)


@pytest.mark.parametrize("algorithm", m.ALGORITHMS)
@pytest.mark.parametrize("digits", m.DIGITS)
@pytest.mark.parametrize(
    "moving", [{"period": 30}, {"period": 60}, {"counter": 0}, {"counter": 2**63 - 1}]
)
def test_every_allowed_kind_of_credential_is_taken_and_listed(
    token, host, algorithm, digits, moving
):
    account = {"name": "Åses bank", "algorithm": algorithm, "digits": digits, **moving}
    answer = host.do(m.CREDENTIAL_PUT, secret=SECRET, **account)
    assert answer == {"fingerprint": fingerprint(KEY, SECRET)}
    kind = "totp" if "period" in moving else "hotp"
    assert host.do(m.CREDENTIAL_LIST) == {"accounts": [{**account, "kind": kind, **answer}]}
    assert token("contents")["credentials"] == [{**account, "kind": kind, "secret": SECRET}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "x" * 33),
        ("name", "ø" * 17),
        ("name", "line\nbreak"),
        ("name", "bell\x07"),
        ("name", "\x7f"),
        ("name", b"bank"),
        ("name", None),
        ("secret", "x" * 20),
        ("secret", bytes(65)),
        ("secret", None),
        ("secret", 2**60),
        ("algorithm", "sha1"),
        ("algorithm", "MD5"),
        ("algorithm", None),
        ("algorithm", 1),
        ("digits", 5),
        ("digits", 9),
        ("digits", "6"),
        ("digits", True),
        ("digits", None),
        ("period", 0),
        ("period", 31),
        ("period", -30),
        ("period", "30"),
        ("period", None),
        ("kind", "totp"),
        ("counter", 0),
        ("more", 1),
    ],
)
def test_credential_put_refuses_a_wrong_argument(token, host, name, value):
    refuses(token, host, m.BAD_ARGUMENT, m.CREDENTIAL_PUT, **{**ACCOUNT, name: value})


@pytest.mark.parametrize("counter", [-1, 2**63, 2**64 - 1, True, None, "0", b"\0"])
def test_credential_put_refuses_a_wrong_counter(token, host, counter):
    refuses(token, host, m.BAD_ARGUMENT, m.CREDENTIAL_PUT, **{**COUNTING, "counter": counter})


@pytest.mark.parametrize("missing", list(ACCOUNT))
def test_credential_put_refuses_a_missing_argument(token, host, missing):
    args = {name: value for name, value in ACCOUNT.items() if name != missing}
    refuses(token, host, m.BAD_ARGUMENT, m.CREDENTIAL_PUT, **args)


@pytest.mark.clause("code: secrets")
@pytest.mark.parametrize("size", [0, 1, 15])
def test_a_secret_below_128_bits_is_refused_as_such(token, host, size):
    # RFC 4226 section 4, R6.
    refuses(token, host, m.SECRET_TOO_SHORT, m.CREDENTIAL_PUT, **{**ACCOUNT, "secret": bytes(size)})


@pytest.mark.parametrize("size", [16, 64])
def test_the_shortest_and_longest_secrets_are_taken(token, host, size):
    host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "secret": bytes(size)})


def test_eight_accounts_of_the_largest_size_fit_and_a_ninth_is_refused(token, host):
    for number in range(m.MAX_ACCOUNTS):
        host.do(
            m.CREDENTIAL_PUT, **{**ACCOUNT, "name": f"{number}" + "x" * 31, "secret": bytes(64)}
        )
    assert len(host.do(m.CREDENTIAL_LIST)["accounts"]) == m.MAX_ACCOUNTS
    refuses(token, host, m.ACCOUNTS_FULL, m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "name": "3" + "x" * 31})
    host.do(m.CREDENTIAL_REMOVE, name="7" + "x" * 31)
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)


def test_putting_the_same_again_writes_nothing(token, host):
    first = host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    saves = token("effects")["saves"]
    assert host.do(m.CREDENTIAL_PUT, **ACCOUNT) == first
    assert token("effects")["saves"] == saves


def test_the_same_name_with_another_secret_replaces_it_in_its_place(token, host):
    for name in ("a", "b", "c"):
        host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "name": name})
    host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "name": "b", "secret": b"another secret of 128 bit"})
    accounts = host.do(m.CREDENTIAL_LIST)["accounts"]
    assert [account["name"] for account in accounts] == ["a", "b", "c"]
    assert accounts[1]["fingerprint"] == fingerprint(KEY, b"another secret of 128 bit")


@pytest.mark.parametrize("again", [{}, {"digits": 8}, {"counter": 1}])
def test_a_counter_never_goes_back_when_its_credential_is_put_again(token, host, again):
    host.do(m.CREDENTIAL_PUT, **COUNTING)
    for _ in range(3):
        host.do(m.READ_CODE, name="counting")
    host.do(m.CREDENTIAL_PUT, **{**COUNTING, **again})
    assert token("contents")["credentials"][0]["counter"] == 3
    host.do(m.CREDENTIAL_PUT, **{**COUNTING, "counter": 9})
    assert token("contents")["credentials"][0]["counter"] == 9


def test_remove_forgets_one_account(token, host):
    for name in ("a", "b"):
        host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "name": name})
    host.do(m.CREDENTIAL_REMOVE, name="a")
    assert [account["name"] for account in host.do(m.CREDENTIAL_LIST)["accounts"]] == ["b"]
    refuses(token, host, m.UNKNOWN_ACCOUNT, m.CREDENTIAL_REMOVE, name="a")


def test_clock_read_answers_as_a_second_begins(token, host):
    token("change", "clock_ms", NOW * 1000 + 400)
    answer = host.do(m.CLOCK_READ)
    assert answer == {"time": NOW + 1, "lost": False, "set_at": 0, "aging": 0, "temperature": 2150}


def test_clock_read_of_a_clock_that_lost_the_time_gives_none(token, host):
    token("change", "lost", True)
    answer = host.do(m.CLOCK_READ)
    assert (answer["time"], answer["lost"]) == (None, True)


@pytest.mark.parametrize("fault", ["stuck", "invalid"])
def test_clock_read_of_a_stopped_or_invalid_clock_gives_none(token, host, fault):
    token("change", fault, True)
    answer = host.do(m.CLOCK_READ)
    assert (answer["time"], answer["lost"]) == (None, True)


def test_clock_read_of_a_clock_before_the_time_it_was_set_to_is_lost(token, host):
    host.do(m.CLOCK_SET, time=NOW)
    token("change", "clock_ms", (NOW - 10) * 1000)
    answer = host.do(m.CLOCK_READ)
    assert answer["lost"] is True
    assert answer["time"] < answer["set_at"]


@pytest.mark.parametrize("operation", [m.CLOCK_READ, m.CLOCK_SET, m.CLOCK_TRIM, m.READ_CODE])
@pytest.mark.parametrize("absence", ["found", "answering"])
def test_an_absent_clock_is_reported(token, host, operation, absence):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    if absence == "found":
        token("remove_clock")
    else:
        token("change", "absent", True)
    args = {
        m.CLOCK_SET: {"time": NOW},
        m.CLOCK_TRIM: {"aging": 1},
        m.READ_CODE: {"name": "bank"},
    }.get(operation, {})
    refuses(token, host, m.CLOCK_ABSENT, operation, **args)


@pytest.mark.parametrize("time", [m.MIN_TIME, 2**31, 4_102_444_800, m.MAX_TIME])
def test_clock_set_sets_the_time_clears_lost_and_records_when(token, host, time):
    token("change", "lost", True)
    assert host.do(m.CLOCK_SET, time=time) == {}
    effects = token("effects")
    assert effects["time"] == time
    assert effects["lost"] is False
    assert token("contents")["clock"] == {"set_at": time, "aging": 0}


def test_clock_set_restores_the_trim(token, host):
    host.do(m.CLOCK_TRIM, aging=-12)
    token("change", "aging", 0)  # both supplies were gone
    host.do(m.CLOCK_SET, time=NOW)
    assert token("effects")["aging"] == -12


@pytest.mark.parametrize("aging", [-127, -1, 0, 1, 127])
def test_clock_trim_reaches_chip_and_vault(token, host, aging):
    host.do(m.CLOCK_SET, time=NOW)
    assert host.do(m.CLOCK_TRIM, aging=aging) == {}
    assert token("effects")["aging"] == aging
    assert token("contents")["clock"] == {"set_at": NOW, "aging": aging}
    assert host.do(m.CLOCK_READ)["aging"] == aging


def test_settings_are_the_products_until_changed_and_survive_a_restart(token, host):
    assert host.do(m.SETTINGS_READ) == PRODUCT["settings"]
    assert host.do(m.SETTINGS_WRITE, flip=True) == {**PRODUCT["settings"], "flip": True}
    assert host.do(m.SETTINGS_WRITE, language="en", brightness=5) == {
        "flip": True,
        "language": "en",
        "brightness": 5,
        "time_outs": 1,
    }
    assert token("effects")["settings_changed"] == 2
    token("restart")
    assert token.client().open(KEY).do(m.SETTINGS_READ) == {
        "flip": True,
        "language": "en",
        "brightness": 5,
        "time_outs": 1,
    }


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"flip": 1},
        {"flip": None},
        {"flip": "yes"},
        {"language": "sv"},
        {"language": b"da"},
        {"language": True},
        {"brightness": 0},
        {"brightness": 6},
        {"brightness": True},
        {"brightness": "3"},
        {"volume": 3},
        {"flip": True, "volume": 3},
        {"flip": True, "brightness": 9},
    ],
)
def test_settings_write_refuses_settings_that_the_product_lacks(token, host, args):
    refuses(token, host, m.BAD_ARGUMENT, m.SETTINGS_WRITE, **args)


def test_blocked_gives_no_code_until_unblocked(token, host):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.CREDENTIAL_PUT, **COUNTING)
    host.do(m.BLOCK)
    assert token.client().hello()["state"] == m.BLOCKED
    for name in ("bank", "counting"):
        refuses(token, host, m.TOKEN_BLOCKED, m.READ_CODE, name=name)
    host.do(m.BLOCK)
    host.do(m.UNBLOCK)
    assert token.client().hello()["state"] == m.IN_USE
    host.do(m.READ_CODE, name="bank")


def test_a_new_key_does_not_unblock(token, host):
    host.do(m.BLOCK)
    host.do(m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    assert token("contents")["state"] == m.BLOCKED


def test_wipe_deletes_all_but_the_clock_data(token, host):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.SETTINGS_WRITE, flip=True)
    host.do(m.CLOCK_SET, time=NOW)
    host.do(m.BLOCK)
    host.do(m.WIPE)
    assert token("contents") == {
        "state": m.WIPED,
        "key_kind": m.KEY_NONE,
        "access_key": None,
        "credentials": [],
        "settings": {},
        "clock": {"set_at": NOW, "aging": 0},
        "pin": None,
    }
    assert token("effects")["settings_changed"] == 2


def test_selftest_reports_each_part(token, host):
    parts = host.do(m.SELFTEST)
    assert set(parts) == {
        "display",
        "hotp",
        "totp_sha256",
        "totp_sha512",
        "x25519",
        "chacha20poly1305",
        "random",
        "storage",
    }
    assert all(value is True for value in parts.values())


def test_read_code_gives_what_the_display_would_show(token, host):
    # RFC 6238 appendix B, SHA-1, T = 1234567890 and the last six of its eight digits.
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.CLOCK_SET, time=1234567890)
    assert host.do(m.READ_CODE, name="bank") == {"code": "005924"}
    host.do(m.CREDENTIAL_PUT, **{**ACCOUNT, "digits": 8})
    assert host.do(m.READ_CODE, name="bank") == {"code": "89005924"}


def test_read_code_refuses_without_the_time(token, host):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.CREDENTIAL_PUT, **COUNTING)
    refuses(token, host, m.UNKNOWN_ACCOUNT, m.READ_CODE, name="other")
    token("change", "lost", True)
    refuses(token, host, m.CLOCK_LOST, m.READ_CODE, name="bank")
    assert host.do(m.READ_CODE, name="counting") == {"code": "755224"}
    token("change", "lost", False)
    token("change", "invalid", True)
    refuses(token, host, m.CLOCK_LOST, m.READ_CODE, name="bank")
    token("change", "invalid", False)
    host.do(m.CLOCK_SET, time=NOW)
    token("change", "clock_ms", (NOW - 1) * 1000)
    refuses(token, host, m.CLOCK_LOST, m.READ_CODE, name="bank")


def test_a_flash_that_refuses_to_write_changes_nothing(token, host):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    host.do(m.CREDENTIAL_PUT, **COUNTING)
    token("fail_storage", True)
    refuses(token, host, m.STORAGE_FAILED, m.CREDENTIAL_PUT, **{**ACCOUNT, "name": "new"})
    refuses(token, host, m.STORAGE_FAILED, m.CREDENTIAL_REMOVE, name="bank")
    refuses(token, host, m.STORAGE_FAILED, m.KEY_SET, kind=m.KEY_ISSUER, key=OTHER_KEY)
    refuses(token, host, m.STORAGE_FAILED, m.SETTINGS_WRITE, flip=True)
    refuses(token, host, m.STORAGE_FAILED, m.BLOCK)
    refuses(token, host, m.STORAGE_FAILED, m.WIPE)
    refuses(token, host, m.STORAGE_FAILED, m.READ_CODE, name="counting")
    token("fail_storage", False)
    assert host.do(m.READ_CODE, name="counting") == {"code": "755224"}


def test_the_selftests_sealed_answer_equals_openssl():
    sealed = ChaCha20Poly1305(bytes(range(32))).encrypt(
        bytes(4) + (258).to_bytes(8, "little"), b"kodebrik self-test", b"header"
    )
    assert known_answers(primitives)["chacha20poly1305"] is True
    assert primitives.encrypt(bytes(range(32)), 258, b"header", b"kodebrik self-test") == sealed
    assert sealed.hex().encode() == selftest._SEALED


def test_the_selftest_names_the_failed_algorithms():
    class Broken:
        public_key = staticmethod(lambda private: bytes(32))
        encrypt = staticmethod(lambda *arguments: b"")
        decrypt = staticmethod(lambda *arguments: b"")

    wrong = {part for part, right in known_answers(Broken).items() if not right}
    assert wrong == {"x25519", "chacha20poly1305"}

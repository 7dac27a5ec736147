"""The spoken names of accounts: sent in parts and kept beside the vault, on both runtimes."""

from pathlib import Path
from zlib import crc32

import pytest

from firmware.protocol import messages as m
from tests.support.link.client import HonestClient
from tests.support.link.token import ACCOUNT, LinkUnderTest
from tests.support.runtime import Runtime

CLIP = bytes(range(256)) * 10
OTHER = CLIP[::-1]
NAME = ACCOUNT["name"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the clips, with another file of the token in it."""
    (tmp_path / "vault.0").write_bytes(b"not a clip")
    return tmp_path


@pytest.fixture
def token(runtime: Runtime, folder: Path) -> LinkUnderTest:
    under_test = LinkUnderTest(runtime, product="kodeoplaeser")
    under_test("keep_names_in", str(folder))
    return under_test


@pytest.fixture
def host(token: LinkUnderTest) -> HonestClient:
    """The owner's client; the token has one account."""
    owner = token.owned()
    owner.do(m.CREDENTIAL_PUT, **ACCOUNT)
    return owner


def send(host: HonestClient, clip: bytes, size: int = m.NAME_PART) -> None:
    for offset in range(0, len(clip), size):
        host.do(m.NAME_WRITE, offset=offset, data=clip[offset : offset + size])


def give(host: HonestClient, clip: bytes, name: str = NAME) -> None:
    send(host, clip)
    host.do(m.NAME_KEEP, name=name, checksum=crc32(clip))


def clips(folder: Path) -> list[bytes]:
    """What is kept beside the vault."""
    assert (folder / "vault.0").exists()
    return sorted(path.read_bytes() for path in folder.glob("*.kvp"))


def spoken(host: HonestClient) -> dict[str, int | None]:
    accounts = host.do(m.CREDENTIAL_LIST)["accounts"]
    return {account["name"]: account.get("spoken") for account in accounts}


@pytest.mark.parametrize("size", [m.NAME_PART, 100, 1])
def test_a_clip_that_comes_in_parts_becomes_the_name(host, folder, size):
    clip = CLIP if size > 1 else CLIP[:20]
    send(host, clip, size)
    assert spoken(host) == {NAME: None}, "not before it is kept"
    host.do(m.NAME_KEEP, name=NAME, checksum=crc32(clip))
    assert spoken(host) == {NAME: crc32(clip)}
    assert clips(folder) == [clip]
    assert (folder / f"{crc32(clip):08x}.kvp").exists()


def test_a_part_that_comes_again_changes_nothing(host, folder):
    send(host, CLIP[: 2 * m.NAME_PART])
    send(host, CLIP[:50])
    give(host, CLIP)
    host.do(m.NAME_KEEP, name=NAME, checksum=crc32(CLIP))
    assert clips(folder) == [CLIP]


def test_another_name_takes_the_place_of_the_first(host, folder):
    give(host, CLIP)
    give(host, OTHER)
    assert spoken(host) == {NAME: crc32(OTHER)}
    assert clips(folder) == [OTHER]


def test_a_clip_serves_all_accounts_that_have_it(host, folder):
    host.do(m.CREDENTIAL_PUT, **ACCOUNT | {"name": "work"})
    give(host, CLIP)
    host.do(m.NAME_KEEP, name="work", checksum=crc32(CLIP))
    assert clips(folder) == [CLIP]
    host.do(m.CREDENTIAL_REMOVE, name=NAME)
    assert clips(folder) == [CLIP]
    host.do(m.CREDENTIAL_REMOVE, name="work")
    assert clips(folder) == []


def test_a_name_is_taken_away(host, folder):
    give(host, CLIP)
    host.do(m.NAME_KEEP, name=NAME, checksum=None)
    assert spoken(host) == {NAME: None}
    assert clips(folder) == []


def test_wiping_deletes_the_clips(host, folder):
    give(host, CLIP)
    send(host, OTHER)
    host.do(m.WIPE)
    assert clips(folder) == []


def test_the_name_stays_when_the_account_is_stored_again_or_gets_another_secret(
    token, host, folder
):
    give(host, CLIP)
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    assert spoken(host) == {NAME: crc32(CLIP)}
    host.do(m.CREDENTIAL_PUT, **ACCOUNT | {"secret": bytes(20)})
    assert spoken(host) == {NAME: crc32(CLIP)}
    token("restart")
    assert clips(folder) == [CLIP]


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ({"checksum": crc32(OTHER)}, m.BAD_ARGUMENT),  # not what has come
        ({"checksum": -1}, m.BAD_ARGUMENT),
        ({"checksum": 1 << 32}, m.BAD_ARGUMENT),
        ({"checksum": True}, m.BAD_ARGUMENT),
        ({"checksum": "x"}, m.BAD_ARGUMENT),
        ({"name": "nobody"}, m.UNKNOWN_ACCOUNT),
        ({"name": 1}, m.BAD_ARGUMENT),
    ],
)
def test_what_does_not_fit_is_refused_and_the_name_stays(host, folder, arguments, number):
    give(host, OTHER[:700])
    send(host, CLIP)
    kept = {"name": NAME, "checksum": crc32(CLIP)} | arguments
    assert host.request(m.NAME_KEEP, **kept)[0] == number
    assert spoken(host) == {NAME: crc32(OTHER[:700])}
    assert OTHER[:700] in clips(folder)


@pytest.mark.parametrize(
    "part",
    [
        {"offset": 701, "data": b"x"},  # a gap
        {"offset": -1, "data": b"x"},
        {"offset": 0, "data": b""},
        {"offset": 0, "data": bytes(m.NAME_PART + 1)},
        {"offset": m.MAX_SPOKEN_NAME, "data": b"x"},
        {"offset": True, "data": b"x"},
        {"offset": 0, "data": "text"},
    ],
)
def test_a_part_that_does_not_fit_is_refused(host, folder, part):
    send(host, CLIP[:700])
    assert host.request(m.NAME_WRITE, **part)[0] == m.BAD_ARGUMENT
    host.do(m.NAME_KEEP, name=NAME, checksum=crc32(CLIP[:700]))


def test_the_longest_clip_is_taken(host, folder):
    clip = (CLIP * 8)[: m.MAX_SPOKEN_NAME]
    give(host, clip)
    assert clips(folder) == [clip]


def test_a_storage_that_fails_keeps_the_old_name(token, host, folder):
    give(host, OTHER)
    send(host, CLIP)
    token("fail_storage", True)
    kept = host.request(m.NAME_KEEP, name=NAME, checksum=crc32(CLIP))
    assert kept[0] == m.STORAGE_FAILED
    token("fail_storage", False)
    assert spoken(host) == {NAME: crc32(OTHER)}
    assert OTHER in clips(folder)
    give(host, CLIP)
    assert clips(folder) == [CLIP]


def test_a_token_without_a_voice_takes_no_names(runtime: Runtime):
    host = LinkUnderTest(runtime).owned()
    host.do(m.CREDENTIAL_PUT, **ACCOUNT)
    assert host.request(m.NAME_WRITE, offset=0, data=b"x")[0] == m.UNKNOWN_OPERATION
    assert host.request(m.NAME_KEEP, name=NAME, checksum=None)[0] == m.UNKNOWN_OPERATION

"""A master key in a PKCS#11 device, with SoftHSM2 as the device."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.keys import pkcs11 as pkcs11_key

PIN = "4711-kode"
DATA_KEY = Secret(bytes(range(32)))
DRIVERS = [
    *Path("/usr/lib").glob("**/softhsm/libsofthsm2.so"),
    *Path("/usr/local/lib").glob("softhsm/libsofthsm2.so"),
    *Path("/opt/homebrew/lib").glob("softhsm/libsofthsm2.so"),
]
needs_softhsm = pytest.mark.skipif(
    not DRIVERS or shutil.which("softhsm2-util") is None,
    reason="SoftHSM2 is not installed (Debian's package softhsm2)",
)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("PinLocked", "CKR_PIN_LOCKED"),
        ("SlotIDInvalid", "CKR_SLOT_ID_INVALID"),
        ("RandomNoRNG", "CKR_RANDOM_NO_RNG"),
    ],
)
def test_what_a_driver_refuses_has_its_name_in_the_standard(kind: str, name: str):
    exceptions = pytest.importorskip("pkcs11").exceptions
    location = pkcs11_key.parse("pkcs11:token=t;object=o?module-path=/x&pin-source=file:/x")
    with pytest.raises(KodebrikError) as error, pkcs11_key._errors(location):
        raise getattr(exceptions, kind)
    assert f"token t failed: {name}." in error.value.message


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh SoftHSM2 token; gives the URI of a key in it, which is not there yet."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n"
    )
    (folder / "pin").touch(0o600)
    (folder / "pin").write_text(PIN + "\n")
    before = os.environ.get("SOFTHSM2_CONF")
    # the driver reads it when it is loaded
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "kode brik",
        "--pin",
        PIN,
        "--so-pin",
        "12345678",
    ]
    subprocess.run(command, check=True, capture_output=True)
    place = f"module-path={DRIVERS[0]}&pin-source=file:{folder / 'pin'}"
    yield f"pkcs11:token=kode%20brik;object=master?{place}"
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture(scope="module")
def key(device: str) -> pkcs11_key.Pkcs11Key:
    return pkcs11_key.create(pkcs11_key.parse(device))


@needs_softhsm
def test_a_data_key_is_wrapped_and_unwrapped_inside_the_device(
    device: str, key: pkcs11_key.Pkcs11Key
):
    wrapped = key.wrap(DATA_KEY, b"data key 7")
    assert DATA_KEY.reveal() not in wrapped
    assert key.wrap(DATA_KEY, b"data key 7") != wrapped
    again = pkcs11_key.Pkcs11Key(pkcs11_key.parse(device))
    assert again.identity == key.identity
    assert len(key.identity) <= 64
    assert again.unwrap(wrapped, b"data key 7") == DATA_KEY


@needs_softhsm
@pytest.mark.parametrize("flip", [0, 13, -1])
def test_another_context_or_a_changed_byte_opens_nothing(key: pkcs11_key.Pkcs11Key, flip: int):
    wrapped = bytearray(key.wrap(DATA_KEY, b"data key 7"))
    with pytest.raises(KodebrikError, match="does not fit") as error:
        key.unwrap(bytes(wrapped), b"data key 8")
    assert error.value.exit_code == ExitCode.WRONG_KEY
    wrapped[flip] ^= 1
    with pytest.raises(KodebrikError, match="does not fit"):
        key.unwrap(bytes(wrapped), b"data key 7")


@needs_softhsm
def test_the_key_cannot_be_read_out_of_the_device(key: pkcs11_key.Pkcs11Key):
    pkcs11 = pytest.importorskip("pkcs11")
    assert key._key[pkcs11.Attribute.EXTRACTABLE] is False
    assert key._key[pkcs11.Attribute.SENSITIVE] is True
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key._key[pkcs11.Attribute.VALUE]


@needs_softhsm
def test_threads_may_share_it(key: pkcs11_key.Pkcs11Key):
    def round_trip(number: int) -> bool:
        context = str(number).encode()
        return key.unwrap(key.wrap(DATA_KEY, context), context) == DATA_KEY

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(round_trip, range(200)))


@needs_softhsm
def test_what_is_missing_is_said(device: str, key: pkcs11_key.Pkcs11Key, tmp_path: Path):
    wrong = tmp_path / "pin"
    wrong.touch(0o600)
    wrong.write_text("0000")
    pin_file = device.rpartition("file:")[2]
    for uri, complaint in (
        (device.replace("object=master", "object=other"), "holds no key other"),
        (device.replace("kode%20brik", "elsewhere"), "knows no token elsewhere"),
        (device.replace(pin_file, str(tmp_path / "none")), "Cannot read"),
        (device.replace(str(DRIVERS[0]), str(tmp_path / "none.so")), "failed"),
    ):
        with pytest.raises(KodebrikError, match=complaint):
            pkcs11_key.Pkcs11Key(pkcs11_key.parse(uri))
    # A process logs in once, so the wrong PIN needs one of its own.
    code = (
        "import sys; from host_tools.validator.keys import pkcs11 as p; "
        "p.Pkcs11Key(p.parse(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, device.replace(pin_file, str(wrong))]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stderr
    assert "The PIN of the PKCS#11 token kode brik is wrong." in said
    wrong.chmod(0o644)
    with pytest.raises(KodebrikError, match="Others on this computer"):
        pkcs11_key.Pkcs11Key(pkcs11_key.parse(device.replace(pin_file, str(wrong))))
    with pytest.raises(KodebrikError, match="already"):
        pkcs11_key.create(pkcs11_key.parse(device))


@needs_softhsm
def test_the_commands_make_a_key_in_the_device_and_open_a_database_with_it(
    device: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    uri = device.replace("object=master", "object=server")
    database = f"sqlite:///{tmp_path / 'validator.db'}"
    (tmp_path / "tokens.csv").write_text("T1,3132333435363738393031323334353637383930,totp,6,30\n")
    assert main(["server", "create-key", "--device", uri]) == 0
    assert main(["server", "create-key", "--device", uri]) == ExitCode.FILE
    assert main(["server", "create-key", "--key-file", str(tmp_path / "file.key")]) == 0
    assert (
        main(["import", str(tmp_path / "tokens.csv"), "--database", database, "--master-key", uri])
        == 0
    )
    other = ["--database", database, "--master-key", str(tmp_path / "file.key")]
    assert main(["server", "rotate-key", *other]) == ExitCode.WRONG_KEY
    assert (
        main(
            [
                "server",
                "change-master-key",
                "--to",
                other[-1],
                "--database",
                database,
                "--master-key",
                uri,
            ]
        )
        == 0
    )
    assert main(["server", "rotate-key", *other]) == 0
    assert PIN not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [
        ("pkcs11:token=a;object=b?module-path=/x.so&pin-value=1234", "holds the PIN"),
        ("pkcs11:object=b?module-path=/x.so", "lacks token"),
        ("pkcs11:token=a;object=b", "lacks module-path"),
        ("token=a;object=b?module-path=/x.so", "lacks its scheme"),
    ],
)
def test_a_uri_that_names_no_key_is_refused_and_never_repeats_the_pin(uri: str, complaint: str):
    with pytest.raises(KodebrikError, match=complaint) as error:
        pkcs11_key.parse(uri)
    assert "1234" not in error.value.message + error.value.hint


def test_the_pin_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    place = pkcs11_key.parse("pkcs11:token=a;object=b?module-path=/x.so")
    monkeypatch.delenv("KODEBRIK_PKCS11_PIN", raising=False)
    with pytest.raises(KodebrikError, match="needs its PIN"):
        pkcs11_key.Pkcs11Key(place)

"""The names of accounts: said by their own clips, spelled by letters where they have none."""

from pathlib import Path
from zlib import crc32

import pytest

from tests.firmware.ui.speaking.steps import INTERACTION, again, play, said
from tests.support.runtime import Runtime

CLIP = bytes(8 * 1500)  # 1.5 s
CODE = list("416600")


@pytest.fixture
def product(tmp_path: Path) -> dict[str, str]:
    """The files of a token that has letters."""
    (tmp_path / "letters.kvp").write_bytes(b"letters")
    return {
        "letters": str(tmp_path / "letters.kvp"),
        "spoken_names": str(tmp_path / "{:08x}.kvp"),
    }


def keep(product: dict[str, str], clip: bytes = CLIP) -> int:
    """Keep a clip as a token does; its CRC-32."""
    checksum = crc32(clip)
    Path(product["spoken_names"].format(checksum)).write_bytes(clip)
    return checksum


def test_a_name_without_a_clip_is_spelled_before_its_code(runtime: Runtime, product):
    told = play(runtime, "red", "until quiet", names=("Netbank", "Løn"), product=product)
    assert said(told) == ["ample_time", *"netbank", *CODE]
    assert told[-1][1] == "God tid. Netbank 416 600"
    assert again(runtime, "red+#", "until quiet")[:3] == ["l", "oe", "n"], "there is a wait by now"


def test_digits_of_a_name_are_digits_and_signs_are_not_said(runtime: Runtime, product):
    told = play(runtime, "red", "until quiet", names=("DK-7 Å/b", "b"), product=product)
    assert said(told) == ["ample_time", "d", "k", "7", "aa", "b", *CODE]
    assert told[-1][1] == "God tid. DK-7 Å/b 416 600"


def test_a_name_with_a_clip_is_said_by_it(runtime: Runtime, product):
    spoken = (keep(product),)
    told = play(
        runtime, "red", "until quiet", names=("Netbank", "b"), product=product, spoken=spoken
    )
    assert said(told) == ["ample_time", "name", *CODE]
    assert told[-1][1] == "God tid. Netbank 416 600"
    assert again(runtime, "red+0", "until quiet")[1:] == ["name", *CODE]


@pytest.mark.parametrize("harm", ["gone", "changed", "cut"])
def test_a_clip_that_is_damaged_is_not_said(runtime: Runtime, product, harm: str):
    checksum = keep(product)
    path = Path(product["spoken_names"].format(checksum))
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(CLIP[:-1] + (b"x" if harm == "changed" else b""))
    told = play(
        runtime, "red", "until quiet", names=("ab", "b"), product=product, spoken=(checksum,)
    )
    assert said(told) == ["ample_time", "a", "b", *CODE]


@pytest.mark.parametrize("names", [("Ωψ", "b"), ("/", "b")])
def test_a_name_of_which_nothing_can_be_said_is_a_number(runtime: Runtime, product, names):
    told = play(runtime, "red", "until quiet", names=names, product=product)
    assert said(told) == ["ample_time", "account", "1", *CODE]


def test_the_only_account_has_no_name_to_say(runtime: Runtime, product):
    told = play(runtime, "red", "until quiet", names=("ab",), product=product)
    assert said(told) == ["ample_time", "code", *CODE]


def test_a_stored_account_is_told_by_its_name(runtime: Runtime, product):
    told = play(runtime, "saved 1", "wait 1600", "until quiet", names=("ab", "cd"), product=product)
    assert said(told) == ["c", "d", "saved"]
    assert told[1][1] == "cd Gemt."


@pytest.mark.parametrize(
    ("name", "spoken", "left", "waits"),
    [
        ("ab", False, 21, False),
        ("abcdefgh", False, 21, True),  # 4.8 s of letters
        ("abcdefgh", True, 21, False),  # 1.5 s
        ("abcdefgh", True, 19, True),
    ],
)
def test_the_time_that_a_name_takes_counts(
    runtime: Runtime, product, name: str, spoken: bool, left: int, waits: bool
):
    checksums = (keep(product),) if spoken else ()
    play(
        runtime,
        *("red", "wait 3000"),
        names=(name, "b"),
        product=product,
        spoken=checksums,
        left=left,
    )
    shown = runtime.call(INTERACTION, "again", "wait 0")[1]
    assert ("Ny kode." in shown) is waits, shown


@pytest.mark.parametrize("name", ["W" * 32, "a" * 32, "Netbank for firmaet i Aarhus"])
def test_a_long_name_keeps_to_the_line_above_the_digits(runtime: Runtime, product, name: str):
    play(runtime, "red", "wait 100", names=(name, "b"), product=product)
    # Anything that is drawn off the display is an error.
    shown = runtime.call(INTERACTION, "again", "wait 0")[1]
    title, _, code = shown.rpartition("... ")
    assert code == "416 600"
    assert title.startswith("God tid. " + name[:4])


def test_a_long_name_without_digits_below_it_is_shown_whole(runtime: Runtime, product):
    told = play(runtime, "saved 0", "wait 1600", "wait 100", names=("W" * 32, "b"), product=product)
    assert told[1][1].replace(" ", "").startswith("W" * 32)

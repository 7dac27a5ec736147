"""QR codes on PNG and JPEG pictures, written by segno and read by zxing-cpp."""

import builtins
import io
from pathlib import PurePath
from typing import Any

import pytest
import segno
from PIL import Image

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import formats, several_files
from host_tools.exchange.authenticators.parsing import qr_pictures
from tests.support.exports.accounts import ACCOUNTS, uri
from tests.support.exports.google import migration_payload, migration_uri


def code(text: str, scale: int = 5) -> Image.Image:
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="png", scale=scale, border=4)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def saved(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def photographed(picture: Image.Image) -> Image.Image:
    """Turn a picture a little, on a grey desk."""
    desk = Image.new("RGB", (picture.width + 200, picture.height + 160), (120, 118, 110))
    desk.paste(picture, (90, 70))
    return desk.rotate(7, expand=True, fillcolor=(120, 118, 110), resample=Image.Resampling.BICUBIC)


def plain(account: Any) -> str:
    return uri(account).replace("L%C3%A6ge", "Laege")


@pytest.mark.parametrize("account", ACCOUNTS[:4])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_an_accounts_code_is_read(account: Any, form: str):
    (token,) = formats.read_content(saved(code(plain(account)), form)).tokens
    assert token.serial == account.name
    assert token.credential.secret.reveal() == account.secret


def test_a_photograph_is_read():
    picture = photographed(code(uri(ACCOUNTS[0]), scale=8))
    (token,) = formats.read_content(saved(picture, "JPEG", quality=60)).tokens
    assert token.credential.secret.reveal() == ACCOUNTS[0].secret


def test_a_telephones_large_photograph_is_read():
    picture = Image.new("RGB", (6000, 4500), (130, 125, 120))
    picture.paste(code(uri(ACCOUNTS[0]), scale=30), (900, 700))
    (token,) = formats.read_content(saved(picture, "JPEG", quality=50)).tokens
    assert token.credential.secret.reveal() == ACCOUNTS[0].secret


def test_a_code_on_transparent_ground_is_read():
    grey = code(uri(ACCOUNTS[0])).convert("L")
    clear = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=grey.point([255] * 128 + [0] * 128))
    assert len(formats.read_content(saved(clear)).tokens) == 1


def test_the_parts_of_googles_export_on_several_pictures_belong_together():
    pictures = [
        saved(code(migration_uri(migration_payload([account], size=3, index=index))))
        for index, account in enumerate(ACCOUNTS[:3])
    ]
    names = [PurePath(name) for name in ("c.png", "a.png", "b.png")]
    order = [pictures[2], pictures[0], pictures[1]]
    file = several_files.read(list(zip(names, map(io.BytesIO, order), strict=True)))
    assert [token.serial for token in file.tokens] == ["sofie", "anna.holm", "bo"]
    two = [(names[0], io.BytesIO(pictures[2])), (names[1], io.BytesIO(pictures[0]))]
    with pytest.raises(KodebrikError, match="these are missing: 2"):
        several_files.read(two)


def test_two_codes_on_one_picture_are_both_read():
    one, two = (code(uri(account)) for account in ACCOUNTS[:2])
    sheet = Image.new("RGB", (one.width + two.width + 60, max(one.height, two.height)), "white")
    sheet.paste(one, (0, 0))
    sheet.paste(two, (one.width + 60, 0))
    assert {token.serial for token in formats.read_content(saved(sheet)).tokens} == {
        "sofie",
        "anna.holm",
    }


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (saved(Image.new("RGB", (300, 300), "white")), "No QR code was found"),
        (saved(code("https://example.org/otpauth://totp/x")), "no account"),
        (saved(code(f"{uri(ACCOUNTS[0])}\n{uri(ACCOUNTS[1])}")), "no account"),
        (saved(code(uri(ACCOUNTS[0])))[:300], "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (saved(Image.new("1", (9000, 9000))), "more than 24 million pixels"),
    ],
)
def test_other_pictures_are_refused(content: bytes, complaint: str):
    with pytest.raises(KodebrikError) as error:
        formats.read_content(content)
    assert complaint in error.value.message
    assert "Nothing was imported." in error.value.hint


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name in ("zxingcpp", "nacl.bindings"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(KodebrikError) as error:
        qr_pictures.read(b"\xff\xd8\xff")
    assert error.value.exit_code == ExitCode.NOT_INSTALLED
    assert "kodebrik[authenticators]" in error.value.hint

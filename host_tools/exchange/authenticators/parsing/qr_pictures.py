"""QR codes on pictures (PNG, JPEG): the otpauth:// and otpauth-migration:// URIs that they hold.

Read by zxing-cpp (https://github.com/zxing-cpp/zxing-cpp) out of what Pillow decodes, both of the
extra "pictures".
"""

import io
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.key_package import bad

NAME = "picture"
_MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
# Screenshots, and telephones' largest photographs, which are decoded at half their size.
_MAX_PIXELS = {"PNG": 24_000_000, "JPEG": 64_000_000}
_LARGE = 16_000_000  # pixels
_SCHEMES = ("otpauth:", "otpauth-migration:")


def recognises(content: bytes) -> bool:
    """Say whether a file's content is a PNG or JPEG picture."""
    return content.startswith(_MARKS)


def read(content: bytes) -> bytes:
    """Give the URIs of a picture's QR codes as a text file, one a line.

    KodebrikError for a picture that is damaged, has no QR code, or one that holds something else.
    """
    zxingcpp, pillow = _libraries()
    found = zxingcpp.read_barcodes(
        _grey(pillow, content),
        formats=zxingcpp.BarcodeFormat.QRCode,
        text_mode=zxingcpp.TextMode.Plain,
    )
    texts = [code.text.strip() for code in found if code.valid]
    if not texts:
        raise bad("picture-without-code")
    for text in texts:
        if not text.lower().startswith(_SCHEMES) or len(text.splitlines()) > 1:
            raise bad("picture-other-code")
    return "\n".join(texts).encode()


def _libraries() -> tuple[Any, Any]:
    try:
        import zxingcpp  # noqa: PLC0415 - an extra
        from PIL import Image  # noqa: PLC0415
    except ImportError:
        raise KodebrikError("pictures-not-installed", ExitCode.NOT_INSTALLED) from None
    return zxingcpp, Image


def _grey(pillow: Any, content: bytes) -> Any:
    """Decode a picture; what is transparent is white, as the page would be."""
    try:
        with pillow.open(io.BytesIO(content), formats=tuple(_MAX_PIXELS)) as picture:
            pixels, most = picture.width * picture.height, _MAX_PIXELS[picture.format]
            if pixels > most:
                raise bad("picture-too-large", megapixels=most // 10**6)
            if pixels > _LARGE:
                picture.draft("L", (picture.width // 2, picture.height // 2))  # JPEG alone
            if not picture.has_transparency_data:
                return picture.convert("L")
            rgba = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError):
        raise bad("picture-damaged") from None
    page = pillow.new("RGBA", rgba.size, "white")
    page.alpha_composite(rgba)
    return page.convert("L")

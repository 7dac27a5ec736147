"""Known-answer tests of the token's cryptography, which detect damaged flash or a faulty build."""

from binascii import unhexlify

from firmware.otp.codes import hotp, totp

if False:
    from firmware.interfaces import Primitives  # type: ignore[unreachable]

_SEED = b"1234567890" * 7  # its first 20, 32 and 64 bytes are the RFCs' secrets
_NINE = b"\x09" + bytes(31)
_NINE_TIMES_BASE = b"422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
# Made with OpenSSL; a test checks it against OpenSSL.
_KEY = bytes(range(32))
_COUNTER = 258
_SEALED = b"76da9c5873f882f871fe2a1053800ee304d95342013242a607bafa6829530eb00ff3"


def known_answers(primitives: "Primitives") -> dict:
    """Return {algorithm: passed}; takes about 0.3 s on an RP2040.

    Sources: RFC 4226 appendix D, RFC 6238 appendix B, RFC 7748 section 5.2 (first iteration).
    """
    sealed = unhexlify(_SEALED)
    return {
        "hotp": hotp(_SEED[:20], 0) == "755224",
        "totp_sha256": totp(_SEED[:32], 59, 30, 8, "SHA256") == "46119246",
        "totp_sha512": totp(_SEED[:64], 59, 30, 8, "SHA512") == "90693936",
        "x25519": primitives.public_key(_NINE) == unhexlify(_NINE_TIMES_BASE),
        "chacha20poly1305": (
            primitives.encrypt(_KEY, _COUNTER, b"header", b"kodebrik self-test") == sealed
            and primitives.decrypt(_KEY, _COUNTER, b"header", sealed) == b"kodebrik self-test"
        ),
    }

"""otpauth:// URIs, as authenticator apps exchange them (Google Authenticator's "Key Uri Format").

Stricter than the apps where a wrong guess would give wrong codes: no parameter may occur twice,
issuer prefix and parameter must agree, and parameters that change the codes in a way that tokens do
not support are refused. Errors never quote the URI.
"""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import key_package, text_encoding
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Argument, Message
from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import decode_base32, encode_base32

# Parameters that change the codes or the name; others (image, color …) are ignored.
_MEANINGFUL = ("secret", "issuer", "algorithm", "digits", "period", "counter", "encoder")


def parse(uri: str, name: str | None = None) -> Credential:
    """Read a URI; the credential is named `name`, by default after the URI's label.

    KodebrikError for what is not an otpauth URI, or not one that a token supports.
    """
    try:
        parts = urlsplit(uri.strip())
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict")
        label = unquote(parts.path.removeprefix("/"), errors="strict")
    except ValueError:  # its text may quote the URI, and so the secret
        raise _bad("otpauth-invalid") from None
    kind = parts.netloc.lower()
    if parts.scheme.lower() != "otpauth" or kind not in ("totp", "hotp"):
        raise _bad("otpauth-invalid")
    values = {key: value for key, value in pairs if key in _MEANINGFUL}
    twice = [key for key in _MEANINGFUL if sum(key == other for other, _ in pairs) > 1]
    if twice:
        raise _bad("otpauth-parameter-twice", parameter=twice[0])
    if "encoder" in values:
        raise _bad("otpauth-alphabet")
    if not values.get("secret"):
        raise _bad("otpauth-without-secret")
    period, counter = _moving_factor(kind, values)
    return Credential(
        name=name or _name(label, values.get("issuer", "")),
        secret=decode_base32(values["secret"]),
        algorithm=values.get("algorithm", "SHA1").upper(),
        digits=_number(values, "digits", 6),
        period=period,
        counter=counter,
    )


def compose(credential: Credential) -> str:
    """Give the URI of a credential with every parameter. It holds the secret in the clear."""
    if credential.suite is not None:
        raise _bad("otpauth-no-challenges")
    parameters: dict[str, str | int] = {
        "secret": encode_base32(credential.secret),
        "algorithm": credential.algorithm,
        "digits": credential.digits,
    }
    issuer, colon, _ = credential.name.partition(":")
    if colon:
        parameters["issuer"] = issuer
    if credential.counter is not None:
        parameters["counter"] = credential.counter
    elif credential.period is not None:
        parameters["period"] = credential.period
    query = urlencode(parameters, quote_via=quote)
    return f"otpauth://{credential.kind}/{quote(credential.name, safe=':')}?{query}"


def recognises(content: bytes) -> bool:
    """Say whether a file's first line that is not a comment is an otpauth URI."""
    lines = (line.strip() for line in text_encoding.start(content).splitlines())
    return next((line for line in lines if line and line[0] != "#"), "").startswith("otpauth:")


def read(content: bytes, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Read a text file with one URI per line; the label's account part is the serial number.

    That is how privacyIDEA exports tokens. KodebrikError names the first invalid line without
    quoting it.
    """
    lines = (line.strip() for line in text_encoding.decode(content).splitlines())
    kept = [(number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    found = []
    for done, (number, uri) in enumerate(kept, 1):
        where = Message("place-line", line=number)
        try:
            credential = parse(uri)
        except KodebrikError as error:
            raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
        serial = key_package.check_serial(where, credential.name.rpartition(":")[2])
        found.append((KeyPackage(serial, credential), where))
        if options.progress:
            options.progress(done, len(kept))
    if not found:
        raise bad("otpauth-list-empty")
    key_package.check_distinct((token.serial, where) for token, where in found)
    return TokenFile("otpauth", [token for token, _ in found], Remarks())


def _moving_factor(kind: str, values: dict[str, str]) -> tuple[int | None, int | None]:
    if kind == "totp":
        return _number(values, "period", 30), None
    if "counter" not in values:
        raise _bad("otpauth-without-counter")
    return None, _number(values, "counter", 0)


def _number(values: dict[str, str], key: str, default: int) -> int:
    text = values.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 20):  # noqa: PLR2004 - more than 2^63 has
        raise _bad("otpauth-not-a-number", parameter=key)
    return int(text)


def _name(label: str, issuer: str) -> str:
    prefix, colon, account = label.partition(":")
    if not colon:
        prefix, account = "", label
    prefix, account, issuer = prefix.strip(), account.strip(), issuer.strip()
    if prefix and issuer and prefix != issuer:
        raise _bad("otpauth-two-issuers")
    return ":".join(part for part in (issuer or prefix, account) if part)


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)

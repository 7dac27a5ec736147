"""otpauth:// URIs, as authenticator apps exchange them (Google Authenticator's "Key Uri Format").

Stricter than the apps where a wrong guess would give wrong codes: no parameter may occur twice,
issuer prefix and parameter must agree, and parameters that change the codes in a way that tokens do
not support are refused. Errors never quote the URI.
"""

from collections.abc import Iterator
from urllib.parse import quote, unquote, unquote_plus, urlencode, urlsplit

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import hash_names, key_package, secret_fields, text_encoding
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Argument, Message
from host_tools.otp import secret_text
from host_tools.otp.credential import Credential

_PARAMETERS = ("secret", "issuer", "algorithm", "digits", "period", "counter", "serial")
# Of apps and servers: what they show beside the codes.
_PASSED_OVER = ("image", "icon", "color", "colour", "creator")
_MOST_SHOWN = 24  # characters of a name; a secret of 128 bits has 26 and more
_UNUSED = {"totp": "counter", "hotp": "period"}  # FreeOTP writes both


def parse(uri: str, name: str | None = None, remarks: Remarks | None = None) -> Credential:
    """Read a URI; the credential is named `name`, by default after the URI's label.

    KodebrikError for what is not an otpauth URI, or not one that a token supports. The
    remarks say what was passed over or is doubtful.
    """
    remarks = Remarks() if remarks is None else remarks
    return _credential(uri, name, Message("place-uri"), remarks)[0]


def _credential(
    uri: str, name: str | None, where: str, remarks: Remarks
) -> tuple[Credential, str | None]:
    """Read a URI, and the token's serial number, which privacyIDEA gives in a parameter."""
    try:
        parts = urlsplit(uri.strip())
        pairs = list(_pairs(parts.query))
        label = unquote(parts.path.removeprefix("/"), errors="strict")
    except ValueError:  # its text may quote the URI, and so the secret
        raise _bad("otpauth-invalid") from None
    kind = parts.netloc.lower()
    if parts.scheme.lower() != "otpauth" or kind not in ("totp", "hotp") or parts.fragment:
        raise _bad("otpauth-invalid")
    values = _values(pairs, kind, remarks)
    if not values.get("secret"):
        raise _bad("otpauth-without-secret")
    secret = secret_text.decode_base32(values["secret"])
    secret_fields.warn_of_spare_bits(where, values["secret"], secret, remarks)
    named = (
        hash_names.parse(Message("place-uri"), values["algorithm"])
        if values.get("algorithm")
        else None
    )
    period, counter = _moving_factor(kind, values)
    credential = Credential(
        name=name or _name(label, values.get("issuer", "")),
        secret=secret,
        algorithm=hash_names.choose(where, named, len(secret), remarks, defined="SHA1"),
        digits=_number(values, "digits", 6),
        period=period,
        counter=counter,
    )
    return credential, values.get("serial")


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Give the parameters, names in lower case; one without "=" is empty. ValueError when it is not
    UTF-8."""
    for part in filter(None, query.split("&")):
        key, _, value = part.partition("=")
        yield (
            unquote_plus(key, errors="strict").lower(),
            unquote_plus(value, errors="strict").strip(),
        )


def _values(pairs: list[tuple[str, str]], kind: str, remarks: Remarks) -> dict[str, str]:
    """Give the parameters that are read; KodebrikError names one that is not understood or stands
    twice."""
    values: dict[str, str] = {}
    for key, value in pairs:
        if key in values:
            raise _bad("otpauth-parameter-twice", parameter=key)
        if key == "encoder":
            raise _bad("otpauth-alphabet")
        if key in _PASSED_OVER or key == _UNUSED[kind]:
            remarks.pass_over(key)
        elif key not in _PARAMETERS:
            raise _bad("otpauth-parameter-unknown", parameter=_shown(key))
        else:
            values[key] = value
    return values


def compose(credential: Credential) -> str:
    """Give the URI of a credential with every parameter. It holds the secret in the clear."""
    if credential.suite is not None:
        raise _bad("otpauth-no-challenges")
    parameters: dict[str, str | int] = {
        "secret": secret_text.encode_base32(credential.secret),
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
    """Read a text file with one URI per line; the serial number is the parameter `serial`, or
    the label's account part.

    That is how privacyIDEA exports tokens. KodebrikError names the first invalid line without
    quoting it.
    """
    lines = (line.strip() for line in text_encoding.decode(content).splitlines())
    kept = [(number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    found, remarks = SealedTokens(), Remarks()
    for done, (number, uri) in enumerate(kept, 1):
        where = Message("place-line", line=number)
        try:
            credential, serial = _credential(uri, None, where, remarks)
        except KodebrikError as error:
            raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
        serial = key_package.check_serial(where, serial or credential.name.rpartition(":")[2])
        found.add(KeyPackage(serial, credential), where)
        if options.progress:
            options.progress(done, len(kept))
    if not found:
        raise bad("otpauth-list-empty")
    return TokenFile("otpauth", found, remarks)


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
    if issuer and prefix.replace("+", " ") == issuer:
        prefix = issuer  # a form's encoding, which paths do not have
    if prefix and issuer and prefix != issuer:
        raise _bad("otpauth-two-issuers")
    return ":".join(part for part in (issuer or prefix, account) if part)


def _shown(name: str) -> str:
    """Give a parameter's name for an error, or "…" for one that could be a secret."""
    return name if len(name) <= _MOST_SHOWN and name.isprintable() else "…"


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)

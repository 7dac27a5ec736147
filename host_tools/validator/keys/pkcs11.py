"""A master key that never leaves its PKCS#11 device (HSM, smart card, SoftHSM2): AES-256-GCM inside
the device.

The key is named by a URI of RFC 7512:
    pkcs11:token=kodebrik;object=master?module-path=/usr/lib/…/libsofthsm2.so

The device's PIN comes
from the URI's pin-source (a file) or the environment, never from the URI itself.
"""

import hashlib
import os
import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument, Message
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, wrong_key

SCHEME = "pkcs11:"
PIN_VARIABLE = "KODEBRIK_PKCS11_PIN"
_NONCE_SIZE = 12  # bytes; NIST SP 800-38D section 8.2.2


@dataclass(frozen=True)
class KeyLocation:
    """Where a key is: the path of the device's driver, the labels of the PKCS#11 token and of the
    key, and the file of the PIN."""

    module: str
    token: str
    label: str
    pin_file: str | None


class Pkcs11Key:
    """A MasterKey inside a device. It may be used from any thread, and stays logged in as long as
    the process lives.

    A login counts for the whole process (PKCS#11 section 5.6), so a logout would shut out other
    keys of the same token.
    """

    def __init__(self, location: KeyLocation) -> None:
        """Log in and find the key; KodebrikError says what is missing."""
        self._location = location
        self._lock = threading.Lock()
        self._session = _session(location, writable=False)
        with _errors(location):
            try:
                self._key = self._session.get_key(
                    object_class=_library().ObjectClass.SECRET_KEY, label=location.label
                )
            except _library().exceptions.NoSuchKey:
                raise KodebrikError(
                    "pkcs11-key-unknown",
                    ExitCode.WRONG_KEY,
                    token=location.token,
                    key=location.label,
                ) from None

    @property
    def identity(self) -> str:
        """Give a name made of the token's and key's labels; nothing of the key's value is known."""
        name = f"pkcs11:{self._location.token}:{self._location.label}"
        return f"pkcs11:{hashlib.sha256(name.encode()).hexdigest()[:16]}"

    def wrap(self, data_key: Secret, context: bytes) -> bytes:
        """Give nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        with self._lock, _errors(self._location):
            sealed: bytes = self._key.encrypt(data_key.reveal(), **_gcm(nonce, context))
        return nonce + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Give the data key back."""
        with self._lock, _errors(self._location):
            try:
                opened = self._key.decrypt(
                    wrapped[_NONCE_SIZE:], **_gcm(wrapped[:_NONCE_SIZE], context)
                )
            except _refusals():
                raise wrong_key() from None
        return Secret(opened)


def parse(uri: str) -> KeyLocation:
    """Parse a URI of RFC 7512; KodebrikError when it lacks token, object or module-path, or holds
    the PIN itself."""
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    attributes = dict(part.split("=", 1) for part in path.split(";") if "=" in part)
    parameters = dict(parse_qsl(query, separator="&"))
    if "pin-value" in parameters:
        raise _bad("pkcs11-pin-in-uri", variable=PIN_VARIABLE)
    missing = [name for name in ("token", "object") if not attributes.get(name)]
    missing += [] if parameters.get("module-path") else ["module-path"]
    if not uri.startswith(SCHEME) or missing:
        raise _bad("pkcs11-uri-incomplete", missing=", ".join(missing) or Message("pkcs11-scheme"))
    source = parameters.get("pin-source")
    return KeyLocation(
        module=parameters["module-path"],
        token=unquote(attributes["token"]),
        label=unquote(attributes["object"]),
        pin_file=source.removeprefix("file:") if source else None,
    )


def create(location: KeyLocation) -> Pkcs11Key:
    """Draw a master key inside the device; it can be used there, and never read or copied out."""
    session = _session(location, writable=True)
    library = _library()
    with _errors(location):
        if any(True for _ in session.get_objects({library.Attribute.LABEL: location.label})):
            raise KodebrikError(
                "pkcs11-key-exists", ExitCode.FILE, token=location.token, key=location.label
            )
        session.generate_key(
            library.KeyType.AES,
            8 * KEY_SIZE,
            label=location.label,
            store=True,
            capabilities=library.MechanismFlag.ENCRYPT | library.MechanismFlag.DECRYPT,
            template={library.Attribute.SENSITIVE: True, library.Attribute.EXTRACTABLE: False},
        )
    return Pkcs11Key(location)


def _session(location: KeyLocation, writable: bool) -> Any:
    library = _library()
    pin = _pin(location)
    with _errors(location):
        try:
            token = library.lib(location.module).get_token(token_label=location.token)
        except library.exceptions.NoSuchToken:
            raise KodebrikError(
                "pkcs11-token-unknown", ExitCode.WRONG_KEY, token=location.token
            ) from None
        try:
            return token.open(rw=writable, user_pin=pin.reveal().decode())
        except library.exceptions.UserAlreadyLoggedIn:
            return token.open(rw=writable)
        except (
            library.exceptions.PinIncorrect,
            library.exceptions.PinInvalid,
            library.exceptions.PinLenRange,
        ):
            raise KodebrikError(
                "pkcs11-pin-wrong", ExitCode.WRONG_KEY, token=location.token
            ) from None


def _pin(location: KeyLocation) -> Secret:
    if location.pin_file is not None:
        warnings: list[str] = []
        text = private_files.read_text(location.pin_file, warnings.append)
        if warnings:
            raise KodebrikError("pkcs11-pin-exposed", ExitCode.PERMISSION, path=location.pin_file)
        return Secret(text.encode())
    if PIN_VARIABLE not in os.environ:
        raise _bad("pkcs11-pin-missing", variable=PIN_VARIABLE)
    return Secret(os.environ[PIN_VARIABLE].encode())


def _gcm(nonce: bytes, context: bytes) -> dict[str, Any]:
    library = _library()
    return {
        "mechanism": library.Mechanism.AES_GCM,
        "mechanism_param": library.GCMParams(nonce, context),
    }


def _library() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - an extra
    except ImportError:
        raise KodebrikError("not-installed-pkcs11", ExitCode.NOT_INSTALLED) from None
    return pkcs11


def _refusals() -> tuple[type[Exception], ...]:
    """Give the exceptions that drivers raise for a wrong GCM tag: EncryptedDataInvalid by the
    standard, GeneralError by SoftHSM2."""
    known = _library().exceptions
    return (known.EncryptedDataInvalid, known.EncryptedDataLenRange, known.GeneralError)


class _errors:  # noqa: N801 - used as a statement
    """Turn the driver's errors into KodebrikErrors with advice; their own texts hold no secret."""

    def __init__(self, location: KeyLocation) -> None:
        self._location = location

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if isinstance(error, _library().PKCS11Error):
            raise KodebrikError(
                "pkcs11-failed",
                ExitCode.FILE,
                token=self._location.token,
                kind=_standard_name(error),
            ) from None


def _standard_name(error: Exception) -> str:
    """Give the return value by its name in PKCS #11 (v2.40, section 5.1), after which python-pkcs11
    names its exceptions: CKR_PIN_LOCKED for PinLocked."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__)
    return f"CKR_{words.upper()}"


def _bad(identifier: str, **arguments: Argument) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)

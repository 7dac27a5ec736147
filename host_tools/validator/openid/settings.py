"""The section [openid] of the settings file: the provider's address, and the applications that sign
people in with it (relying parties), which the file alone registers."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveFloat,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from host_tools.messages.catalogue import Message
from host_tools.validator.notices.loopback import is_loopback
from host_tools.validator.settings_section import FOLDER, Section

_LONGEST_ADDRESS = 1000  # characters


def _address(text: str) -> str:
    """Give an address back to which a browser may be sent: https, or http on this machine
    (RFC 8252 section 7.3), without fragment, user name or what can be read in two ways."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        )
        add_params_to_uri(text, {"state": "x"})
        port = parts.port
    except ValueError:
        raise ValueError(Message("settings-openid-address")) from None
    plain = text.isascii() and text.isprintable() and not set(text) & set(" \"'<>\\^`{|};,*#")
    if not (usable and plain and parts.hostname) or port == 0 or "@" in parts.netloc:
        raise ValueError(Message("settings-openid-address"))
    return text


def _issuer(text: str) -> str:
    parts = urlsplit(_address(text))
    if parts.path or parts.query:
        raise ValueError(Message("settings-openid-issuer"))
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(Message("settings-openid-name"))
    return text


_Text = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_printable)]
_Address = Annotated[str, Field(max_length=_LONGEST_ADDRESS), AfterValidator(_address)]
_ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


def _public_key(name: object, info: ValidationInfo) -> bytes:
    """Read the file that a key names: a public key (PEM) of the curve P-256."""
    if not isinstance(name, str) or not name:
        raise ValueError(Message("settings-file-name"))
    folder: Path = (info.context or {}).get(FOLDER, Path())
    try:
        text = (folder / name).read_bytes()
        key = serialization.load_pem_public_key(text)
    except (OSError, ValueError, UnsupportedAlgorithm):
        raise ValueError(Message("settings-openid-key")) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(Message("settings-openid-key"))
    return text


class RelyingParty(Section):
    """An application that signs people in. Without key and hash of a secret it is public: a program
    on its user's own device, which can keep none."""

    name: _Text  # as the sign-in page shows it
    redirect_uris: Annotated[list[_Address], Field(min_length=1)]
    post_logout_redirect_uris: Annotated[list[_Address], Field(default_factory=list)]
    secret_sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    # With which it signs JWTs (private_key_jwt), instead of a secret.
    public_key: Annotated[
        bytes | None, BeforeValidator(_public_key), Field(validation_alias="public_key_file")
    ] = None
    # How its ID tokens are signed, by the name that OpenID Connect Registration has for it.
    id_token_signed_response_alg: Literal["ES256", "RS256"] = "ES256"  # noqa: S105 - no secret
    # Applications of one sector know a user by the same subject identifier. Default: its own.
    sector: _Text | None = None
    # Whether it may ask users who are not there, who approve in the app.
    backchannel: bool = False
    user_id: bool = False  # whether it may be told the user-ID, with the scope "profile"

    @model_validator(mode="after")
    def _one_way(self) -> "RelyingParty":
        if self.secret_sha256 is not None and self.public_key is not None:
            raise ValueError(Message("settings-openid-one-way"))
        return self


class OpenId(Section):
    """The provider. `issuer` is its address for all, never taken from a request, whose Host header
    is the sender's to choose."""

    issuer: Annotated[str, AfterValidator(_issuer)]
    session_minutes: PositiveFloat = 30.0  # in which no new code is asked for
    clients: Annotated[dict[_ClientId, RelyingParty], Field(min_length=1)]

"""Public keys of app devices (ECDSA on P-256, FIPS 186-5) and the proofs made with them: bare
signatures of WebCrypto, and WebAuthn (W3C, level 3) by the library `webauthn`."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from host_tools.validator.app_records import (
    AppKey,
    AppKeyKind,
    AppProof,
    WebAuthnSite,
)
from host_tools.validator.errors import InvalidError

_HALF = 32  # bytes of r, and of s
_ES256 = ec.ECDSA(hashes.SHA256())
# What the library raises for JSON and CBOR that are not as they must be, beside its own errors.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError)


def parsed(public: bytes) -> bytes:
    """Give a P-256 key as SubjectPublicKeyInfo; KodebrikError when it is none."""
    try:
        key = serialization.load_der_public_key(public)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidError("app-key-invalid") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidError("app-key-invalid")
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def registered(credential: Mapping[str, Any], message: bytes, site: WebAuthnSite) -> AppKey:
    """Give the key of a credential that was made for `message`; KodebrikError when it is none, or
    its user was not verified. Who made the authenticator is not asked."""
    try:
        made = verify_registration_response(
            credential=dict(credential),
            expected_challenge=hashlib.sha256(message).digest(),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
        )
        framed = _is_framed(credential)
    except _MALFORMED:
        raise InvalidError("app-key-invalid") from None
    if framed:
        raise InvalidError("app-key-invalid")
    return AppKey(AppKeyKind.WEBAUTHN, made.credential_public_key, made.credential_id)


def proves(key: AppKey, proof: AppProof, message: bytes, site: WebAuthnSite) -> bool:
    """Say whether a proof was made with a key, for this message."""
    if key.kind is AppKeyKind.WEBAUTHN:
        return proof.credential is not None and _is_assertion(key, proof.credential, message, site)
    return proof.signature is not None and _is_signature(key.public, proof.signature, message)


def prove_nothing(proof: AppProof, message: bytes) -> None:
    """Verify a proof of nobody, and forget what comes of it: a refusal costs the same whether or
    not there is a key."""
    proves(_nobodys(), AppProof(proof.signature or bytes(2 * _HALF)), message, WebAuthnSite("", ""))


@cache
def _nobodys() -> AppKey:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return AppKey(AppKeyKind.PIN, der)


def _is_signature(public: bytes, signature: bytes, message: bytes) -> bool:
    key: Any = serialization.load_der_public_key(public)
    if len(signature) != 2 * _HALF:
        return False
    halves = (int.from_bytes(half) for half in (signature[:_HALF], signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(*halves), message, _ES256)
    except InvalidSignature:
        return False
    return True


def _is_assertion(
    key: AppKey, credential: Mapping[str, Any], message: bytes, site: WebAuthnSite
) -> bool:
    try:
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=hashlib.sha256(message).digest(),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=key.public,
            credential_current_sign_count=0,  # the counter that is signed is the server's own
            require_user_verification=True,
        )
        framed = _is_framed(credential)
    except _MALFORMED:
        return False
    return verified.credential_id == key.credential_id and not framed


def _is_framed(credential: Mapping[str, Any]) -> bool:
    """Say whether a verified credential was used in a frame of another site's (WebAuthn, sections
    7.1 and 7.2, crossOrigin and topOrigin): the app is never framed."""
    said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    return bool(said.get("crossOrigin")) or "topOrigin" in said

"""Keys of app devices: what is no key, no signature or no credential is refused, whatever comes."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.validator.app_records import AppKey, AppKeyKind, AppProof
from host_tools.validator.errors import InvalidError
from host_tools.validator.rule import app_keys
from tests.support.validator.authenticator import SITE, Authenticator, text


def _der(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
    ids=["P-384", "secp256k1", "Ed25519"],
)
def test_a_key_of_another_curve_is_refused(key):
    with pytest.raises(InvalidError):
        app_keys.parsed(_der(key))


@given(st.binary(max_size=120))
def test_what_is_no_key_is_refused(content: bytes):
    with pytest.raises(InvalidError):
        app_keys.parsed(content)


@given(st.binary(max_size=70) | st.binary(min_size=64, max_size=64))
def test_what_is_no_signature_is_refused(signature: bytes):
    key = AppKey(AppKeyKind.PIN, _PUBLIC)
    assert not app_keys.proves(key, AppProof(signature), b"message", SITE)
    assert not app_keys.proves(key, AppProof(bytes(64)), b"message", SITE)
    assert not app_keys.proves(key, AppProof(), b"message", SITE)


_PUBLIC = _der(ec.generate_private_key(ec.SECP256R1()).public_key())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_KEY = AppKey(AppKeyKind.WEBAUTHN, b"x", b"id")
_RIGHT = Authenticator()


@settings(max_examples=300, deadline=None)
@given(
    place=st.sampled_from(
        ["id", "rawId", "type", "response", "clientDataJSON", "authenticatorData", "signature"]
    ),
    value=JSON | st.binary(max_size=60).map(text),
)
def test_whatever_comes_as_a_credential_is_refused_in_the_end(place: str, value: object):
    credential = _RIGHT.get(b"message")
    inner = place in credential["response"]
    changed = (
        credential | {"response": credential["response"] | {place: value}}
        if inner
        else credential | {place: value}
    )
    assert not app_keys.proves(_KEY, AppProof(credential=changed), b"message", SITE)
    with pytest.raises(InvalidError):
        app_keys.registered(changed, b"message", SITE)

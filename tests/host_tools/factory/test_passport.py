"""Test passports: signed, verified, and refused when anything of them was changed."""

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as some

from host_tools.errors import KodebrikError
from host_tools.factory import passport, passport_page
from tests.support import drawn_pdf
from tests.support.stated_passport import STATED


@pytest.fixture
def key(tmp_path):
    return passport.create_key(tmp_path / "passport.key")


def refused(identifier, call, *arguments):
    with pytest.raises(KodebrikError) as raised:
        call(*arguments)
    assert raised.value.identifier == identifier


def test_a_passport_is_verified_with_the_public_key_alone(tmp_path, key):
    public = passport.load_public_key(tmp_path / "passport.key.pub")
    signed = passport.sign(STATED, key)
    assert passport.verify(signed, public) == STATED
    other = passport.create_key(tmp_path / "other.key").public_key()
    refused("passport-other-key", passport.verify, signed, other)


def test_the_signature_is_ed25519_over_the_canonical_statement(tmp_path, key):
    """As somebody verifies it who has nothing but the format's description."""
    fields = json.loads(passport.sign(STATED, key))
    public = load_pem_public_key((tmp_path / "passport.key.pub").read_bytes())
    canonical = json.dumps(fields["passport"], sort_keys=True, separators=(",", ":")).encode()
    signature = base64.b64decode(fields["signature"])
    public.verify(signature, b"kodebrik test passport 1\n" + canonical)
    with pytest.raises(InvalidSignature):
        public.verify(signature, canonical)


@given(name=some.sampled_from(sorted(STATED)), value=some.none() | some.integers() | some.text())
def test_no_field_can_be_changed(tmp_path_factory, name, value):
    key = passport.create_key(tmp_path_factory.mktemp("key") / "passport.key")
    fields = json.loads(passport.sign(STATED, key))
    if STATED[name] == value and type(STATED[name]) is type(value):
        return
    fields["passport"][name] = value
    changed = json.dumps(fields).encode()
    refused("passport-changed", passport.verify, changed, key.public_key())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"passport": 1, "signature": "AA=="}'])
def test_other_files_are_no_passports(key, content):
    refused("passport-invalid", passport.verify, content, key.public_key())


def test_a_key_that_others_can_read_is_refused(tmp_path, key):
    path = tmp_path / "passport.key"
    assert path.stat().st_mode & 0o777 == 0o600
    passport.load_key(path)
    path.chmod(0o640)
    refused("passport-key-readable", passport.load_key, path)
    (tmp_path / "text").touch(0o600)
    refused("passport-key-invalid", passport.load_key, tmp_path / "text")
    refused("passport-key-invalid", passport.load_public_key, tmp_path / "text")


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("da", ["Testpas 022349473722", "21,5 °C", "+2 ms ± 1 ms", "læst af på skærmen"]),
        ("en", ["Test passport 022349473722", "3010 mV", "read off the display by a test fixture"]),
    ],
)
def test_the_page_says_what_was_tested(tmp_path, language, says):
    path = tmp_path / "passport.pdf"
    passport_page.write(STATED, "c2lnbmF0dXJl", "ab" * 8, language, path)
    assert drawn_pdf.is_tagged(path)
    text, at = drawn_pdf.text(path), 0
    for each in says:
        at = text.index(each, at)
    assert "c2lnbmF0dXJl" in text

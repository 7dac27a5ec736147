"""HMACs under one key, against the standard library's, which is another implementation's use of
another interface."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.otp.keyed_hmac import KeyedHmac


@pytest.mark.parametrize("algorithm", ["sha1", "SHA256", "sha512"])
@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=400), max_size=4))
def test_each_message_has_its_own_hmac(algorithm: str, key: bytes, messages: list[bytes]):
    keyed = KeyedHmac(key, algorithm)
    for message in messages:
        assert keyed.digest(message) == hmac.digest(key, message, algorithm)

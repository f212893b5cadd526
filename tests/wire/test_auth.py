"""Tags against the standard library's own HMAC, for any key and any frame."""

from __future__ import annotations

import hmac
import struct

from hypothesis import given
from hypothesis import strategies as st

from mesogun.wire import auth
from mesogun.wire.codes import FrameKind
from mesogun.wire.frame import Frame, encode


@given(
    st.binary(max_size=100),
    st.sampled_from([auth.TO_GUN, auth.TO_HOST]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=200),
)
def test_the_tag_is_the_beginning_of_an_hmac(
    key: bytes, direction: bytes, session: int, op: int, seq: int, payload: bytes
) -> None:
    plain = Frame(FrameKind.RSP, op, seq, payload)
    covered = direction + struct.pack("<I", session) + struct.pack("<BBI", 0b0010_1100, op, seq) + payload
    expected = hmac.new(key, covered, "sha256").digest()[:8]
    sealed = auth.sealed(key, direction, session, plain)
    assert sealed.tag == expected
    assert auth.tag(key, direction, session, sealed) == expected
    assert encode(sealed) == auth.sealed_bytes(key, direction, session, plain)
    assert auth.verified(key, direction, session, sealed)
    assert not auth.verified(key, direction, session ^ 1, sealed)

"""The smallest PNG that shows a field: one byte a cell, a palette, no compression.

Uncompressed, because deflate output differs between builds of zlib and the same report must be the same bytes.
Not responsible for which value has which colour.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from mesogun.report.colours import Rgb

_STORED_MAX = 65_535


def png(levels: NDArray[np.uint8], palette: tuple[Rgb, ...]) -> bytes:
    """``levels`` of shape ``(rows, columns)``, top row first, as indices into ``palette``; index 0 is clear."""
    rows, columns = levels.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    # Each row begins with its filter type: 0, none.
    lines = np.hstack([np.zeros((rows, 1), np.uint8), levels]).tobytes()
    colours = bytes(value for colour in palette for value in colour)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"tRNS", b"\0"), (b"IDAT", _stored(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def data_uri(picture: bytes) -> str:
    """A PNG as a ``data:`` address, so that the page needs no second file."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _stored(data: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    blocks = []
    for start in range(0, len(data), _STORED_MAX):
        piece = data[start : start + _STORED_MAX]
        last = start + _STORED_MAX >= len(data)
        blocks.append(struct.pack("<BHH", last, len(piece), len(piece) ^ 0xFFFF) + piece)
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))

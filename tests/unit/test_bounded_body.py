"""Bodies are read under a limit that counts what they become."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.core.dialer.bounded_body import BodyNotReadable, BodyTooLarge, BoundedBody


def read(chunks: list[bytes], limit: int, *, compressed: bool) -> bytes:
    body = BoundedBody(limit, gzip_layers=int(compressed))
    for chunk in chunks:
        body.feed(chunk)
    return body.finish()


@given(parts=st.lists(st.binary(max_size=50), max_size=4), cut=st.integers(1, 30))
def test_a_body_comes_out_whole_however_it_is_cut_and_compressed(
    parts: list[bytes], cut: int
) -> None:
    """Several gzip members follow one another; chunks end anywhere."""
    whole = b"".join(parts)
    packed = b"".join(map(gzip.compress, parts))
    chunks = [packed[at : at + cut] for at in range(0, len(packed), cut)]
    assert read(chunks, len(whole), compressed=True) == whole
    assert read(parts, len(whole), compressed=False) == whole


@pytest.mark.parametrize("compressed", [False, True])
def test_one_byte_beyond_the_limit_is_too_large(compressed: bool) -> None:
    """The limit itself passes, one byte more does not."""
    content = b"x" * 1000
    sent = gzip.compress(content, mtime=0) if compressed else content
    assert read([sent], 1000, compressed=compressed) == content
    with pytest.raises(BodyTooLarge):
        read([sent], 999, compressed=compressed)


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    """A chunk that stands for 64 MiB never makes more than the limit."""
    bomb = gzip.compress(bytes(64 * 2**20))
    body = BoundedBody(1000, gzip_layers=1)
    with pytest.raises(BodyTooLarge):
        body.feed(bomb)
    assert len(body._body) <= 1000


@pytest.mark.parametrize("sent", [b"not gzip at all", gzip.compress(b"hello world", mtime=0)[:-6]])
def test_broken_or_cut_compression_is_no_body(sent: bytes) -> None:
    """Half of an answer is not passed on as if it were the answer."""
    with pytest.raises(BodyNotReadable):
        read([sent], 1000, compressed=True)


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_zero_bytes_after_gzip_are_padding(cut: int) -> None:
    """As curl and browsers read it; more members may follow."""
    packed = gzip.compress(b"one") + b"\0\0\0" + gzip.compress(b"two") + b"\0"
    chunks = [packed[at : at + cut] for at in range(0, len(packed), cut)]
    assert read(chunks, 6, compressed=True) == b"onetwo"


def test_what_was_compressed_twice_is_read_under_the_limit_of_each_layer() -> None:
    """A bomb in the inner layer, or in the outer one, is not inflated."""
    body = BoundedBody(100, gzip_layers=2)
    body.feed(gzip.compress(gzip.compress(b"x" * 100)))
    assert body.finish() == b"x" * 100
    for bomb in (gzip.compress(bytes(10**6)), bytes(10**6)):
        with pytest.raises(BodyTooLarge):
            BoundedBody(100, gzip_layers=2).feed(gzip.compress(bomb))

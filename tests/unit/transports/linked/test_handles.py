"""Handles of media: what a message says of a file, in a text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whinchat.core.types import MediaKind
from whinchat.transports.linked import handles
from whinchat.transports.linked.handles import MediaKeys


@pytest.mark.parametrize("kind", MediaKind)
def test_a_handle_is_what_a_download_needs(kind: MediaKind) -> None:
    keys = MediaKeys(kind, "/v/x?a=b", b"k" * 32, b"h" * 32, b"e" * 32, 7)
    assert handles.keys(handles.handle(keys)) == keys


@pytest.mark.parametrize("handle", ["", "nonsense", "ü", "AAAA", "a" * 100_000])
def test_what_is_no_handle_is_refused(handle: str) -> None:
    with pytest.raises(ValueError, match="medium"):
        handles.keys(handle)


@given(st.binary(max_size=200))
def test_no_bytes_become_a_handle_by_accident(data: bytes) -> None:
    with pytest.raises(ValueError, match="medium"):
        handles.keys(base64.urlsafe_b64encode(data).decode())


def test_a_handle_never_leads_elsewhere() -> None:
    keys = MediaKeys(MediaKind.IMAGE, "https://evil.example/", b"k" * 32, b"h" * 32, b"e" * 32, 7)
    with pytest.raises(ValueError, match="cannot be loaded"):
        handles.keys(handles.handle(keys))

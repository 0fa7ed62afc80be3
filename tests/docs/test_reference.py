"""The reference pages say what the code says; `python -m scripts.build_reference` writes them."""

from __future__ import annotations

import pytest
from scripts.build_reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m scripts.build_reference"

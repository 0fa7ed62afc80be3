"""Which characters make up a host, end a link, glue to one, or hide in one: the alphabets that the other modules share.

Everything here is the inside of a regular expression's character class.
"""

from __future__ import annotations

CONTROLS = "\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff"
"""Control characters, white space of every kind, and halves of surrogate pairs: nothing goes on across them."""

HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
"""Characters without a picture of their own."""

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Those of HIDDEN that change the direction of writing."""

JOINED = "\u0600-\u08ff\u0900-\u0dff"
"""Scripts in which a zero-width (non-)joiner between two letters is ordinary spelling (Arabic, Persian, Indic)."""

_MARKS = (  # not \w, and yet part of words
    "\u0300-\u034e\u0350-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u0669\u0670\u06d6-\u06dc\u06df-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e00-\u0e4e\u0e50-\u0eff\u0f18-\u0fbc\u1000-\u1049\u1780-\u17d3\u302a-\u302f\u3099\u309a"
)

HOST = rf"\w\-\u200c\u200d{_MARKS}"
"""What a host written without a scheme is made of, apart from its dots."""

GLUE = (
    "\u0590-\u109f\u1100-\u11ff\u1200-\u139f\u1780-\u18af\u2e80-\u2fff\u3005-\u3007\u3021-\ud7ff\uf900-\ufaff\ufb1d-\ufdff"
    "\ufe70-\ufefc\uff66-\uffdc\U00020000-\U0003ffff"
)
"""Letters of scripts that never share a label with Latin ones: beside Latin letters they are words around a link."""

PICTURES = "\u2190-\u21ff\u2300-\u23ff\u2460-\u2bff\u3200-\u33ff\ufffc\ufffd\U0001f000-\U0001faff"
"""Arrows, dingbats and emoji."""

STOPS = (
    "\u00ab\u00bb\u060c\u061b\u061f\u0964\u0965\u201c-\u201f\u2026\u2039\u203a\u3001-\u3003\u3008-\u3011\u3014-\u301f"
    "\uff01\uff08\uff09\uff0c\uff1b\uff3b\uff3d\uff5b\uff5d\uff5f-\uff65"
)
"""Punctuation outside ASCII that always ends a link."""

"""Every kind of message that can carry a link: name to the arguments with which the world's API posts it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.support.pictures import code, encoded

Arguments = dict[str, Any]

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
        "a735819d0000000049454e44ae426082"
    )
).decode()
"""A picture of one dot."""


def _media(kind: str, mime: str, name: str, data: str = PIXEL) -> Arguments:
    return {"kind": kind, "mime": mime, "file_name": name, "data": data}


def _content(**content: Any) -> Arguments:
    return {"content": content}


def _vcard(url: str) -> str:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:The bank\r\nitem1.URL;type=pref:{url}\r\nEND:VCARD\r\n"


def qr_picture(text: str) -> str:
    """A PNG with a code, in base64."""
    return base64.b64encode(encoded(code(text))).decode()


KINDS: dict[str, Callable[[str], Arguments]] = {
    "text": lambda url: {"text": f"look {url}"},
    "capitals": lambda url: {"text": url.replace("https://", "HTTPS://")},
    "image": lambda url: {"text": f"nice: {url}", "media": _media("image", "image/png", "a.png")},
    "video": lambda url: {"text": f"nice: {url}", "media": _media("video", "video/mp4", "a.mp4")},
    "document": lambda url: {"text": f"read {url}", "media": _media("document", "application/pdf", "a.pdf")},
    "preview-url": lambda url: _content(text="so true", preview={"url": url, "title": "News"}),
    "preview-title": lambda url: _content(text="so true", preview={"title": f"News at {url}"}),
    "preview-description": lambda url: _content(text="so true", preview={"description": f"More at {url}"}),
    "ad-url": lambda url: _content(text="is this still for sale?", ad={"url": url, "title": "Sofa"}),
    "ad-body": lambda url: _content(text="is this still for sale?", ad={"title": "Sofa", "body": f"see {url}"}),
    "button-url": lambda url: _content(text="choose", buttons=[{"title": "Pay"}, {"title": "Log in", "url": url}]),
    "button-title": lambda url: _content(text="choose", buttons=[{"title": url}]),
    "row": lambda url: _content(text="choose", rows=[{"title": "One"}, {"title": "Two", "description": f"at {url}"}]),
    "row-url": lambda url: _content(text="choose", rows=[{"title": "One", "url": url}]),
    "poll-question": lambda url: _content(poll={"question": f"Who has seen {url}?", "options": ["I", "not me"]}),
    "poll-option": lambda url: _content(poll={"question": "Where?", "options": ["here", url]}),
    "contact": lambda url: _content(contacts=[{"name": "The bank", "vcard": _vcard(url)}]),
    "second-contact": lambda url: _content(contacts=[{"name": "Bob"}, {"name": "Bank", "vcard": _vcard(url)}]),
    "location-url": lambda url: _content(location={"latitude": 1.5, "longitude": 2.5, "name": "Here", "url": url}),
    "location-name": lambda url: _content(location={"latitude": 1.5, "longitude": 2.5, "name": url}),
    "location-address": lambda url: _content(location={"latitude": 1.5, "longitude": 2.5, "address": f"see {url}"}),
    "invite": lambda url: _content(invite={"code": "AbCdEfGhIjKlMnOp", "group_name": "Fun", "caption": f"or {url}"}),
    "header": lambda url: _content(header=f"From {url}", text="Dear customer"),
    "footer": lambda url: _content(text="Dear customer", footer=f"{url} (unsubscribe)"),
    "view-once": lambda url: _content(text=f"quick {url}", view_once=True),
    "disappearing": lambda url: _content(text=f"quick {url}", disappearing=True),
    "forwarded": lambda url: {"text": f"they say {url}", "forwarded": True},
    "mention": lambda url: {"text": f"@Ana look {url}", "mentions": ["Ana"]},
    "quotation": lambda url: {
        "text": "have you seen this?",
        "quote": {"sender": "Eve", "id": "NEVER-SEEN", "content": {"text": f"it is at {url}"}},
    },
    "quoted-card": lambda url: {
        "text": "have you seen this?",
        "quote": {"sender": "Eve", "id": "NEVER-SEEN", "content": {"preview": {"url": url}}},
    },
    "qr-code": lambda url: {"media": _media("image", "image/png", "code.png", qr_picture(url))},
}

"""Every kind of message is shown and sent, and strangers' text stays text."""

from __future__ import annotations

import io
import re
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from tests.support.browser import ANA, BOB, LINK, Visit, content, media, say
from tests.support.live import World

Shown = tuple[dict[str, Any], str, str]
"""Arguments of `post`, a selector inside the bubble, and what is written there."""


KINDS: dict[str, Shown] = {
    "bold": ({"text": "so *very bold* it is"}, "strong", "very bold"),
    "italic": ({"text": "_slanted words_ here"}, "em", "slanted words"),
    "struck": ({"text": "~old price~ new"}, "s", "old price"),
    "code": ({"text": "run ```make demo``` now"}, ".code", "make demo"),
    "quoted line": ({"text": "> they said\nno"}, ".quotation", "they said"),
    "list": ({"text": "- milk\n- bread"}, ".item >> nth=1", "bread"),
    "link": ({"text": f"look: *{LINK}*."}, "strong .link", LINK),
    "image": (media("image", "image/png", "a.png"), ".picture img", ""),
    "captioned": ({**media("image", "image/png", "a.png"), "text": "our cat"}, ".text", "our cat"),
    "video": (media("video", "video/mp4", "a.mp4"), ".video", ""),
    "audio": (media("audio", "audio/ogg", "a.ogg"), "audio", ""),
    "document": (media("document", "application/pdf", "bill.pdf"), ".document b", "bill.pdf"),
    "sticker": (media("sticker", "image/png", "s.png"), ".sticker img", ""),
    "contact": (content(contacts=[{"name": "Plumber", "vcard": "TEL:+99912345"}]), ".contact", "+99912345"),
    "location": (content(location={"latitude": 1.5, "longitude": 2.5, "name": "Park"}), ".location", "1.5000, 2.5000"),
    "poll": (content(poll={"question": "When?", "options": ["now", "later"]}), ".poll li >> nth=1", "later"),
    "buttons": (content(text="choose", footer="shop", buttons=[{"title": "Buy"}]), ".choice", "Buy"),
    "rows": (content(text="choose", rows=[{"title": "One", "description": "first"}]), ".row-choice", "first"),
    "header": (content(header="Order 7", text="ready"), ".header", "Order 7"),
    "invitation": (content(invite={"code": "Ab12", "group_name": "Choir"}), ".invite", "Choir"),
    "preview": (content(text="see", preview={"url": LINK, "title": "PayPal"}), ".preview .host", "pages.dev"),
    "advertisement": (content(text="hi", ad={"url": LINK, "title": "Sofa"}), ".ad", "Sofa"),
    "view once": ({**media("image", "image/png", "x.png"), **content(view_once=True)}, ".once", "View once"),
    "disappearing": (content(text="gone soon", disappearing=True), ".meta [title='Disappearing message']", ""),
    "forwarded": ({"text": "they say", "forwarded": True}, ".forwarded", "Forwarded"),
    "emoji": ({"text": "🎉"}, ".large-emoji", "🎉"),
}


def test_every_kind_of_message_is_shown(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    for name, (arguments, _, _) in KINDS.items():
        say(world, "Bob", id=name.replace(" ", "-"), **arguments)
    expect(ana.bubbles).to_have_count(len(KINDS))
    for bubble, (_, selector, words) in zip(ana.bubbles.all(), KINDS.values(), strict=True):
        expect(bubble.locator(selector)).to_contain_text(words)
    window.complaints.clear()  # a dot is no film: the browser says so


SENT: dict[str, tuple[dict[str, str], str]] = {
    "Contact": ({"Name": "Plumber", "Phone": "+99912345"}, "Plumber"),
    "Location": ({"Address": "Main square"}, "Main square"),
    "Poll": ({"Question": "When?"}, "When?"),
    "Link with preview": ({"Title": "Fine wares"}, "Fine wares"),
    "Buttons": ({"Text": "Like it?"}, "Like it?"),
    "List": ({"Text": "Which one?"}, "Family"),
    "Group invitation": ({"Name of the group": "Choir"}, "Choir"),
    "Answer to an advertisement": ({"Title": "Cheap sofa"}, "Cheap sofa"),
    "Picture of a QR code": ({"Caption": "scan me"}, "scan me"),
    "Text with marks…": ({"Text": "a secret"}, "a secret"),
}


def test_every_kind_of_message_is_sent_from_its_dialog(window: Visit) -> None:
    ana, bob = window.open(ANA, BOB)
    for kind, (fields, words) in SENT.items():
        form = ana.attach(kind)
        for label, value in fields.items():
            form.get_by_label(label, exact=True).fill(value)
        form.get_by_role("button", name="Send").click()
        expect(bob.bubble(words)).to_be_visible()
    with window.page.expect_file_chooser() as chooser:
        ana.element.get_by_label("Attach").click()
        window.menu("Picture, video or file")
    chooser.value.set_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"milk, bread"})
    window.dialog.get_by_role("button", name="Send").click()
    expect(bob.bubble("notes.txt")).to_contain_text("11 B · txt")


def test_a_code_that_was_drawn_can_be_scanned(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    form = ana.attach("Picture of a QR code")
    long = f"{LINK}?" + "x" * 200
    form.get_by_label("What the code says").fill(long)
    form.get_by_role("button", name="Send").click()
    expect(ana.bubbles).to_have_count(1)
    handle = world.said()[-1]["content"]["media"]["handle"]
    picture = Image.open(io.BytesIO(window.context.request.get(f"{world.address}/api/media/{handle}").body()))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [long]


def test_a_button_answers_for_the_person_who_presses_it(window: Visit, world: World) -> None:
    ana, bob = window.open(ANA, BOB)
    say(world, "Ana", **content(text="tea or coffee?", buttons=[{"title": "Tea"}]))
    bob.bubble("tea or coffee?").get_by_role("button", name="Tea").click()
    expect(ana.bubble("Tea").locator(".quote")).to_contain_text("tea or coffee?")


def test_links_lead_nowhere_and_say_why(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    say(world, "Bob", f"open {LINK} or www.example.org or bad-bank.top/login")
    links = ana.bubble("open").locator(".link")
    expect(links).to_have_text([LINK, "www.example.org", "bad-bank.top/login"])
    before = window.page.url
    for link in links.all():
        assert "dangerous" in str(link.get_attribute("title"))
        link.click()
    assert window.page.url == before
    assert len(window.context.pages) == 1
    expect(ana.element.locator("a[href^=http]")).to_have_count(0)


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script><style>*{display:none}</style>",
    "javascript:alert(1) https://evil.example/\u202egpj.exe\u202c after",
    "\u2067\u202e\u2066 turned around \u2069 and on",
    "*_~`" * 500,
    "nul \0 and \x1b[31m red",
    "https://evil.example/" + "a" * 3000,
    "@" * 2000,
)


def test_hostile_text_stays_text(window: Visit, world: World) -> None:
    ana, bob = window.open(ANA, BOB)
    evil = HOSTILE[0]
    world.call("person", name=evil)
    world.call("add", chat="Neighbours", by="Ana", people=[evil])
    world.call("subject", chat="Neighbours", by="Ana", subject=evil)
    for text in HOSTILE:
        say(world, evil, text, chat=evil)
    say(world, evil, chat=evil, **content(
        text=evil, header=evil, footer=evil, preview={"url": "javascript:alert(1)", "title": evil, "description": evil},
        ad={"url": evil, "title": evil}, poll={"question": evil, "options": [evil]}, invite={"group_name": evil},
        buttons=[{"title": evil, "url": "javascript:alert(1)"}, {"title": evil}], rows=[{"title": evil}],
        location={"name": evil, "address": evil, "url": evil}, contacts=[{"name": evil, "vcard": f"URL:{evil}"}],
    ))  # fmt: skip
    say(world, evil, chat=evil, **media("image", "image/svg+xml", evil))
    say(world, evil, chat=evil, **media("document", "text/html", f"{evil}.html"))
    expect(ana.bubbles).to_have_count(len(HOSTILE) + 3)
    expect(bob.bubble("turned around")).to_be_visible()
    assert ana.element.locator("script, style, iframe, img[src=x], [onerror]").count() == 0
    expect(ana.bubbles.first.locator(".text")).to_have_text(re.compile(re.escape(evil)))
    assert window.overflow() <= 0
    assert ana.timeline.evaluate("node => node.scrollWidth - node.clientWidth") == 0


def test_huge_texts_are_folded_and_unfold_quickly(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    for piece in ("word ", "*a _b ~", "a.", "https://a.co/ ", "😀", "\u202e", "(", "\n"):
        say(world, "Bob", f"start {piece * (65_000 // len(piece.encode()))} end")
        more = ana.bubbles.last.get_by_role("button", name="Read more")
        expect(more).to_be_visible()
        assert len(str(ana.bubbles.last.text_content())) < 1000
        more.click()
        expect(more).to_have_count(0)
        assert len(str(ana.bubbles.last.text_content())) > 15_000
    assert window.overflow() <= 0


def test_each_message_has_the_direction_of_its_own_text(window: Visit, world: World) -> None:
    (ana,) = window.open(ANA)
    say(world, "Bob", "مرحبا بكم جميعا في هذه المجموعة")
    say(world, "Bob", "left to right")
    direction = "node => getComputedStyle(node).direction"
    assert ana.bubble("مرحبا").locator(".text").evaluate(direction) == "rtl"
    assert ana.bubble("left to right").locator(".text").evaluate(direction) == "ltr"

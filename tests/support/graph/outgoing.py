"""Reads what a business asks to send, as strictly as Graph does.

Limits from Meta's pages of each type (business-messaging/whatsapp/messages/…). Errors: 100 where a parameter is missing
or too long, 131008 and 131009 where the message lacks or misuses one, 131051 for a type that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.graph.bubbles import Bubble, Choice
from tests.support.graph.errors import GraphError, Json
from tests.support.graph.media import MediaStore, fits
from tests.support.graph.templates import Templates

MOST_TEXT = 4096
MOST_CAPTION = 1024
MOST_TRACKER = 512
MEDIA = ("image", "video", "audio", "document", "sticker")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A request that is valid. `bubble` has no id and no time yet."""

    to: str
    """Digits of a phone number, or empty."""
    recipient: str
    """A business-scoped user id, or empty."""
    bubble: Bubble
    target: str = ""
    """Id of the message that a reaction is about."""

    @property
    def named(self) -> str:
        """Who is written to, as the request says it."""
        return self.to or self.recipient


class Reader:
    def __init__(self, media: MediaStore, templates: Templates, now: Callable[[], int]) -> None:
        self._media = media
        self._templates = templates
        self._now = now
        self._kinds: dict[str, Callable[[str, Json], Bubble]] = {
            "text": self._text,
            "reaction": self._reaction,
            "interactive": self._interactive,
            "template": self._template,
            "location": self._location,
            "contacts": self._contacts,
            **dict.fromkeys(MEDIA, self._with_media),
        }

    def read(self, request: Json) -> Draft:
        """Raises GraphError."""
        if request.get("messaging_product") != "whatsapp":
            raise GraphError(100, "The parameter messaging_product is required.")
        to, recipient = _digits(request.get("to")), _string(request, "recipient", needed=False)
        if not to and not recipient:
            raise GraphError(100, "The parameter to is required.")
        if request.get("recipient_type", "individual") != "individual":
            raise GraphError(100, "The parameter recipient_type must be individual.")
        kind = _string(request, "type", needed=False) or "text"
        read = self._kinds.get(kind)
        if read is None:
            raise GraphError(131051, f"Message type {kind!r} is not supported.")
        content = {kind: request.get(kind)} if kind == "contacts" else request.get(kind)
        if not content or not isinstance(content, dict):
            raise GraphError(131008, f"The parameter {kind} is required.")
        bubble = read(kind, content)
        bubble.quotes = _quoted(request)
        bubble.reference = _string(request, "biz_opaque_callback_data", MOST_TRACKER, needed=False)
        target = content.get("message_id", "") if kind == "reaction" else ""
        return Draft(to=to, recipient=recipient, bubble=bubble, target=target)

    # --- types ---

    def _bubble(self, kind: str, **seen: object) -> Bubble:
        bubble = Bubble(id="", kind=kind, time=self._now(), status="accepted")
        for name, value in seen.items():
            setattr(bubble, name, value)
        return bubble

    def _text(self, kind: str, content: Json) -> Bubble:
        return self._bubble(kind, text=_string(content, "body", MOST_TEXT, of="text"))

    def _reaction(self, kind: str, content: Json) -> Bubble:
        _string(content, "message_id", of="reaction")
        if "emoji" not in content:
            raise GraphError(131008, "The parameter reaction['emoji'] is required.")
        return self._bubble(kind, text=_string(content, "emoji", 32, needed=False))

    def _with_media(self, kind: str, content: Json) -> Bubble:
        caption = _string(content, "caption", MOST_CAPTION, needed=False)
        if caption and kind in {"audio", "sticker"}:
            raise GraphError(100, f"Unexpected key caption on param {kind}.")
        if "filename" in content and kind != "document":
            raise GraphError(100, f"Unexpected key filename on param {kind}.")
        name = _string(content, "filename", 240, needed=False)
        identity, link = _string(content, "id", needed=False), _string(content, "link", needed=False)
        if bool(identity) == bool(link):
            raise GraphError(
                131008 if not link else 131009, f"Exactly one of {kind}['id'] and {kind}['link'] is needed."
            )
        if link:
            if not link.startswith(("http://", "https://")):
                raise GraphError(131009, f"{kind}['link'] is not a valid URL.")
            return self._bubble(kind, text=caption, link=link, file_name=name)
        stored = self._media.get(identity, self._now())
        if stored is None:
            raise GraphError(131009, f"Media {identity} does not exist or has expired.")
        wrong = fits(kind, stored.mime, len(stored.data))
        if wrong:
            raise GraphError(131053, wrong)
        return self._bubble(kind, text=caption, media=stored, file_name=name)

    def _interactive(self, kind: str, content: Json) -> Bubble:
        shape = _string(content, "type", of="interactive")
        action = content.get("action")
        if not isinstance(action, dict):
            raise GraphError(131008, "The parameter interactive['action'] is required.")
        body = _part(content, "body", 1024 if shape == "button" else 4096, needed=True)
        header = content.get("header", {})
        shown = {
            "text": body,
            "header": _string(header, "text", 60, needed=False) if header else "",
            "footer": _part(content, "footer", 60),
        }
        if shape == "button":
            return self._bubble(kind, **shown, choices=_buttons(action))
        if shape == "list":
            opens = _string(action, "button", 20, of="action")
            return self._bubble(kind, **shown, choices=_rows(action), opens=opens)
        raise GraphError(131009, f"Interactive type {shape!r} is not supported.")

    def _template(self, kind: str, content: Json) -> Bubble:
        name = _string(content, "name", 512, of="template")
        language = content.get("language")
        if not isinstance(language, dict):
            raise GraphError(131008, "The parameter template['language'] is required.")
        template = self._templates.approved(name, _string(language, "code", of="language"))
        text = template.fill(content.get("components", []))
        choices = tuple(Choice(title, title) for title in template.buttons)
        return self._bubble(kind, text=text, template=name, choices=choices)

    def _location(self, kind: str, content: Json) -> Bubble:
        if not {"latitude", "longitude"} <= set(content):
            raise GraphError(131008, "The parameters latitude and longitude are required.")
        return self._bubble(kind, text=_string(content, "name", 1000, needed=False))

    def _contacts(self, kind: str, content: Json) -> Bubble:
        contacts = content["contacts"]
        if not contacts or not isinstance(contacts, list):
            raise GraphError(131008, "The parameter contacts is required.")
        names = [contact.get("name", {}).get("formatted_name") for contact in contacts]
        if not all(names):
            raise GraphError(131008, "The parameter contacts['name']['formatted_name'] is required.")
        return self._bubble(kind, text=", ".join(names))


# --- pieces ---


def _string(content: Json, name: str, most: int = 1 << 20, *, of: str = "", needed: bool = True) -> str:
    where = f"{of}['{name}']" if of else name
    value = content.get(name)
    if value is None or value == "":
        if needed:
            raise GraphError(131008, f"The parameter {where} is required.")
        return ""
    if not isinstance(value, str):
        raise GraphError(100, f"Param {where} must be a string.")
    if len(value.encode("utf-16-le")) // 2 > most:
        raise GraphError(100, f"Param {where} must be at most {most} characters long.")
    return value


def _part(content: Json, name: str, most: int, *, needed: bool = False) -> str:
    part = content.get(name)
    if part is None and not needed:
        return ""
    if not isinstance(part, dict):
        raise GraphError(131008, f"The parameter interactive['{name}'] is required.")
    return _string(part, "text", most, of=name)


def _digits(value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise GraphError(100, "Param to must be a string.")
    digits = "".join(character for character in value if character.isdigit())
    if not digits or value.strip("+0123456789-() "):
        raise GraphError(131009, "The parameter to is not a phone number.")
    return digits


def _quoted(request: Json) -> str:
    context = request.get("context")
    if context is None:
        return ""
    if not isinstance(context, dict):
        raise GraphError(100, "Param context must be a JSON object.")
    return _string(context, "message_id", of="context")


def _buttons(action: Json) -> tuple[Choice, ...]:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise GraphError(131009, "Interactive buttons: there must be 1 to 3 of them.")
    found = []
    for button in buttons:
        reply = button.get("reply")
        if button.get("type") != "reply" or not isinstance(reply, dict):
            raise GraphError(131009, "Interactive buttons must be of the type reply.")
        found.append(Choice(_string(reply, "id", 256, of="reply"), _string(reply, "title", 20, of="reply")))
    return _unique(found)


def _rows(action: Json) -> tuple[Choice, ...]:
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise GraphError(131009, "Interactive sections: there must be 1 to 10 of them.")
    found = []
    for section in sections:
        _string(section, "title", 24, of="section", needed=len(sections) > 1)
        for row in section.get("rows", []):
            described = _string(row, "description", 72, of="row", needed=False)
            found.append(Choice(_string(row, "id", 200, of="row"), _string(row, "title", 24, of="row"), described))
    if not 1 <= len(found) <= 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10.")
    return _unique(found, titles=False)


def _unique(choices: list[Choice], *, titles: bool = True) -> tuple[Choice, ...]:
    if len({choice.id for choice in choices}) < len(choices):
        raise GraphError(131009, "Duplicated id.")
    if titles and len({choice.title for choice in choices}) < len(choices):
        raise GraphError(131009, "Duplicated title.")
    return tuple(choices)

"""People with a phone: what they do reaches the business as webhooks, what it sends is on their screen.

Shapes from Meta's reference of the messages webhook (business-messaging/whatsapp/webhooks/reference/messages/…).
What a person does returns when the webhook was answered or is to be tried again, unless webhooks are held or late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tests.support.graph.bubbles import Bubble
from tests.support.graph.errors import GraphError, Json
from tests.support.graph.media import Stored
from tests.support.graph.numbers import Number
from tests.support.graph.webhooks import Delivery


class Network(Protocol):
    """What a person needs of Graph."""

    @property
    def number(self) -> Number: ...
    def now(self) -> int: ...
    def next_id(self) -> str: ...
    def heard(self, number: Number, person: Person) -> None: ...
    def tell(self, number: Number, value: Json) -> Delivery: ...
    def keep(self, number: Number, mime: str, data: bytes) -> tuple[Stored, str]: ...
    def move_status(self, number: Number, person: Person, bubble: Bubble, status: str) -> Delivery: ...


@dataclass(eq=False, kw_only=True)
class Person:
    network: Network
    name: str
    phone: str
    """Digits."""
    user_id: str
    """Business-scoped; empty: Graph does not tell of any."""
    username: str = ""
    hidden: bool = False
    """The phone number is not told (who has a username may be known by that alone)."""
    away: bool = False
    """Nothing is delivered until they are back."""
    typing_until: int = 0
    marked: list[str] = field(default_factory=list)
    """Ids of their messages that the business marked as read."""
    chats: dict[str, list[Bubble]] = field(default_factory=dict)
    """Number's id to what stands in the chat with it, own messages included."""

    # --- what they see ---

    def chat(self, number: Number | None = None) -> list[Bubble]:
        return self.chats.setdefault((number or self.network.number).id, [])

    @property
    def screen(self) -> list[str]:
        """The business's messages in the chat with the first number, as they are read there; reactions are not among
        them."""
        return [bubble.text for bubble in self.received if bubble.kind != "reaction"]

    @property
    def received(self) -> list[Bubble]:
        return [bubble for bubble in self.chat() if not bubble.mine and bubble.status not in {"accepted", "failed"}]

    @property
    def last(self) -> Bubble:
        return self.received[-1]

    @property
    def sees_typing(self) -> bool:
        return self.network.now() < self.typing_until

    # --- what they do ---

    async def say(
        self, text: str, *, quote: str = "", to: Number | None = None, identity: str = "", **more: object
    ) -> str:
        """The id of the message. `more`: further parts of it, such as `context`."""
        return await self.post("text", {"body": text}, quote=quote, to=to, identity=identity, seen=text, **more)

    async def send(
        self,
        kind: str,
        data: bytes,
        mime: str,
        *,
        caption: str = "",
        file_name: str = "",
        quote: str = "",
        to: Number | None = None,
        identity: str = "",
    ) -> str:
        """Media of a kind: image, video, audio, document or sticker."""
        stored, link = self.network.keep(to or self.network.number, mime, data)
        content: Json = {"mime_type": mime, "sha256": stored.sha256, "id": stored.id, "url": link}
        content |= {"caption": caption} if caption else {}
        content |= {"filename": file_name} if file_name else {}
        return await self.post(kind, content, quote=quote, to=to, identity=identity, seen=caption)

    async def tap(self, title: str, *, to: Number | None = None) -> str:
        """A button or a row of the newest message that offers something."""
        bubble = next(each for each in reversed(self.received) if each.choices)
        choice = bubble.choice(title)
        if bubble.template:
            content: Json = {"payload": choice.id, "text": title}
            return await self.post("button", content, quote=bubble.id, to=to, seen=title)
        kind = "list_reply" if bubble.opens else "button_reply"
        answer = {"id": choice.id, "title": title}
        answer |= {"description": choice.description} if choice.description else {}
        return await self.post("interactive", {"type": kind, kind: answer}, quote=bubble.id, to=to, seen=title)

    async def react(self, message: str, emoji: str, *, to: Number | None = None) -> str:
        """To a message of the business; empty: take it back. Of reactions to anything else Graph says nothing."""
        content = {"message_id": message} | ({"emoji": emoji} if emoji else {})
        return await self.post("reaction", content, to=to)

    async def edit(self, message: str, text: str, *, to: Number | None = None) -> str:
        """Graph tells numbers that are also used in the app what it says now, all others that something was not
        supported."""
        bubble = self._own(message, to)
        bubble.text = text
        now = {"context": {"id": "M0"}, "type": "text", "text": {"body": text}}
        return await self._changed("edit", {"original_message_id": message, "message": now}, to)

    async def delete(self, message: str, *, to: Number | None = None) -> str:
        """As with `edit`."""
        self._own(message, to).revoked = True
        return await self._changed("revoke", {"original_message_id": message}, to)

    async def read(self, *, to: Number | None = None) -> None:
        """All that was delivered."""
        for bubble in self.chat(to):
            if not bubble.mine and bubble.status in {"sent", "delivered"} and not self.away:
                await self.network.move_status(to or self.network.number, self, bubble, "read").tried.wait()

    async def back(self, *, to: Number | None = None) -> None:
        """What waited is delivered."""
        self.away = False
        for bubble in self.chat(to):
            if not bubble.mine and bubble.status == "sent":
                await self.network.move_status(to or self.network.number, self, bubble, "delivered").tried.wait()

    async def change_phone(self, phone: str, user_id: str = "", *, to: Number | None = None) -> str:
        """And, with a new one, the user id. Graph tells it under the old ones."""
        said: Json = {"body": f"User {self.name} changed from {self.phone} to {phone}", "wa_id": phone}
        said |= {"type": "user_changed_number"} | ({"user_id": user_id} if user_id else {})
        message = {**self.names, **self._stamp(identity := self.network.next_id()), "type": "system", "system": said}
        self.phone, self.user_id = phone, user_id or self.user_id
        await self.network.tell(to or self.network.number, {"messages": [message]}).tried.wait()
        return identity

    async def post(
        self,
        kind: str,
        content: object,
        *,
        quote: str = "",
        to: Number | None = None,
        identity: str = "",
        seen: str | None = None,
        **more: object,
    ) -> str:
        """Any type of message. `seen`: what stands in the chat; None: nothing does."""
        identity, delivery = self.write(kind, content, quote=quote, to=to, identity=identity, seen=seen, **more)
        await delivery.tried.wait()
        return identity

    def write(
        self,
        kind: str,
        content: object,
        *,
        quote: str = "",
        to: Number | None = None,
        identity: str = "",
        seen: str | None = None,
        **more: object,
    ) -> tuple[str, Delivery]:
        """As `post`, without waiting: the id, and the webhook that is on its way."""
        number = to or self.network.number
        identity = identity or self.network.next_id()
        message: Json = {**self.names, **self._stamp(identity), "type": kind, kind: content}
        message |= {"context": self._context(quote, number)} if quote else {}
        message |= more
        if seen is not None:
            bubble = Bubble(id=identity, kind=kind, time=self.network.now(), mine=True, text=seen, quotes=quote)
            self.chat(number).append(bubble)
        self.network.heard(number, self)
        return identity, self.network.tell(number, {"contacts": [self.contact], "messages": [message]})

    # --- how Graph names them ---

    @property
    def contact(self) -> Json:
        profile = {"name": self.name} | ({"username": self.username} if self.username else {})
        contact: Json = {"profile": profile}
        contact |= {} if self.hidden else {"wa_id": self.phone}
        return contact | ({"user_id": self.user_id} if self.user_id else {})

    @property
    def names(self) -> Json:
        names = {} if self.hidden else {"from": self.phone}
        return names | ({"from_user_id": self.user_id} if self.user_id else {})

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(each for each in (self.phone, self.user_id) if each)

    def _stamp(self, identity: str) -> Json:
        return {"id": identity, "timestamp": str(self.network.now() // 1000)}

    def _context(self, quote: str, number: Number) -> Json:
        quoted = next((bubble for bubble in self.chat(number) if bubble.id == quote), None)
        return {"from": self.phone if quoted is not None and quoted.mine else number.digits, "id": quote}

    def _own(self, message: str, to: Number | None) -> Bubble:
        return next(bubble for bubble in self.chat(to) if bubble.mine and bubble.id == message)

    async def _changed(self, kind: str, content: Json, to: Number | None) -> str:
        number = to or self.network.number
        if number.coexistence:
            return await self.post(kind, content, to=number)
        unknown = GraphError(131051, "Message type is currently not supported.").told()
        return await self.post("unsupported", {"type": kind}, to=number, errors=[unknown])

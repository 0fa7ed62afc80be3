"""Meta's Graph as the Cloud API's clients see it, on loopback: numbers, people, tokens, and what goes wrong.

    async with graphing(clock) as graph:  # `server.graphing`
        graph.webhooks.callback = address
        ana = graph.person("Ana", phone="999100000001", user_id="DE.1001")
        await ana.say("hi")
        assert ana.screen == ["hello"]

Time is the clock's: windows, rates, links to media and repetitions of webhooks wait for it. What hangs or is slow does
so in real time, since the client's patience is real.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from random import Random

from tests.support.graph.bubbles import Bubble
from tests.support.graph.errors import LATE, GraphError, Json, expired, no_token
from tests.support.graph.faults import At, Fault, Faults, Kind
from tests.support.graph.media import MediaStore, Stored
from tests.support.graph.numbers import Number
from tests.support.graph.outgoing import Draft, Reader
from tests.support.graph.people import Person
from tests.support.graph.templates import Templates
from tests.support.graph.webhooks import Backoff, Delivery, Webhooks

from whinchat.core.ports import Clock

APP = "670843887433847"
SECRET = "the-secret-of-the-app"
TOKEN = "EAAG-a-token-for-tests"
VERIFY_TOKEN = "what-the-callback-is-asked-for"
TYPING = 25_000  # milliseconds that people see it


@dataclass(frozen=True)
class Asked:
    """A request, and the status it was answered with (0: with nothing)."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Sent:
    """A message that was accepted, in the order of acceptance."""

    number: Number
    person: Person | None
    """None: nobody has that phone number."""
    bubble: Bubble


class Graph:
    def __init__(self, clock: Clock, *, seed: int = 1, backoff: Backoff | None = None) -> None:
        self.url = ""
        self.clock = clock
        self.random = Random(seed)
        self.tokens: dict[str, int | None] = {TOKEN: None}
        """To when each expires, milliseconds UTC; None: never. Every token may do everything."""
        self.faults = Faults()
        self.webhooks = Webhooks(clock, self.random, SECRET, backoff or Backoff())
        self.media = MediaStore()
        self.templates = Templates()
        self.numbers: dict[str, Number] = {}
        self.people: list[Person] = []
        self.asked: list[Asked] = []
        self.sent: list[Sent] = []
        self.subscribed: set[str] = set()
        """Accounts of which the app hears."""
        self.fields: set[str] = {"messages"}
        """What the app hears of them."""
        self.verify_token = ""
        """As the app's callback was registered with."""
        self.late = LATE
        """Codes that a message fails with after it was accepted; the others are answered at once."""
        self.reader = Reader(self.media, self.templates, self.now)
        self._ids = 0
        self.number = self.add_number("106540352242922", "102290129340398", "+999 155 500 001")

    # --- what there is ---

    def add_number(self, identity: str, business: str, display: str) -> Number:
        self.numbers[identity] = Number(id=identity, business=business, display=display)
        self.subscribed.add(business)
        return self.numbers[identity]

    def person(self, name: str = "Ana", *, phone: str = "", user_id: str | None = None, username: str = "") -> Person:
        """Without a user id one is made up; with an empty one Graph tells of none."""
        place = len(self.people) + 1
        identity = f"DE.{1_000_000_000_000 + place}" if user_id is None else user_id
        digits = (phone or f"999100{place:06}").removeprefix("+")
        person = Person(network=self, name=name, phone=digits, user_id=identity, username=username)
        self.people.append(person)
        return person

    def rotate(self, token: str) -> None:
        """From now on only this one is good."""
        self.tokens = {token: None}

    def fail(self, code: int, person: Person | None = None, *, times: int = 1, late: bool | None = None) -> None:
        """The next messages (to that person) get this error: at once, or after acceptance where Meta does so."""
        kind = Kind.FAILED if (code in self.late if late is None else late) else Kind.ERROR
        self.faults.plan(Fault(kind=kind, person="" if person is None else person.phone, code=code, times=times))

    def fault(self, kind: Kind, at: At = At.MESSAGES, *, seconds: float = 60.0, times: int = 1) -> None:
        self.faults.plan(Fault(kind=kind, at=at, seconds=seconds, times=times))

    def announce(self, name: str, value: Json, number: Number | None = None) -> Delivery:
        """Any other webhook, such as `phone_number_quality_update`."""
        return self.webhooks.post((number or self.number).business, name, value)

    async def rate(self, quality: str, event: str = "FLAGGED", number: Number | None = None) -> None:
        """A number's quality changes (webhooks/reference/phone_number_quality_update)."""
        number = number or self.number
        number.quality = quality
        value = {"display_phone_number": number.digits, "event": event, "current_limit": "TIER_1K"}
        await self.announce("phone_number_quality_update", value, number).tried.wait()

    # --- who asks ---

    def valid(self, token: str) -> bool:
        expires = self.tokens.get(token, 0)
        return expires is None or expires > self.now()

    def authorize(self, token: str, proof: str = "") -> None:
        """`proof`: `appsecret_proof`, where the request has one. Raises GraphError."""
        if not token:
            raise no_token()
        if not self.valid(token):
            raise expired()
        right = hmac.new(self.webhooks.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof and proof != right:
            raise GraphError(100, message="Invalid appsecret_proof provided in the API argument")

    # --- people's phones (`people.Network`) ---

    def now(self) -> int:
        return self.clock.now()

    def next_id(self) -> str:
        self._ids += 1
        inner = f"\x1d\x0b{self._ids:020}".encode() + self.random.randbytes(6)
        return "wamid." + base64.b64encode(inner).decode()

    def heard(self, number: Number, person: Person) -> None:
        number.limits.heard(person.phone, self.clock.monotonic())

    def tell(self, number: Number, value: Json) -> Delivery:
        whole = {"messaging_product": "whatsapp", "metadata": number.metadata, **value}
        if number.business not in self.subscribed or "messages" not in self.fields:
            untold = Delivery(number.business, whole)
            untold.tried.set()
            return untold
        return self.webhooks.post(number.business, "messages", whole)

    def keep(self, number: Number, mime: str, data: bytes) -> tuple[Stored, str]:
        stored = self.media.keep(number.id, mime, data, self.now(), 7)
        return stored, self.media.link(stored, self.url, self.now())

    def move_status(
        self, number: Number, person: Person, bubble: Bubble, status: str, error: GraphError | None = None
    ) -> Delivery:
        bubble.status = status
        told: Json = {"id": bubble.id, "status": status, "timestamp": str(self.now() // 1000)}
        told |= {} if person.hidden else {"recipient_id": person.phone}
        told |= {"recipient_user_id": person.user_id} if person.user_id else {}
        told |= {"biz_opaque_callback_data": bubble.reference} if bubble.reference else {}
        if error is not None:
            told["errors"] = [error.told()]
        else:
            category = "utility" if bubble.template else "service"
            told["pricing"] = {"billable": bool(bubble.template), "pricing_model": "PMP", "category": category}
        return self.tell(number, {"contacts": [person.contact], "statuses": [told]})

    # --- what a business sends ---

    def find(self, name: str) -> Person | None:
        return next((person for person in self.people if name in person.ids), None)

    def accept(self, number: Number, draft: Draft, failed: GraphError | None = None) -> Bubble:
        """The message gets an id and goes its way. `failed`: it fails by this. Raises GraphError."""
        person = self.find(draft.named)
        if draft.to == number.digits:
            raise GraphError(131021)
        number.limits.spend(draft.named if person is None else person.phone, self.clock.monotonic())
        found = failed or self._wrong(number, person, draft)
        if found is not None and found.code not in self.late and failed is None:
            raise found
        bubble = draft.bubble
        bubble.id = self.next_id()
        self.sent.append(Sent(number, person, bubble))
        if person is None:
            person = Person(network=self, name="", phone=draft.to, user_id=draft.recipient, hidden=not draft.to)
        if found is not None:
            self.move_status(number, person, bubble, "failed", found)
            return bubble
        self._show(number, person, draft)
        self.move_status(number, person, bubble, "sent")
        if not person.away:
            self.move_status(number, person, bubble, "delivered")
        return bubble

    def _wrong(self, number: Number, person: Person | None, draft: Draft) -> GraphError | None:
        if person is None:
            return GraphError(131026)
        free = draft.bubble.template or number.limits.is_open(person.phone, self.clock.monotonic())
        if not free:
            return GraphError(131047)
        if draft.target and all(each.id != draft.target for each in person.chat(number)):
            return GraphError(131009, "The message that is reacted to cannot be found.")
        return None

    def _show(self, number: Number, person: Person, draft: Draft) -> None:
        person.typing_until = 0
        person.chat(number).append(draft.bubble)
        for bubble in person.chat(number):
            if bubble.id == draft.target:
                bubble.reactions["business"] = draft.bubble.text

    def mark(self, number: Number, request: Json) -> None:
        """A person's message was read; with a typing indicator they see that the business writes. Raises GraphError."""
        message = request.get("message_id")
        found = [person for person in self.people for each in person.chat(number) if each.mine and each.id == message]
        if not found:
            raise GraphError(131009, "The message does not exist.")
        found[0].marked.append(str(message))
        indicator = request.get("typing_indicator")
        if indicator is not None:
            if indicator != {"type": "text"}:
                raise GraphError(100, "Param typing_indicator['type'] must be text.")
            found[0].typing_until = self.now() + TYPING

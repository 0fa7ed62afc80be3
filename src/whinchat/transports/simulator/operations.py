"""Everything that can be asked of a world by name: what the HTTP API, the page and scripts have in common.

Arguments are typed; unknown ones are an error. People and chats may be named as `find_chat` and `People.find` allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from whinchat.core.errors import Refused
from whinchat.core.types import ChatKind, Content, DeliveryStatus
from whinchat.transports.simulator.arguments import (
    Announce,
    CreateGroup,
    CreatePerson,
    DeleteMessage,
    Direct,
    EditMessage,
    History,
    NoArguments,
    OneMessage,
    OnePerson,
    Post,
    PostMany,
    Presence,
    ReactTo,
    Read,
    Reset,
    SetScript,
    SomePeople,
    Subject,
    Switch,
    Typing,
)
from whinchat.transports.simulator.chats import Chat, ChatView
from whinchat.transports.simulator.faults import Fault
from whinchat.transports.simulator.host import Host, ScriptState
from whinchat.transports.simulator.messages import Message
from whinchat.transports.simulator.people import Person
from whinchat.transports.simulator.talk import Quote
from whinchat.transports.simulator.world import World

MOST_AT_ONCE = 5_000  # messages of one `post_many`
MOST_HISTORY = 200

A = TypeVar("A", bound=msgspec.Struct)


class Nothing(msgspec.Struct, frozen=True):
    pass


class Posted(msgspec.Struct, frozen=True):
    posted: int
    waiting: int
    """Events that the slowest bot has not acknowledged."""


class Messages(msgspec.Struct, frozen=True):
    messages: tuple[Message, ...]


class Receipts(msgspec.Struct, frozen=True):
    receipts: dict[str, DeliveryStatus]


@dataclass(frozen=True, slots=True)
class Operation(Generic[A]):
    arguments: type[A]
    run: Callable[[Host, A], Any]


def find_chat(world: World, key: str) -> Chat:
    """By id, by a subject that only one group has, or as `one~other` for a direct chat. Raises Refused."""
    if key in world.realm.chats:
        return world.realm.chats[key]
    named = [chat for chat in world.realm.chats.values() if chat.subject == key and chat.kind is ChatKind.GROUP]
    if len(named) > 1:
        raise Refused("several groups have that subject", hint="use the id", code="ambiguous")
    if named:
        return named[0]
    one, tilde, other = key.partition("~")
    if tilde:
        key = "~".join(sorted((world.people.find(one).id, world.people.find(other).id)))
    return world.realm.chat(key)


def perform(host: Host, name: str, arguments: bytes | msgspec.Raw | Mapping[str, Any]) -> Any:
    """Do one operation. Raises Refused: unknown, wrong arguments, or against the rules of the world."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Refused("there is no such operation", hint=f"use one of {', '.join(OPERATIONS)}", code="no_operation")
    try:
        if isinstance(arguments, Mapping):
            decoded = msgspec.convert(arguments, operation.arguments)
        else:
            decoded = msgspec.json.decode(arguments, type=operation.arguments)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(str(error), hint=f"see `{name}` in the reference", code="bad_request") from None
    return operation.run(host, decoded)


# --- each operation ---


def _person(host: Host, args: CreatePerson) -> Person:
    return host.world.person(args.name, args.phone, args.colour)


def _direct(host: Host, args: Direct) -> ChatView:
    one, other = (host.world.people.find(person) for person in args.people)
    return host.world.realm.direct(one, other).view()


def _group(host: Host, args: CreateGroup) -> ChatView:
    find = host.world.people.find
    return host.world.groups.create(
        args.subject,
        find(args.by),
        [find(person) for person in args.members],
        [find(person) for person in args.admins],
        announce_only=args.announce_only,
        identity=args.id,
    ).view()


def _of_one(act: Callable[[World, Chat, Person], None]) -> Operation[OnePerson]:
    def run(host: Host, args: OnePerson) -> ChatView:
        chat = find_chat(host.world, args.chat)
        act(host.world, chat, host.world.people.find(args.person))
        return chat.view()

    return Operation(OnePerson, run)


def _of_some(act: Callable[[World, Chat, Person, tuple[Person, ...]], None]) -> Operation[SomePeople]:
    def run(host: Host, args: SomePeople) -> ChatView:
        chat, find = find_chat(host.world, args.chat), host.world.people.find
        if not args.people:
            raise Refused("nobody is named", hint="give at least one in `people`", code="bad_request")
        people = tuple({person.id: person for person in map(find, args.people)}.values())
        act(host.world, chat, find(args.by), people)
        return chat.view()

    return Operation(SomePeople, run)


def _subject(host: Host, args: Subject) -> ChatView:
    chat = find_chat(host.world, args.chat)
    host.world.groups.set_subject(chat, host.world.people.find(args.by), args.subject)
    return chat.view()


def _announce(host: Host, args: Announce) -> ChatView:
    chat = find_chat(host.world, args.chat)
    host.world.groups.set_announce_only(chat, host.world.people.find(args.by), args.on)
    return chat.view()


def _post(host: Host, args: Post) -> Message:
    world = host.world
    find = world.people.find
    quote = args.quote
    if quote is not None:
        quote = Quote(find(quote.sender).id, quote.id, quote.content)
    return world.talk.post(
        find_chat(world, args.chat),
        _speaker(world, args.sender),
        _content(args.text, args.content) or Content(),
        media=args.media,
        quote=quote,
        mentions=tuple(find(person).id for person in args.mentions),
        forwarded=args.forwarded,
        identity=args.id,
    )


def _post_many(host: Host, args: PostMany) -> Posted:
    """Stops at the first that is refused; those before it are posted."""
    if len(args.messages) > MOST_AT_ONCE:
        raise Refused(f"at most {MOST_AT_ONCE} messages at once", code="bad_request")
    for done, message in enumerate(args.messages):
        try:
            _post(host, message)
        except Refused as refusal:
            text = f"message {done + 1} of {len(args.messages)}: {refusal}; those before it are posted"
            raise Refused(text, hint=refusal.hint, code=refusal.code) from None
    waiting = max((host.world.shown(bot).waiting for bot in host.world.people.bots()), default=0)
    return Posted(len(args.messages), waiting)


def _edit(host: Host, args: EditMessage) -> Message:
    world = host.world
    message = find_chat(world, args.chat).message(_speaker(world, args.sender).id, args.id)
    content = args.content
    if args.text is not None:
        content = msgspec.structs.replace(content or message.content, text=args.text)
    if content is None:
        raise Refused("nothing to change", hint="give `text` or `content`", code="bad_request")
    world.talk.edit(message, content, tuple(world.people.find(person).id for person in args.mentions))
    return message


def _revoke(host: Host, args: OneMessage) -> Message:
    message = find_chat(host.world, args.chat).message(_speaker(host.world, args.sender).id, args.id)
    host.world.talk.revoke(message)
    return message


def _delete(host: Host, args: DeleteMessage) -> Message:
    message = _message(host.world, args)
    host.world.talk.delete(message, _speaker(host.world, args.by))
    return message


def _react(host: Host, args: ReactTo) -> Message:
    message = _message(host.world, args)
    host.world.talk.react(message, _speaker(host.world, args.by), args.emoji)
    return message


def _read(host: Host, args: Read) -> ChatView:
    chat = find_chat(host.world, args.chat)
    host.world.talk.read(chat, host.world.people.find(args.person), args.upto)
    return chat.view()


def _typing(host: Host, args: Typing) -> Nothing:
    chat = find_chat(host.world, args.chat)
    host.world.talk.typing(chat, _speaker(host.world, args.person), args.on)
    return Nothing()


def _presence(host: Host, args: Presence) -> Person:
    person = host.world.people.find(args.person)
    host.world.set_online(person, args.online)
    return host.world.shown(person)


def _history(host: Host, args: History) -> Messages:
    if not 1 <= args.limit <= MOST_HISTORY:
        raise Refused(f"`limit` is 1 to {MOST_HISTORY}", code="bad_request")
    return Messages(tuple(find_chat(host.world, args.chat).history(args.before, args.limit)))


def _receipts(host: Host, args: OneMessage) -> Receipts:
    return Receipts(host.world.receipts(_message(host.world, args)))


def _fault(host: Host, fault: Fault) -> Fault:
    if fault.chat:
        fault.chat = find_chat(host.world, fault.chat).id
    return host.world.inject(fault)


def _clear_faults(host: Host, _args: NoArguments) -> Nothing:
    host.world.clear_faults()
    return Nothing()


def _dedupe(host: Host, args: Switch) -> Nothing:
    host.world.set_dedupe(args.on)
    return Nothing()


def _script(host: Host, args: SetScript) -> ScriptState:
    if args.state not in {"running", "paused"}:
        raise Refused("`state` is running or paused", code="bad_request")
    if host.script is None:
        raise Refused("no script is loaded", hint="start the world with one", code="no_script")
    host.script.set_running(args.state == "running")
    return host.script.state()


def _reset(host: Host, args: Reset) -> Nothing:
    host.reset(args.seed)
    return Nothing()


# --- shared ---


def _speaker(world: World, who: str) -> Person:
    """Raises Refused (`is_bot`): what a bot says comes from the service."""
    person = world.people.find(who)
    if person.bot:
        raise Refused("nobody can act as a bot", hint="name a person", code="is_bot")
    return person


def _message(world: World, args: OneMessage) -> Message:
    return find_chat(world, args.chat).message(world.people.find(args.sender).id, args.id)


def _content(text: str | None, content: Content | None) -> Content | None:
    if text is None:
        return content
    return msgspec.structs.replace(content or Content(), text=text)


OPERATIONS: Mapping[str, Operation[Any]] = {
    "person": Operation(CreatePerson, _person),
    "direct": Operation(Direct, _direct),
    "group": Operation(CreateGroup, _group),
    "join": _of_one(lambda world, chat, person: world.groups.join(chat, person)),
    "leave": _of_one(lambda world, chat, person: world.groups.leave(chat, person)),
    "add": _of_some(lambda world, chat, by, people: world.groups.add(chat, by, people)),
    "remove": _of_some(lambda world, chat, by, people: world.groups.remove(chat, by, people)),
    "promote": _of_some(lambda world, chat, by, people: world.groups.promote(chat, by, people)),
    "demote": _of_some(lambda world, chat, by, people: world.groups.demote(chat, by, people)),
    "subject": Operation(Subject, _subject),
    "announce": Operation(Announce, _announce),
    "post": Operation(Post, _post),
    "post_many": Operation(PostMany, _post_many),
    "edit": Operation(EditMessage, _edit),
    "revoke": Operation(OneMessage, _revoke),
    "delete": Operation(DeleteMessage, _delete),
    "react": Operation(ReactTo, _react),
    "read": Operation(Read, _read),
    "typing": Operation(Typing, _typing),
    "presence": Operation(Presence, _presence),
    "history": Operation(History, _history),
    "receipts": Operation(OneMessage, _receipts),
    "fault": Operation(Fault, _fault),
    "clear_faults": Operation(NoArguments, _clear_faults),
    "dedupe": Operation(Switch, _dedupe),
    "script": Operation(SetScript, _script),
    "reset": Operation(Reset, _reset),
}

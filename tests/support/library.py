"""What neonize's shared library calls back with and returns, made of neonize's own, whole protobufs."""

from __future__ import annotations

from typing import Any

from scripts.build_linked_wire import oracle

from whinchat.transports.linked.decode import Decoder
from whinchat.transports.linked.items import Item

COMMON, E2E, WEB, HISTORY, NEONIZE = oracle()

NOW = 1_764_000_000_000  # milliseconds
SECOND = NOW // 1000

ME_PHONE, ME = "49150000@s.whatsapp.net", "900@lid"
ANA_PHONE, ANA = "49151111@s.whatsapp.net", "111@lid"
BOB_PHONE, BOB = "49152222@s.whatsapp.net", "222@lid"
EVE_PHONE = "49153333@s.whatsapp.net"  # nobody knows her LID
FAMILY = "120363000000000001@g.us"


class Known:
    """`items.Identities`."""

    def __init__(self, *pairs: tuple[str, str], me: tuple[str, ...] = ()) -> None:
        self.me = frozenset(me)
        self.pairs = dict(pairs)

    def lid(self, phone: str) -> str | None:
        return next((lid for lid, known in self.pairs.items() if known == phone), None)

    def phone(self, lid: str) -> str | None:
        return self.pairs.get(lid)

    def learn(self, lid: str, phone: str) -> None:
        self.pairs[lid] = phone


def identities() -> Known:
    return Known((ME, ME_PHONE), (BOB, BOB_PHONE), me=(ME_PHONE, ME))


def decoder(known: Known | None = None) -> Decoder:
    return Decoder("main", identities() if known is None else known)


def jid(id_: str = "@", *, device: int = 0) -> Any:
    """Without an id: the empty one that the library gives for what it does not know."""
    user, _, server = id_.rpartition("@")
    return NEONIZE.JID(User=user, Server=server, RawAgent=0, Device=device, Integrator=0, IsEmpty=not server)


def source(chat: str, sender: str, *, alt: str = "@", recipient: str = "@", from_me: bool = False) -> Any:
    return NEONIZE.MessageSource(
        Chat=jid(chat),
        Sender=jid(sender, device=3),
        IsFromMe=from_me,
        IsGroup=chat.endswith(("@g.us", "@broadcast")),
        SenderAlt=jid(alt, device=3 if alt != "@" else 0),
        RecipientAlt=jid(recipient),
        BroadcastListOwner=jid(),
    )


def info(where: Any, id_: str = "M1", *, time: int = NOW, name: str = "", edit: str = "", category: str = "") -> Any:
    return NEONIZE.MessageInfo(
        MessageSource=where,
        ID=id_,
        ServerID=0,
        Type="text",
        Pushname=name,
        Timestamp=time,
        Category=category,
        Multicast=False,
        MediaType="",
        Edit=edit,
    )


def incoming(about: Any, message: Any, **flags: bool) -> bytes:
    given = {"IsEphemeral": False, "IsViewOnce": False, "IsEdit": False, **flags}
    data: bytes = NEONIZE.Message(
        Info=about,
        Message=message,
        Raw=message,
        IsViewOnceV2=False,
        IsViewOnceV2Extension=False,
        IsDocumentWithCaption=False,
        IsLottieSticker=False,
        UnavailableRequestID="",
        RetryCount=0,
        **given,
    ).SerializeToString()
    return data


def from_ana(message: Any, **flags: bool) -> bytes:
    """In a direct chat."""
    return incoming(info(source(ANA, ANA, alt=ANA_PHONE), name="Ana"), message, **flags)


def in_family(message: Any, *, sender: str = ANA, id_: str = "M1", edit: str = "", **flags: bool) -> bytes:
    return incoming(info(source(FAMILY, sender), id_, edit=edit), message, **flags)


def decoded(name: str, data: bytes, known: Known | None = None) -> Item | None:
    return decoder(known).item(name, data, now=NOW)


def participant(id_: str, *, lid: str = "@", phone: str = "@", admin: bool = False, owner: bool = False) -> Any:
    return NEONIZE.GroupParticipant(
        JID=jid(id_),
        LID=jid(lid),
        PhoneNumber=jid(phone),
        IsAdmin=admin or owner,
        IsSuperAdmin=owner,
        DisplayName="",
        Error=0,
    )


def group_info(id_: str, subject: str, *participants: Any, announce: bool = False) -> Any:
    return NEONIZE.GroupInfo(
        JID=jid(id_),
        OwnerJID=jid(),
        OwnerPN=jid(),
        GroupName=NEONIZE.GroupName(Name=subject, NameSetAt=SECOND, NameSetBy=jid()),
        GroupTopic=NEONIZE.GroupTopic(Topic="", TopicID="", TopicSetAt=0, TopicSetBy=jid(), TopicDeleted=False),
        GroupLocked=NEONIZE.GroupLocked(isLocked=False),
        GroupAnnounce=NEONIZE.GroupAnnounce(IsAnnounce=announce, AnnounceVersionID=""),
        GroupEphemeral=NEONIZE.GroupEphemeral(IsEphemeral=False, DisappearingTimer=0),
        GroupIncognito=NEONIZE.GroupIncognito(IsIncognito=False),
        GroupParent=NEONIZE.GroupParent(IsParent=False, DefaultMembershipApprovalMode=""),
        GroupLinkedParent=NEONIZE.GroupLinkedParent(LinkedParentJID=jid()),
        GroupIsDefaultSub=NEONIZE.GroupIsDefaultSub(IsDefaultSubGroup=False),
        GroupCreated=0.0,
        ParticipantVersionID="v1",
        Participants=participants,
    )


def group_change(*, by: str = "", time: int = SECOND, reason: str = "", version: str = "v2", **changes: Any) -> bytes:
    """`changes`: fields of `GroupInfoEvent`; who moves as ids."""
    fields = {
        name: [jid(each) for each in value] if name in {"Join", "Leave", "Promote", "Demote"} else value
        for name, value in changes.items()
    }
    data: bytes = NEONIZE.GroupInfoEvent(
        JID=jid(FAMILY),
        Notify="",
        Sender=jid(by) if by else None,
        Timestamp=time,
        PrevParticipantsVersionID="v1",
        ParticipantVersionID=version,
        JoinReason=reason,
        **fields,
    ).SerializeToString()
    return data

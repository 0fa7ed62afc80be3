from __future__ import annotations

from whinchat.core.dispatch.roster import FRESH, KEPT, Roster
from whinchat.core.types import ChatKind, ChatRef, Group, Role, UserRef
from whinchat.testing.clock import FakeClock

CLUB = ChatRef("club", ChatKind.GROUP)
ANA = UserRef("ana", phone="+15550101", lid="ana@lid")
BOB = UserRef("bob")


class Network:
    def __init__(self, *admins: str) -> None:
        self.admins = admins
        self.asked = 0

    async def __call__(self, account: str, chat: ChatRef) -> Group | None:
        self.asked += 1
        return Group(chat, "club", (ANA, BOB), self.admins) if chat.id != "foreign" else None


async def test_admins_come_from_the_live_group_under_any_of_a_persons_ids() -> None:
    for admin in ("ana", "+15550101", "ana@lid"):
        roster = Roster(Network(admin), FakeClock())
        assert await roster.role("a", CLUB, ANA) is Role.ADMIN
        assert await roster.role("a", CLUB, BOB) is Role.MEMBER


async def test_in_a_direct_chat_everybody_is_the_admin_and_nobody_is_asked() -> None:
    network = Network()
    roster = Roster(network, FakeClock())
    assert await roster.role("a", ChatRef("d", ChatKind.DIRECT), BOB) is Role.ADMIN
    assert network.asked == 0


async def test_owners_are_known_by_id_or_phone() -> None:
    roster = Roster(Network(), FakeClock(), ["+15550101", "eve"])
    assert await roster.role("a", CLUB, ANA) is Role.OWNER
    assert await roster.role("a", CLUB, UserRef("eve")) is Role.OWNER
    assert not roster.is_owner(BOB)


async def test_a_group_is_believed_for_a_minute_or_until_its_members_change() -> None:
    network, clock = Network("ana"), FakeClock()
    roster = Roster(network, clock)
    await roster.role("a", CLUB, ANA)
    await roster.role("a", CLUB, BOB)
    assert network.asked == 1
    clock.move(FRESH / 1000)
    await roster.role("a", CLUB, BOB)
    assert network.asked == 2
    roster.forget("a", CLUB)
    await roster.role("a", CLUB, BOB)
    assert network.asked == 3


async def test_an_answer_that_a_change_has_overtaken_is_not_believed_for_a_minute() -> None:
    network = Network("ana")
    roster: Roster

    async def overtaken(account: str, chat: ChatRef) -> Group | None:
        group = await network(account, chat)
        if network.admins:
            network.admins = ()
            roster.forget("a", CLUB)
        return group

    roster = Roster(overtaken, FakeClock())
    assert await roster.role("a", CLUB, ANA) is Role.ADMIN
    assert await roster.role("a", CLUB, ANA) is Role.MEMBER


async def test_an_id_that_only_the_groups_own_list_knows_counts_too() -> None:
    roster = Roster(Network("ana@lid"), FakeClock())
    assert await roster.role("a", CLUB, UserRef("15550101@s", phone="+15550101")) is Role.ADMIN


async def test_a_group_without_the_bot_has_no_admins() -> None:
    assert await Roster(Network("ana"), FakeClock()).role("a", ChatRef("foreign", ChatKind.GROUP), ANA) is Role.MEMBER


async def test_only_so_many_groups_are_remembered() -> None:
    network = Network()
    roster = Roster(network, FakeClock())
    for number in range(KEPT + 1):
        await roster.group("a", ChatRef(str(number), ChatKind.GROUP))
    await roster.group("a", ChatRef(str(KEPT), ChatKind.GROUP))
    assert network.asked == KEPT + 1
    await roster.group("a", ChatRef("0", ChatKind.GROUP))
    assert network.asked == KEPT + 2

from __future__ import annotations

from tests.support.rows import Tables

from whinchat.core.dispatch.chats import Chats
from whinchat.core.ports import Batch


async def test_a_chat_speaks_the_services_language_until_it_chooses_another() -> None:
    tables = Tables()
    chats = Chats(tables.database, tables.clock, "de")
    assert await chats.language(b"chat") == "de"
    for chosen in ("pt", "ar"):
        await tables.database.commit(Batch((chats.speak(b"chat", chosen),)))
        assert await chats.language(b"chat") == chosen
    assert await chats.language(b"other") == "de"

"""What the driver can do in groups and with files, beside `driver.py`'s direct messages."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

Told = dict[str, Any]
Verb = Callable[[Told], Awaitable[object]]
Tell = Callable[..., None]


class GroupDriver:
    def __init__(self, client: Any, tell: Tell, jid: Callable[[str], Any], written: Callable[[Any], str]) -> None:
        self._client = client
        self._tell = tell
        self._jid = jid
        self._written = written
        self._proto: Any = import_module("neonize.proto.waE2E.WAWebProtobufsE2E_pb2")
        events = import_module("neonize.aioze.events")
        client.event(events.GroupInfoEv)(self._on_change)
        client.event(events.JoinedGroupEv)(self._on_joined)

    def verbs(self) -> dict[str, Verb]:
        return {
            "group": self._group,
            "groups": self._groups,
            "change": self._change,
            "announce": self._announce,
            "rename": self._rename,
            "leave": self._leave,
            "message": self._message,
            "react": self._react,
            "edit": self._edit,
            "revoke": self._revoke,
            "image": self._image,
            "download": self._download,
        }

    # --- groups ---

    async def _group(self, told: Told) -> object:
        return self._described(await self._client.get_group_info(self._jid(told["group"])))

    async def _groups(self, _: Told) -> object:
        return [self._described(group) for group in await self._client.get_joined_groups()]

    async def _change(self, told: Told) -> object:
        """The error of each; 0: it was done."""
        action = import_module("neonize.utils.enum").ParticipantChange(told["action"])
        who = [self._jid(each) for each in told["who"]]
        done = await self._client.update_group_participants(self._jid(told["group"]), who, action)
        return [each.Error for each in done]

    async def _announce(self, told: Told) -> None:
        await self._client.set_group_announce(self._jid(told["group"]), told["on"])

    async def _rename(self, told: Told) -> None:
        await self._client.set_group_name(self._jid(told["group"]), told["name"])

    async def _leave(self, told: Told) -> None:
        await self._client.leave_group(self._jid(told["group"]))

    def _described(self, group: Any) -> Told:
        return {
            "id": self._written(group.JID),
            "subject": group.GroupName.Name,
            "announce": group.GroupAnnounce.IsAnnounce,
            "members": {
                self._written(each.JID): [self._written(each.PhoneNumber), each.IsAdmin, each.IsSuperAdmin]
                for each in group.Participants
            },
        }

    # --- messages ---

    async def _message(self, told: Told) -> object:
        """Any message, as its bytes."""
        message = self._proto.Message.FromString(b64decode(told["message"]))
        return (await self._client.send_message(self._jid(told["to"]), message)).ID

    async def _react(self, told: Told) -> object:
        chat, sender = self._jid(told["to"]), self._jid(told["sender"])
        reaction = await self._client.build_reaction(chat, sender, told["id"], told["emoji"])
        return (await self._client.send_message(chat, reaction)).ID

    async def _edit(self, told: Told) -> object:
        content = self._proto.Message(conversation=told["text"])
        return (await self._client.edit_message(self._jid(told["to"]), told["id"], content)).ID

    async def _revoke(self, told: Told) -> object:
        """Of one's own message, or as an admin of the sender's."""
        chat, sender = self._jid(told["to"]), self._jid(told["sender"])
        return (await self._client.revoke_message(chat, sender, told["id"])).ID

    # --- files ---

    async def _image(self, told: Told) -> object:
        data = b64decode(told["data"])
        kinds = import_module("neonize.utils.enum").MediaType
        done = await self._client.upload(data, kinds.MediaImage)
        image = self._proto.ImageMessage(
            URL=done.url,
            directPath=done.DirectPath,
            mediaKey=done.MediaKey,
            fileEncSHA256=done.FileEncSHA256,
            fileSHA256=done.FileSHA256,
            fileLength=done.FileLength,
            mimetype=told["mime"],
            caption=told["caption"],
        )
        return (await self._client.send_message(self._jid(told["to"]), self._proto.Message(imageMessage=image))).ID

    async def _download(self, told: Told) -> object:
        message = self._proto.Message.FromString(b64decode(told["message"]))
        return b64encode(await self._client.download_any(message)).decode()

    # --- what happens ---

    async def _on_joined(self, _: object, event: Any) -> None:
        self._tell(event="joined", reason=event.Reason, kind=event.Type, group=self._described(event.GroupInfo))

    async def _on_change(self, _: object, event: Any) -> None:
        changes: Told = {
            name.lower(): [self._written(each) for each in getattr(event, name)]
            for name in ("Join", "Leave", "Promote", "Demote")
            if getattr(event, name)
        }
        if event.HasField("Name"):
            changes["subject"] = event.Name.Name
        if event.HasField("Announce"):
            changes["announce"] = event.Announce.IsAnnounce
        if event.HasField("Locked"):
            changes["locked"] = event.Locked.isLocked
        by, reason = self._written(event.Sender), event.JoinReason
        self._tell(event="change", group=self._written(event.JID), by=by, reason=reason, changes=changes)

"""The simulator as the service sees it: its transport, and its world when that lives in this process."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from whinchat.core.part import Part
from whinchat.core.ports import Clock, Random, Transport
from whinchat.core.secret import Secret
from whinchat.transports.simulator.api import build_app, page_link
from whinchat.transports.simulator.host import Host
from whinchat.transports.simulator.link import LocalLink
from whinchat.transports.simulator.remote import RemoteLink
from whinchat.transports.simulator.script import Script, ScriptPlayer
from whinchat.transports.simulator.transport import SimulatorTransport

PREFIX = "/simulator"
PAGE = Path(__file__).with_name("page")
DEMO = Path(__file__).with_name("demo.toml")
"""The script of the demo's world."""

Mount = Callable[[str, web.Application], None]


class Chosen(Protocol):
    """The settings of this transport."""

    @property
    def world(self) -> str:
        """`embedded`, or the address of a world in a process of its own."""
        ...

    @property
    def account(self) -> str: ...

    @property
    def token(self) -> Secret | None:
        """Of the world's API; None: an embedded world makes one."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """`parts` run beside the transport; `mount` adds its pages; `page` makes a link that opens them once."""

    transport: Transport
    parts: tuple[Part, ...]
    mount: Callable[[Mount], None]
    page: Callable[[str], str | None]


def build(chosen: Chosen, clock: Clock, random: Random, script: Script | None = None) -> Network:
    """`script`: what is played in an embedded world."""
    token = secrets.token_urlsafe(32) if chosen.token is None else chosen.token.reveal()
    if chosen.world != "embedded":
        link = RemoteLink(chosen.world, token)
        transport = SimulatorTransport(link, clock, random, account=chosen.account)
        return Network(transport, (), lambda _mount: None, lambda _address: None)
    host = Host(clock, accounts=(chosen.account,))
    app = build_app(host, token, PAGE)
    transport = SimulatorTransport(LocalLink(host), clock, random, account=chosen.account)
    parts: tuple[Part, ...] = ()
    if script is not None:
        player = ScriptPlayer(script, host, random)
        player.build()
        parts = (Part("script", player.play),)
    return Network(transport, parts, lambda mount: mount(PREFIX, app), lambda address: page_link(app, address + PREFIX))

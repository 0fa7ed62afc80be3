"""The simulator as the service sees it: its transport, and its world when that lives in this process."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Protocol

from whinchat.core.part import Part
from whinchat.core.ports import Clock, Random
from whinchat.core.secret import Secret
from whinchat.transports.network import Network, connected
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


def build(chosen: Chosen, clock: Clock, random: Random, script: Script | None = None) -> Network:
    """`script`: what is played in an embedded world."""
    token = secrets.token_urlsafe(32) if chosen.token is None else chosen.token.reveal()
    if chosen.world != "embedded":
        link = RemoteLink(chosen.world, token)
        transport = SimulatorTransport(link, clock, random, account=chosen.account)
        return Network((transport,), health=(connected(transport),))
    host = Host(clock, accounts=(chosen.account,))
    app = build_app(host, token, PAGE)
    transport = SimulatorTransport(LocalLink(host), clock, random, account=chosen.account)
    parts: tuple[Part, ...] = ()
    if script is not None:
        player = ScriptPlayer(script, host, random)
        player.build()
        parts = (Part("script", player.play),)
    return Network(
        (transport,),
        parts,
        mount=lambda mount: mount(PREFIX, app),
        page=lambda address: page_link(app, address + PREFIX),
        health=(connected(transport),),
    )

"""The settings of the networks that the bot can be on, and what is wrong between them."""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from whinchat.core.errors import SettingsError
from whinchat.core.secret import Secret

PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
HERE = r"(127\.0\.0\.1|localhost|\[::1\])"
LOOPBACK = rf"http://{HERE}:{PORT}"
ACCOUNT = r"^[a-z0-9][a-z0-9_-]{0,31}$"
PROXY = re.compile(r"(https?|socks5)://([^\s/@]+@)?[^\s/@]+:[0-9]{1,5}/?")
NEAR = re.compile(rf"(https?|socks5)://([^\s/@]+@)?{HERE}:[0-9]{{1,5}}/?")
META_ID = r"^[1-9][0-9]{4,30}$"

AccountName = Annotated[str, Meta(pattern=ACCOUNT)]


class SimulatorTransport(Struct, frozen=True, kw_only=True):
    world: Annotated[
        str,
        Meta(
            pattern=rf"^(embedded|{LOOPBACK})$",
            description="Where the simulated world lives: inside this process, or at the address of another one.",
            extra={"allowed": '"embedded" or an address of this machine such as "http://127.0.0.1:8470"'},
        ),
    ] = "embedded"
    token: Annotated[
        Secret | None,
        Meta(description="Token of the simulator's API. For an embedded world one is made at each start when not set."),
    ] = None
    account: Annotated[
        AccountName,
        Meta(
            description="Name of the bot's account.",
            extra={"allowed": "a name of up to 32 small letters, digits, - and _"},
        ),
    ] = "simulator"

    @property
    def secret(self) -> str | None:
        """The token, in the clear."""
        return None if self.token is None else self.token.reveal()


class LinkedTransport(Struct, frozen=True, kw_only=True):
    """Accounts of ordinary phones, linked as one more device."""

    accounts: Annotated[
        tuple[AccountName, ...],
        Meta(
            description="Names of the accounts that are linked devices of a phone. You choose them; "
            "`whinchat pair NAME` links one.",
            extra={"allowed": 'a list of names of up to 32 small letters, digits, - and _, such as "main"'},
        ),
    ] = ()
    proxy: Annotated[
        Secret | None,
        Meta(
            description='Proxy towards WhatsApp, such as "http://127.0.0.1:3128" or "socks5://user:password@host:1080".'
        ),
    ] = None
    memory_mb: Annotated[
        int,
        Meta(
            ge=60,
            le=4096,
            description="Megabytes of memory above which the process of an account is started anew; nothing is lost.",
        ),
    ] = 120
    first_contact: Annotated[
        bool,
        Meta(
            description="Whether the bot may write first to people who never wrote to it. "
            "WhatsApp bans accounts for that."
        ),
    ] = False
    typing: Annotated[bool, Meta(description="Whether people see the bot typing before it answers.")] = True
    per_minute: Annotated[
        float,
        Meta(
            ge=1, le=600, description="Messages that an account sends in a minute over time; a fresh link sends fewer."
        ),
    ] = 20.0


class CloudNumber(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One phone number of Meta's WhatsApp Business platform. Its secrets are files: they may change while it runs."""

    name: Annotated[
        AccountName,
        Meta(
            description="Name of the account; you choose it.",
            extra={"allowed": "a name of up to 32 small letters, digits, - and _"},
        ),
    ]
    phone_number_id: Annotated[
        str,
        Meta(
            pattern=META_ID,
            description="The number's id at Meta (WhatsApp, API Setup); it is not the phone number.",
            extra={"allowed": 'digits in quotes, such as "106540352242922"'},
        ),
    ]
    business_account_id: Annotated[
        str,
        Meta(
            pattern=META_ID,
            description="Id of the WhatsApp Business account that the number belongs to.",
            extra={"allowed": 'digits in quotes, such as "102290129340398"'},
        ),
    ]
    token_file: Annotated[
        Path, Meta(description="File with the access token of a system user. Read again when it changes.")
    ]
    app_secret_file: Annotated[
        Path, Meta(description="File with the app's secret, by which webhooks are known to be Meta's.")
    ]
    verify_token_file: Annotated[
        Path, Meta(description="File with the text that you entered at Meta as the webhook's verify token.")
    ]
    template: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9_]{0,512}$",
            description="Approved template with one text variable, for what must be said later than 24 hours after "
            "a person's last message; empty: such a message is not sent.",
            extra={"allowed": 'the name of a template such as "notice", or ""'},
        ),
    ] = ""
    template_language: Annotated[
        str,
        Meta(
            pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$",
            description="The template's language.",
            extra={"allowed": 'a language code of Meta such as "en" or "pt_BR"'},
        ),
    ] = "en"
    per_second: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Messages that the number may send in a second: 80; 20 while the WhatsApp Business app uses "
            "the number too; 1000 after Meta's upgrade.",
        ),
    ] = 80


class CloudTransport(Struct, frozen=True, kw_only=True):
    """Meta's Cloud API: official, direct chats only."""

    api: Annotated[
        str,
        Meta(
            pattern=rf"^(https://[A-Za-z0-9.-]{{1,253}}(:{PORT})?|{LOOPBACK})$",
            description="Address of Meta's Graph API.",
            extra={"allowed": "an https address, or an http one of this machine, without a path"},
        ),
    ] = "https://graph.facebook.com"
    version: Annotated[
        str,
        Meta(
            pattern=r"^v[1-9][0-9]{0,2}\.[0-9]$",
            description="Version of the Graph API.",
            extra={"allowed": 'a version such as "v26.0"'},
        ),
    ] = "v26.0"
    numbers: Annotated[
        tuple[CloudNumber, ...], Meta(description="The numbers that are on Meta's Cloud API, each an account.")
    ] = ()


class Transport(Struct, frozen=True, kw_only=True):
    kind: Annotated[
        Literal["simulator", "whatsapp"],
        Meta(description="The network that the bot is on: a simulated one, or WhatsApp with the accounts below."),
    ] = "simulator"
    simulator: SimulatorTransport = SimulatorTransport()
    linked: LinkedTransport = LinkedTransport()
    cloud: CloudTransport = CloudTransport()


def conflicts(transport: Transport, *, public_port: int, offline: bool) -> Iterator[SettingsError]:
    """What is wrong between settings that are right one by one."""
    simulator = transport.simulator
    if simulator.world != "embedded" and simulator.token is None:
        yield SettingsError(
            "transport.simulator.token",
            "is not set, and a world in another process needs it",
            hint="Set the token that the simulator printed at its start, or token_file for a file that holds it.",
        )
    proxy = transport.linked.proxy
    if proxy is not None and not PROXY.fullmatch(proxy.reveal()):
        yield SettingsError(
            "transport.linked.proxy",
            "is no address of a proxy (its value is not shown)",
            hint='Write it as "http://host:port", "https://host:port" or "socks5://user:password@host:port".',
        )
    yield from _repeated(transport)
    if transport.kind == "whatsapp":
        yield from _missing(transport, public_port)
        if offline and _leaves(transport):
            yield SettingsError(
                "service.offline",
                'is true, and transport.kind "whatsapp" cannot be without the Internet',
                hint="Set service.offline to false. To keep only lists and sources from being asked, set "
                'apps.scanner.privacy to "local".',
            )
        yield from _unusable_files(transport.cloud)


def _repeated(transport: Transport) -> Iterator[SettingsError]:
    numbers = transport.cloud.numbers
    for name in _twice([*transport.linked.accounts, *(number.name for number in numbers)]):
        yield SettingsError(
            "transport.cloud.numbers" if name in {number.name for number in numbers} else "transport.linked.accounts",
            f'two accounts are named "{name}"',
            hint="Give each account, linked or cloud, a name of its own.",
        )
    for number in _twice([number.phone_number_id for number in numbers]):
        yield SettingsError(
            "transport.cloud.numbers",
            f"two accounts have the phone_number_id {number}",
            hint="List each number once; Meta shows its id under WhatsApp, API Setup.",
        )


def _missing(transport: Transport, public_port: int) -> Iterator[SettingsError]:
    if not transport.linked.accounts and not transport.cloud.numbers:
        yield SettingsError(
            "transport.kind",
            'is "whatsapp", but there is no account',
            hint='Name one in transport.linked.accounts, such as ["main"], or add a [[transport.cloud.numbers]]; '
            "`whinchat setup` asks for what is needed.",
        )
    if transport.cloud.numbers and not public_port:
        yield SettingsError(
            "public.port",
            "is not set, and Meta delivers the messages of transport.cloud.numbers there",
            hint="Set a port such as 8467 and lead https://YOUR-NAME/whatsapp to it: docs/howto/whatsapp.md.",
        )


def _leaves(transport: Transport) -> bool:
    """Whether something would be asked that is not on this machine."""
    proxy, cloud = transport.linked.proxy, transport.cloud
    near = proxy is not None and NEAR.fullmatch(proxy.reveal()) is not None
    return (bool(transport.linked.accounts) and not near) or (
        bool(cloud.numbers) and re.fullmatch(LOOPBACK, cloud.api) is None
    )


def _unusable_files(cloud: CloudTransport) -> Iterator[SettingsError]:
    for place, number in enumerate(cloud.numbers):
        for name in ("token_file", "app_secret_file", "verify_token_file"):
            fault, hint = _fault(getattr(number, name))
            if fault:
                yield SettingsError(f"transport.cloud.numbers[{place}].{name}", fault, hint=hint)


def _fault(path: Path) -> tuple[str, str]:
    """What is wrong with a file that holds a secret, and the way out; empty: nothing."""
    try:
        found = path.stat()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}", "Put the secret alone into it: `whinchat setup` asks for it."
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is no file", "Name the file that holds the secret."
    if found.st_mode & 0o077:
        return f"{path} is open to others ({stat.S_IMODE(found.st_mode):04o})", f"chmod 600 {path}"
    return "", ""


def _twice(values: list[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]

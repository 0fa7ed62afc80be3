"""What `whinchat setup` asks, and what the settings become of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from whinchat.core.errors import Refused
from whinchat.core.formatting.phone import phone_number

T = TypeVar("T")

NETWORKS = {
    "linked": "a linked device of a WhatsApp account on a phone: sees groups; against WhatsApp's terms",
    "cloud": "Meta's Cloud API: official; direct chats only, needs a business account and a public address",
    "simulator": "a simulated world on this machine, to try things out",
}
RISK = """\
Please read this before you link a phone.

A linked device is what WhatsApp Web is. WhatsApp's terms do not allow that a program uses one by itself, and WhatsApp
has banned accounts for it, for a time or for good, with everything in them. Whinchat writes only to who writes first,
and no faster than a person would. That lowers the risk and does not take it away. Use a number that you can do
without, and tell the groups that a bot reads along.

The library that speaks to WhatsApp is an optional package of others, installed with pip install 'whinchat[linked]'. Its
wheel says Apache-2.0; the binary in it contains a Signal library under GPL-3.0. Whinchat runs it as a process of its
own and does not pass it on.
"""
LANGUAGES = ("en", "de", "es", "fr", "pt", "id", "ar", "hi")
REAL_WALLETS, PLAYED_WALLETS = ("none", "flash", "blink"), ("none", "sandbox")
PUBLIC_PORT = 8467
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
META_ID = re.compile(r"[1-9][0-9]{4,30}")

SECRETS = {
    "token": "access token of a system user, with whatsapp_business_messaging and whatsapp_business_management",
    "app_secret": "app secret (your app at Meta, App settings, Basic)",
    "verify_token": "verify token: a text of your own that Meta's webhook settings ask for; empty: one is made",
}


@dataclass(slots=True)
class Answers:
    """`values`: settings by dotted name. `secrets`: what is to be written into which new file."""

    network: str
    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[Path, str] = field(default_factory=dict)


class Interview:
    """`given`: options by name, None or empty where they were left out. `asking`: somebody is there to answer."""

    def __init__(self, given: Mapping[str, Any], folder: Path, *, asking: bool, wallet: bool) -> None:
        """`folder`: of new files for secrets. `wallet`: there is one to be set up."""
        self._given = given
        self._folder = folder
        self._asking = asking
        self._wallet = wallet

    def hold(self) -> Answers:
        """Raises Refused: something that is needed was not given, and nobody is asked; or the risk is not accepted."""
        answers = Answers(self._network())
        values = answers.values
        values["storage.data"] = self._answer("data", "Folder of everything that is kept", "var/data", str)
        values["service.language"] = self._choice("language", "Language of chats that have not chosen one", LANGUAGES)
        values["service.owners"] = self._owners()
        values["transport.kind"] = "simulator" if answers.network == "simulator" else "whatsapp"
        if answers.network == "linked":
            self._accept_risk()
            values["transport.linked.accounts"] = self._accounts()
        if answers.network == "cloud":
            values["public.port"] = self._port()
            values["transport.cloud.numbers"] = [self._number(answers)]
        wallets = PLAYED_WALLETS if answers.network == "simulator" else REAL_WALLETS
        chosen = (
            self._choice("wallet", "Who keeps people's money (none: no wallet)", wallets) if self._wallet else "none"
        )
        if chosen != "none":
            values["apps.wallet.backend"] = chosen
        return answers

    def _network(self) -> str:
        if self._asking and not self._given.get("network"):
            click.echo("How is the bot to be on WhatsApp?")
            for name, about in NETWORKS.items():
                click.echo(f"  {name:<10} {about}")
        return self._choice("network", "Network", tuple(NETWORKS), "simulator")

    def _accept_risk(self) -> None:
        if self._given.get("accept_risk"):
            return
        if self._asking:
            click.echo()
            click.echo(RISK)
            if click.confirm("Do you accept this risk?", default=False):
                return
        raise Refused(
            "a linked device needs your consent",
            hint="Read about the risk in docs/howto/whatsapp.md; then say --accept-risk. Or use --network cloud.",
        )

    def _accounts(self) -> list[str]:
        given = ",".join(self._given.get("accounts") or ())

        def names(text: str) -> list[str]:
            return [_matching(NAME, "a name of small letters, digits, - and _", name) for name in _parts(text)]

        asked = "Names for the accounts, each of its own phone, with commas between"
        return _checked(names, given) if given else self._answer("account", asked, "main", names)

    def _owners(self) -> list[str]:
        given = ",".join(self._given.get("owners") or ())

        def numbers(text: str) -> list[str]:
            found = {part: phone_number(part) for part in _parts(text)}
            if None in found.values():
                raise ValueError("Write each with its country's code, such as +4915100000000.")
            return [number for number in found.values() if number is not None]

        asked = "Your own phone number, with its country's code (who may use every command; empty: nobody yet)"
        return _checked(numbers, given) if given else self._answer("owner", asked, "", numbers)

    def _port(self) -> int:
        def port(text: str) -> int:
            if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
                raise ValueError("Give a number from 1 to 65535.")
            return int(text)

        return self._answer("public_port", "Port on this machine for Meta's webhooks", str(PUBLIC_PORT), port)

    def _number(self, answers: Answers) -> dict[str, Any]:
        def number_id(text: str) -> str:
            return _matching(META_ID, "the digits that Meta shows (WhatsApp, API Setup), no phone number", text)

        def name(text: str) -> str:
            return _matching(NAME, "a name of small letters, digits, - and _", text)

        given = self._given.get("accounts") or ()
        if len(given) > 1:
            raise Refused(
                "setup asks for one number", hint="Add further [[transport.cloud.numbers]] to the file afterwards."
            )
        account = _checked(name, given[0]) if given else self._answer("account", "Name for the account", "main", name)
        number = {
            "name": account,
            "phone_number_id": self._answer("phone_number_id", "Phone number ID at Meta", None, number_id),
            "business_account_id": self._answer("business_account_id", "WhatsApp Business account ID", None, number_id),
        }
        for kind in SECRETS:
            number[f"{kind}_file"] = str(self._secret_file(kind, account, answers))
        return number

    def _secret_file(self, kind: str, account: str, answers: Answers) -> Path:
        given: Path | None = self._given.get(f"{kind}_file")
        if given is not None:
            return given.absolute()
        may_be_made = kind == "verify_token"
        text = ""
        if self._asking:
            default = "" if may_be_made else None
            text = click.prompt(f"The {SECRETS[kind]}", hide_input=True, default=default, show_default=False).strip()
        elif not may_be_made:
            raise _missing(f"{kind}_file")
        path = self._free(f"{account}-{kind.replace('_', '-')}")
        answers.secrets[path] = text or secrets.token_urlsafe(24)
        return path

    def _free(self, name: str) -> Path:
        """A file that is not there yet: no secret is written over."""
        path, number = self._folder / name, 1
        while path.exists():
            number += 1
            path = self._folder / f"{name}-{number}"
        return path

    def _choice(self, option: str, asked: str, possible: Sequence[str], default: str = "") -> str:
        given = self._given.get(option)
        default = default or possible[0]
        if given is None and self._asking:
            chosen: str = click.prompt(asked, type=click.Choice(possible), default=default)
            return chosen
        if given is not None and given not in possible:
            raise Refused(f"--{option} {given} does not go with this network", hint=f"Choose {' or '.join(possible)}.")
        return given or default

    def _answer(self, option: str, asked: str, default: str | None, read: Callable[[str], T]) -> T:
        """What was given, or the answer; asked again until `read` can read it."""
        given = self._given.get(option)
        if given is not None and given != ():
            return _checked(read, str(given))
        if not self._asking:
            if default is None:
                raise _missing(option)
            return read(default)

        def answer(text: str) -> T:
            try:
                return read(text.strip())
            except ValueError as error:
                raise click.UsageError(str(error)) from None

        answered: T = click.prompt(asked, default=default, value_proc=answer, show_default=bool(default))
        return answered


def _checked(read: Callable[[str], T], given: str) -> T:
    """Raises Refused."""
    try:
        return read(given)
    except ValueError as error:
        raise Refused(f"{given} cannot be used", hint=str(error)) from None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _matching(pattern: re.Pattern[str], what: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"Give {what}.")
    return text


def _missing(option: str) -> Refused:
    return Refused(f"--{option.replace('_', '-')} is needed", hint="Give it, or leave out --no-input to be asked.")

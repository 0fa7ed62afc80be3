"""Whom people name: what they write becomes one kind of payee, in a fixed order, and is never corrected.

Invoice, LNURL, Lightning address, phone number, @username, and last a bare word, which is one of the person's contacts
or else a username. Here only the shape is looked at; whether it exists, and what it says, is found out by who pays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from whinchat.apps.wallet.language.unclear import Unclear
from whinchat.apps.wallet.language.words import is_letter, spoken, vocabulary
from whinchat.apps.wallet.payee import Payee, PayeeKind
from whinchat.core.dispatch.arguments import INVISIBLE

ASK_WHO = "wallet.ask.who"
ASK_COUNTRY = "wallet.ask.country"
ASK_SCRIPTS = "wallet.ask.scripts"
NOT_A_PAYEE = "wallet.refuse.payee"
NOT_A_USERNAME = "wallet.refuse.username"
NOT_A_PHONE = "wallet.refuse.phone"
NOT_AN_ADDRESS = "wallet.refuse.address"
NOT_AN_INVOICE = "wallet.refuse.invoice"
ON_CHAIN = "wallet.refuse.on_chain"
MENTION = "wallet.refuse.mention"

LONGEST_NAME = 50  # code points, of a username; contacts have no longer ones
RESERVED = ("1", "3", "bc1", "lnbc1")
"""What no username begins with (Galoy's `UsernameRegex`): addresses and invoices do."""

_INVISIBLES = re.compile(f"[{INVISIBLE}]+")
_AROUND = "*~`\"“”„«»‘’'<>()[]"
_BEHIND = _AROUND + ".,;:!?…،؛؟।"
_FULL_WIDTH = {0xFF00 + code: 0x20 + code for code in range(1, 0x5F)}
_BECH32 = "[02-9ac-hj-np-z]"
_INVOICE = re.compile(rf"ln(?:bcrt|bc|tbs|tb)(?:\d+[munp]?)?1{_BECH32}{{90,}}")
_INVOICE_START = re.compile(r"ln(?:bcrt|bc|tbs|tb)\d*[munp]?1")
_LNURL = re.compile(rf"lnurl1{_BECH32}{{8,}}")
_IN_URI = re.compile(r"[?&]lightning=([^&#]+)")
_ON_CHAIN = re.compile(r"(?:bc1|tb1|bcrt1)[0-9a-z]{11,}|[13][1-9A-HJ-NP-Za-km-z]{25,34}")
_ADDRESS = re.compile(r"[a-z0-9._+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_PHONE = re.compile(r"\+?[\d().\s/-]+")
_STARTED = re.compile(r"[+(]")
_GROUP = re.compile(r"[\d()./-]*\d[()./-]*[.,;:!?]?")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
SHORTEST_NUMBER = 6  # digits, that are none yet
_ALONE = 11
"""Digits from which a number without + is taken to begin with its country; a shorter one may be a national number."""
_MENTIONED = re.compile(r"\d{7,20}")
_IN_NAMES = "_'’-. "


def payee(text: str) -> Payee:
    """Raises Unclear: nobody can be meant by it, or more than one thing."""
    plain = _trimmed(text)
    lower = plain.lower()
    found = invoice(plain) or _address(lower) or _phone(plain)
    if found is not None:
        return found
    if _ON_CHAIN.fullmatch(plain) or _ON_CHAIN.fullmatch(lower):
        raise Unclear(ON_CHAIN)
    if plain.startswith("@"):
        if _MENTIONED.fullmatch(plain[1:]):
            raise Unclear(MENTION)
        return Payee(PayeeKind.USERNAME, username(plain))
    return Payee(PayeeKind.NAME, name(plain))


def invoice(text: str) -> Payee | None:
    """An invoice or an LNURL, bare or in a URI; None when it is neither. Raises Unclear: it begins like one."""
    plain = _trimmed(text)
    lower = plain.lower().removeprefix("lightning:").removeprefix("//")
    in_uri = _IN_URI.search(lower) if lower.startswith("bitcoin:") else None
    if in_uri is not None:
        lower = in_uri[1]
    elif lower.startswith("bitcoin:"):
        raise Unclear(ON_CHAIN)
    if _INVOICE.fullmatch(lower):
        return Payee(PayeeKind.INVOICE, lower)
    if _LNURL.fullmatch(lower):
        return Payee(PayeeKind.LNURL, lower)
    if (_INVOICE_START.match(lower) and len(lower) > LONGEST_NAME) or lower.startswith(("lnbc1", "lnurl1")):
        raise Unclear(NOT_AN_INVOICE)
    return None


def username(text: str) -> str:
    """Without @, in lower case. Raises Unclear: it cannot be one."""
    plain = _trimmed(text).removeprefix("@")
    fits = 3 <= len(plain) <= LONGEST_NAME and all(is_letter(each) or each.isdecimal() or each == "_" for each in plain)
    if not fits or plain.lower().startswith(RESERVED):
        raise Unclear(NOT_A_USERNAME, given=text)
    _of_one_script(plain)
    return plain.lower()


def name(text: str) -> str:
    """Of a contact, in lower case, its words one space apart; or what may be a username. Raises Unclear."""
    plain = " ".join(_trimmed(text).split())
    word = spoken(plain)
    if word in vocabulary().pronouns or word in vocabulary().particles:
        raise Unclear(ASK_WHO, given=text)
    letters = any(map(is_letter, plain))
    if not letters or len(plain) > LONGEST_NAME or not all(_in_a_name(each) for each in plain):
        raise Unclear(NOT_A_PAYEE, given=text)
    _of_one_script(plain)
    return plain.lower()


def phone(text: str) -> str:
    """As E.164. Raises Unclear."""
    plain = _trimmed(text)
    found = _phone(plain) if _digits(plain) > SHORTEST_NUMBER else None
    if found is None:
        raise Unclear(NOT_A_PHONE, given=text)
    return found.text


def groups(tokens: Sequence[str]) -> int:
    """How many tokens the phone number has that begins them: it goes on as long as groups of digits do."""
    count = 1
    if _STARTED.match(tokens[0]) and _digits(tokens[0]) < 7:
        while count < len(tokens) and _GROUP.fullmatch(tokens[count]):
            count += 1
    return count


def _digits(token: str) -> int:
    return sum(map(str.isdecimal, token))


def mention(text: str) -> str | None:
    """The number in a mention as WhatsApp writes it; None when it is none."""
    plain = _trimmed(text)
    return plain[1:] if plain.startswith("@") and _MENTIONED.fullmatch(plain[1:]) else None


def show(payee: Payee) -> str:
    """As the grammar has it."""
    if payee.kind is PayeeKind.USERNAME:
        return f"@{payee.text}"
    return f'"{payee.text}"' if " " in payee.text else payee.text


def _trimmed(text: str) -> str:
    """Without punctuation around it, invisible marks and full width, in the composed spelling of Unicode."""
    plain = unicodedata.normalize("NFC", _INVISIBLES.sub("", text).translate(_FULL_WIDTH)).strip()
    return plain.lstrip(_AROUND).rstrip(_BEHIND).strip()


def _in_a_name(character: str) -> bool:
    return is_letter(character) or character.isdecimal() or character in _IN_NAMES


def _address(lower: str) -> Payee | None:
    if "@" not in lower[1:]:
        return None
    if not _ADDRESS.fullmatch(lower) or lower.endswith(".onion"):
        raise Unclear(NOT_AN_ADDRESS, given=lower)
    return Payee(PayeeKind.ADDRESS, lower)


def _phone(plain: str) -> Payee | None:
    """None when it is no number at all."""
    if not _PHONE.fullmatch(plain) or not plain[-1].isdecimal():
        return None
    digits = "".join(str(unicodedata.decimal(each)) for each in plain if each.isdecimal())
    if plain.startswith("+"):
        number = f"+{digits}"
    elif digits.startswith("00"):
        number = f"+{digits[2:]}"
    elif len(digits) >= _ALONE and not digits.startswith("0"):
        number = f"+{digits}"
    else:
        raise Unclear(ASK_COUNTRY if len(digits) > SHORTEST_NUMBER else NOT_A_PAYEE, given=plain)
    if not _E164.fullmatch(number):
        raise Unclear(NOT_A_PHONE, given=plain)
    return Payee(PayeeKind.PHONE, number)


_ALIKE = ("LATIN", "CYRILLIC", "GREEK")


def _of_one_script(plain: str) -> None:
    """Raises Unclear: it mixes scripts whose letters look alike, as who pretends to be another does."""
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in plain if is_letter(each)}
    if len(scripts.intersection(_ALIKE)) > 1:
        raise Unclear(ASK_SCRIPTS, given=plain)

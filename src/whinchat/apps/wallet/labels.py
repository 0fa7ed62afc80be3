"""How a confirmation names whom a payment goes to. Plain text: whoever shows it makes it safe."""

from __future__ import annotations

from whinchat.apps.wallet.invoice import Decoded
from whinchat.core.formatting.graphemes import clip
from whinchat.core.formatting.i18n import Words
from whinchat.core.formatting.markup import Markup, clean

LONGEST = 80  # code points of what strangers say
_QUOTES = str.maketrans("“”„«»", '"""""')


class Labels:
    """`backend`: the name of whoever keeps the accounts."""

    def __init__(self, words: Words, backend: str) -> None:
        self._words = words
        self._backend = backend.capitalize()

    def user(self, name: str, language: str) -> str:
        return self._say("user", language, name=name, backend=self._backend)

    def contact(self, name: str, phone: str, language: str) -> str:
        return self._say("contact", language, name=name, phone=masked(phone))

    def phone(self, phone: str, language: str) -> str:
        return self._say("phone", language, phone=masked(phone), backend=self._backend)

    def address(self, address: str, language: str) -> str:
        return self._say("address", language, address=address)

    def service(self, host: str, purpose: str, language: str) -> str:
        if not purpose:
            return self._say("service", language, host=host)
        return self._say("service_for", language, host=host, purpose=_quoted(purpose))

    def invoice(self, invoice: Decoded, network: str, language: str) -> str:
        told = {
            "network": self._words.say(f"wallet.network.{network}", language),
            "node": invoice.node[:12],
            "until": self._words.moment(invoice.expires_at, language),
        }
        if not invoice.description:
            return self._say("invoice", language, **told)
        return self._say("invoice_for", language, purpose=_quoted(invoice.description), **told)

    def _say(self, kind: str, language: str, **values: str) -> str:
        plain = {name: Markup(clean(value)) for name, value in values.items()}
        return str(self._words.say(f"wallet.payee.{kind}", language, **plain))


def masked(phone: str) -> str:
    """`+1876…34`: enough to know one's own people by."""
    return f"{phone[:5]}…{phone[-2:]}"


def _quoted(text: str) -> str:
    return clip(clean(text).translate(_QUOTES), LONGEST)

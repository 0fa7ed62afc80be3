"""A business's phone number, its account, and what an app may do with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.graph.errors import Json
from tests.support.graph.limits import COEXISTENCE, PER_SECOND, Limits

FIELDS = ("verified_name", "display_phone_number", "quality_rating", "id")
"""What is told of a number when nothing is asked for by name; everything else has to be named."""


@dataclass(eq=False, kw_only=True)
class Number:
    id: str
    business: str
    """Id of its WhatsApp business account."""
    display: str
    verified_name: str = "Neighbours"
    quality: str = "GREEN"
    status: str = "CONNECTED"
    throughput: str = "STANDARD"
    coexistence: bool = False
    """It is also used in the app on a phone: it sends slower, and hears of edits and deletions."""
    limits: Limits = field(default_factory=Limits)

    @property
    def digits(self) -> str:
        return "".join(character for character in self.display if character.isdigit())

    @property
    def metadata(self) -> Json:
        return {"display_phone_number": self.digits, "phone_number_id": self.id}

    def upgrade(self, throughput: str) -> None:
        self.throughput = throughput
        self.limits.per_second = COEXISTENCE if self.coexistence else PER_SECOND[throughput]

    def described(self, fields: tuple[str, ...]) -> Json:
        known: Json = {
            "verified_name": self.verified_name,
            "display_phone_number": self.display,
            "quality_rating": self.quality,
            "status": self.status,
            "throughput": {"level": self.throughput},
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "platform_type": "CLOUD_API",
            "account_mode": "LIVE",
            "messaging_limit_tier": "TIER_1K",
            "is_on_biz_app": self.coexistence,
        }
        return {name: known[name] for name in (fields or FIELDS) if name in known} | {"id": self.id}

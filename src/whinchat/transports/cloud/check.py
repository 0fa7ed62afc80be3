"""What `whinchat doctor` asks Meta about a number: whether both sides are set up for each other."""

from __future__ import annotations

import email.utils
from collections.abc import Awaitable, Callable

from whinchat.core.app import Finding
from whinchat.core.errors import Refused
from whinchat.core.ports import Clock, HttpClient, Metrics
from whinchat.transports.cloud import shapes
from whinchat.transports.cloud.chosen import Chosen, ChosenNumber
from whinchat.transports.cloud.credentials import SecretFile, proof
from whinchat.transports.cloud.errors import Remedy
from whinchat.transports.cloud.graph import Graph, GraphFailure
from whinchat.transports.cloud.standing import POOR

NEEDED = ("whatsapp_business_messaging", "whatsapp_business_management")
SOON = 7 * 24 * 3600  # seconds before the end of a token that are worth a word
WRONG_CLOCK = 60.0  # seconds

RENEW = "Put a token of a system user that does not end into token_file."

Ask = Callable[[], Awaitable[Finding]]


class Token(shapes.Shape):
    """graph-api/reference/debug_token."""

    is_valid: bool | None = None
    app_id: str | None = None
    expires_at: int | None = None
    """Seconds UTC; 0: never."""
    scopes: list[str] | None = None


class TokenAnswer(shapes.Shape):
    data: Token


class Listed(shapes.Shape):
    id: str | None = None


class Numbers(shapes.Shape):
    data: list[Listed]


class Subscriber(shapes.Shape):
    whatsapp_business_api_data: Listed | None = None


class Subscribers(shapes.Shape):
    data: list[Subscriber]


async def check(chosen: Chosen, http: HttpClient, clock: Clock, metrics: Metrics) -> dict[str, Finding]:
    """By name, such as `cloud main: token`. Never raises for what Meta says or that it cannot be reached."""
    findings: dict[str, Finding] = {}
    for number in chosen.numbers:
        about = Check(chosen, number, http, clock, metrics)
        findings |= {f"cloud {number.name}: {name}": finding for name, finding in (await about.findings()).items()}
    return findings


class Check:
    """Of one number."""

    def __init__(self, chosen: Chosen, number: ChosenNumber, http: HttpClient, clock: Clock, metrics: Metrics) -> None:
        self._number = number
        self._clock = clock
        self._token = SecretFile(number.token_file)
        self._app_secret = SecretFile(number.app_secret_file)
        self._verify_token = SecretFile(number.verify_token_file)
        self._graph = Graph(http, chosen.api, chosen.version, self._token, metrics)
        self._app_id = ""

    async def findings(self) -> dict[str, Finding]:
        asked: dict[str, Ask] = {
            "token": self._token_holds,
            "number": self._number_is_there,
            "webhook": self._subscribed,
            "app secret": self._secret_fits,
        }
        found = {"secrets": self._secrets()}
        if not found["secrets"].ok:
            return found
        for name, ask in asked.items():
            try:
                found[name] = await ask()
            except GraphFailure as failure:
                found[name] = _failed(failure)
                if failure.status is None:
                    break  # the others would fail as this one did
        return found

    def _secrets(self) -> Finding:
        for file in (self._token, self._app_secret, self._verify_token):
            try:
                file.read()
            except Refused as refused:
                return Finding(ok=False, detail=str(refused), hint=refused.hint, critical=True)
        return Finding(ok=True, detail="all three files can be read")

    async def _token_holds(self) -> Finding:
        """The token, its permissions and, by the way, the clock."""
        token = self._token.read()
        answer = await self._graph.get("debug_token", input_token=token)
        told = answer.read(TokenAnswer).data
        self._app_id = told.app_id or ""
        if not told.is_valid:
            return Finding(ok=False, detail="Meta says that it is not valid", hint=RENEW, critical=True)
        missing = [scope for scope in NEEDED if scope not in (told.scopes or ())]
        if missing:
            hint = "Make a token of a system user with both permissions: Business settings, System users."
            return Finding(ok=False, detail=f"it lacks {', '.join(missing)}", hint=hint, critical=True)
        ahead = self._ahead(answer.headers.get("date", ""))
        left = (told.expires_at or 0) - (self._clock.now() / 1000 - ahead)  # by Meta's clock, which ends it
        if told.expires_at and left < SOON:
            return Finding(ok=False, detail=f"it ends in {max(0, left) / 3600:.0f} hours", hint=RENEW)
        if abs(ahead) > WRONG_CLOCK:
            hint = "Set the system's clock; most systems can do it by themselves over the network (NTP)."
            return Finding(ok=False, detail=f"this clock is {ahead:+.0f} s from Meta's", hint=hint)
        return Finding(ok=True, detail="valid, with all permissions")

    async def _number_is_there(self) -> Finding:
        """The number, and that it belongs to the account."""
        number = (await self._graph.get(self._number.phone_number_id, fields="quality_rating,status")).read(
            shapes.Number
        )
        numbers = (
            await self._graph.get(f"{self._number.business_account_id}/phone_numbers", fields="id", limit="200")
        ).read(Numbers)
        if self._number.phone_number_id not in {each.id for each in numbers.data}:
            hint = "Compare phone_number_id and business_account_id with WhatsApp, API Setup."
            return Finding(ok=False, detail="it is not one of the business account's", hint=hint, critical=True)
        rating = (number.quality_rating or "unknown").lower()
        if rating in POOR:
            hint = "People block or report it: see WhatsApp Manager, Phone numbers."
            return Finding(ok=False, detail=f"Meta rates its quality {rating}", hint=hint)
        return Finding(ok=True, detail=f"it belongs to the account; quality {rating}")

    async def _subscribed(self) -> Finding:
        answer = await self._graph.get(f"{self._number.business_account_id}/subscribed_apps")
        apps = {
            app.whatsapp_business_api_data.id
            for app in answer.read(Subscribers).data
            if app.whatsapp_business_api_data is not None
        }
        if not apps or (self._app_id and self._app_id not in apps):
            hint = "Enter the webhook's address and verify token at Meta (WhatsApp, Configuration), subscribe to "
            hint += "`messages`, `account_update` and `phone_number_quality_update`, and let the app have the "
            hint += "account's webhooks (POST …/subscribed_apps)."
            return Finding(ok=False, detail="Meta does not send its messages to this app", hint=hint, critical=True)
        if not self._app_id:
            return Finding(ok=True, detail="some app gets its messages; which one is not known")
        return Finding(ok=True, detail="Meta sends its messages to this app")

    async def _secret_fits(self) -> Finding:
        """Graph refuses a proof that was made with another app's secret."""
        made = proof(self._token.read(), self._app_secret.read())
        try:
            await self._graph.get(self._number.phone_number_id, fields="id", appsecret_proof=made)
        except GraphFailure as failure:
            if failure.remedy is not Remedy.MESSAGE:
                raise
            hint = "Copy it again: App settings, Basic, App secret. With a wrong one every webhook is refused."
            return Finding(ok=False, detail="it is not that of the token's app", hint=hint, critical=True)
        return Finding(ok=True, detail="it is that of the token's app")

    def _ahead(self, date: str) -> float:
        """Seconds; 0 where Meta does not tell the time."""
        try:
            theirs = email.utils.parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError):
            return 0.0
        return self._clock.now() / 1000 - theirs


def _failed(failure: GraphFailure) -> Finding:
    if failure.status is None:
        hint = "Is this machine connected, and does transport.cloud.api name Meta?"
        return Finding(ok=False, detail=f"Meta cannot be asked ({failure.reason})", hint=hint)
    if failure.remedy is Remedy.ACCESS:
        return Finding(ok=False, detail=f"Meta refuses the token (error {failure.reason})", hint=RENEW, critical=True)
    hint = "Meta's page on error codes of the Cloud API says what it means."
    return Finding(ok=False, detail=f"Meta answers with error {failure.reason}", hint=hint, critical=True)

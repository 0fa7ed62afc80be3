"""Graph's errors: what each code is called and with which status it is answered.

Names and statuses as in Meta's table of error codes (business-messaging/whatsapp/support/error-codes). Of each request
Graph tells at most one error, in the shape that `GraphError.body` has; the same error in a webhook has another shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]

REFERENCE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
LATE = frozenset({130472, 131026, 131047, 131049, 131050, 131053})
"""What is found out after the request was answered: the message gets an id, and fails by a status."""


class Known(NamedTuple):
    title: str
    status: int
    details: str = ""


CODES = {
    0: Known("AuthException", 401, "The app user could not be authenticated."),
    1: Known("API Unknown", 400, "The request is not valid, or there is a problem on the server."),
    2: Known("API Service", 503, "The service is down or overloaded for now."),
    3: Known("API Method", 500, "The app has no permission for this endpoint."),
    4: Known("API Too Many Calls", 400, "The app has reached its limit of calls."),
    10: Known("API Permission Denied", 403, "The permission was not given or was taken away."),
    33: Known("Parameter value is not valid", 400, "The business phone number was deleted."),
    100: Known("Invalid parameter", 400, "A parameter is missing, unknown or misspelled."),
    190: Known("Error validating access token: Session has expired.", 401, "The access token has expired."),
    200: Known("API Permission", 403, "The permission was not given or was taken away."),
    368: Known("Temporarily blocked for policies violations", 403, "The account is restricted."),
    80007: Known("Rate limit issues", 400, "The account has reached its limit of calls."),
    130429: Known("Rate limit hit", 429, "Too many messages were sent from this number in a short time."),
    130472: Known("User's number is part of an experiment", 400, "The message was not part of the experiment."),
    130497: Known("Business account is restricted from messaging users in this country.", 403),
    131000: Known("Something went wrong", 500, "The message could not be sent for an unknown reason."),
    131005: Known("Access denied", 403, "The permission was not given or was taken away."),
    131008: Known("Required parameter is missing", 400, "The request lacks a parameter."),
    131009: Known("Parameter value is not valid", 400, "A value of the request is not valid."),
    131016: Known("Service unavailable", 500, "A service is unavailable for now."),
    131021: Known("Recipient cannot be sender", 400, "Sender and recipient have the same number."),
    131026: Known("Message undeliverable", 400, "The message cannot be delivered to this person."),
    131030: Known("Recipient phone number not in allowed list", 400, "The test number may not write to them."),
    131031: Known("Business Account locked", 403, "The account was locked."),
    131042: Known("Business eligibility payment issue", 400, "There is a problem with how the account pays."),
    131047: Known("Re-engagement message", 400, "More than 24 hours have passed since the person last wrote."),
    131048: Known("Spam rate limit hit", 400, "Too many messages of this number were blocked or flagged as spam."),
    131049: Known("Meta chose not to deliver.", 400, "Not delivered, for the sake of a healthy ecosystem."),
    131050: Known("User has stopped marketing messages", 400, "The person does not want marketing messages."),
    131051: Known("Unsupported message type", 400, "The type of the message is not supported."),
    131052: Known("Media download error", 400, "The media that a person sent could not be fetched."),
    131053: Known("Media upload error", 400, "The media of the message could not be used."),
    131056: Known(
        "(Business Account, Consumer Account) pair rate limit hit",
        400,
        "Too many messages were sent from this number to the same person in a short time.",
    ),
    131057: Known("Account in maintenance mode", 500, "The account is being upgraded."),
    132000: Known("Number of parameters does not match the expected number of params", 400),
    132001: Known("Template name does not exist in the translation", 404, "There is no such approved template."),
    132005: Known("Translated text too long", 400),
    132007: Known("Template content policy violated", 400),
    132012: Known("Parameter format does not match format in the created template", 400),
    132015: Known("Template is Paused", 400, "The template is paused for its low quality."),
    132016: Known("Template is Disabled", 400, "The template was disabled."),
    135000: Known("Generic user error", 400, "The message could not be sent for an unknown reason."),
}


class GraphError(Exception):
    """`details` and `status` take the place of the table's; `message` is told as it is, and without details."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        status: int | None = None,
        subcode: int | None = None,
        message: str = "",
    ) -> None:
        known = CODES[code]
        self.code = code
        self.title = known.title
        self.details = details or known.details
        self.status = known.status if status is None else status
        self.subcode = subcode
        self.message = message
        super().__init__(f"(#{code}) {self.title}: {message or self.details}")

    def body(self, trace: str) -> Json:
        """As a request is answered."""
        kind = "GraphMethodException" if self.subcode == 33 else "OAuthException"
        error: Json = {"message": self.message or f"(#{self.code}) {self.title}", "type": kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if not self.message:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": {**error, "fbtrace_id": trace}}

    def told(self) -> Json:
        """As a webhook tells it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": REFERENCE,
        }


def no_such_object(identity: str, method: str) -> GraphError:
    """Graph says the same of an id that is unknown and of one that the token may not see."""
    said = (
        f"Unsupported {method.lower()} request. Object with ID '{identity}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation."
    )
    return GraphError(100, subcode=33, message=said)


def expired() -> GraphError:
    return GraphError(190, subcode=463, message="Error validating access token: Session has expired.")


def no_token() -> GraphError:
    return GraphError(190, message="Invalid OAuth access token - Cannot parse access token")

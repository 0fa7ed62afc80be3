"""The three dialects: whole, and really different."""

from __future__ import annotations

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, validate_schema

from whinchat.sandbox.api.dialect import dialect
from whinchat.sandbox.api.mutations import MUTATIONS
from whinchat.sandbox.api.queries import QUERIES
from whinchat.sandbox.profiles import PROFILES

KEYS = "idempotencyKey"


def schema(name: str) -> GraphQLSchema:
    return dialect(name).schema


def inputs(name: str, field: str) -> set[str]:
    """Names of inputs that have the field."""
    types = schema(name).type_map.values()
    return {each.name for each in types if isinstance(each, GraphQLInputObjectType) and field in each.fields}


def fields(name: str, kind: str) -> dict[str, str]:
    """Types by field."""
    found = schema(name).type_map[kind]
    assert isinstance(found, (GraphQLObjectType, GraphQLInputObjectType))
    return {each: str(field.type) for each, field in found.fields.items()}


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_a_valid_schema_that_is_answered(name: str) -> None:
    assert validate_schema(schema(name)) == []
    assert set(fields(name, "Mutation")) == set(MUTATIONS)
    assert set(fields(name, "Query")) <= set(QUERIES)
    assert set(fields(name, "Subscription")) == {"myUpdates"}


def test_keys_are_where_the_backend_takes_them() -> None:
    assert inputs("blink", KEYS) == set()
    assert inputs("flash", KEYS) == {
        "IntraLedgerUsdPaymentSendInput",
        "IntraLedgerPaymentSendInput",
        "LnInvoicePaymentInput",
        "LnNoAmountInvoicePaymentInput",
    }
    assert inputs("sandbox", KEYS) == inputs("flash", KEYS) | {"LnNoAmountUsdInvoicePaymentInput"}


def test_dollars_are_whole_cents_but_for_flash() -> None:
    amounts = {name: fields(name, "IntraLedgerUsdPaymentSendInput")["amount"] for name in PROFILES}
    assert amounts == {"flash": "FractionalCentAmount!", "blink": "CentAmount!", "sandbox": "CentAmount!"}


def test_transactions_are_told_by_the_answer_or_by_their_id() -> None:
    assert {name for name in PROFILES if "transaction" in fields(name, "PaymentSendPayload")} == {"blink", "sandbox"}
    assert {name for name in PROFILES if "transactionDetails" in fields(name, "Query")} == {"flash", "sandbox"}

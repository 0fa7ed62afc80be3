"""Every document fits the schema of each backend that it is sent to.

The schemas are those that the sandbox serves, in the names and types of src/graphql/public/schema.graphql of
github.com/lnflash/flash (892346e6) and core/api/src/graphql/public/schema.graphql of github.com/GaloyMoney/blink
(29ea9fb0). The documents were checked with those files, too.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, build_schema, parse, validate
from tests.support.wallet.galoy import BACKENDS

from whinchat.apps.wallet.galoy import operations
from whinchat.apps.wallet.galoy.capabilities import DIALECTS, Dialect

VARIABLES = ("first", "after", "username", "walletCurrency", "currency", "input")
KEYED = {
    "IntraLedgerPaymentSendInput": "keys_intraledger",
    "IntraLedgerUsdPaymentSendInput": "keys_intraledger",
    "LnInvoicePaymentInput": "keys_lightning",
    "LnNoAmountInvoicePaymentInput": "keys_lightning",
    "LnNoAmountUsdInvoicePaymentInput": "keys_amount_usd",
}


@cache
def schema(name: str) -> GraphQLSchema:
    return build_schema((files("whinchat.sandbox") / "schema" / f"{name}.graphql").read_text(encoding="utf-8"))


@pytest.fixture(params=BACKENDS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return DIALECTS[request.param]


def test_each_document_is_valid_where_it_is_sent(dialect: Dialect) -> None:
    name = dialect.capabilities.name
    loaded = operations.load(dialect.documents)
    assert {each: validate(schema(name), parse(loaded[each].text)) for each in loaded} == {each: [] for each in loaded}


def test_reads_that_go_together_are_valid_too(dialect: Dialect) -> None:
    queries = [each for each in operations.load(dialect.documents).values() if each.kind == "query"]
    parts = [(each, {name: 1 for name in VARIABLES if f"${name}:" in each.variables}) for each in queries * 2]
    batch = operations.batch(parts)
    assert validate(schema(dialect.capabilities.name), parse(batch.text)) == []
    assert set(batch.variables) == set(re.findall(r"\$(\w+):", batch.text.splitlines()[0]))
    assert len(batch.variables) == 2 * sum(each.variables.count("$") for each in queries)


def test_capabilities_are_what_the_schema_says(dialect: Dialect) -> None:
    types = schema(dialect.capabilities.name).type_map
    for name, capability in KEYED.items():
        given = types[name]
        assert isinstance(given, GraphQLInputObjectType)
        assert ("idempotencyKey" in given.fields) is getattr(dialect.capabilities, capability)
    sent, query = types["PaymentSendPayload"], types["Query"]
    assert isinstance(sent, GraphQLObjectType)
    assert isinstance(query, GraphQLObjectType)
    assert ("transaction" in sent.fields) is dialect.capabilities.payload_transaction
    assert ("transactionDetails" in query.fields) is dialect.capabilities.details


def test_no_address_is_resolved_and_paid_in_one_step(dialect: Dialect) -> None:
    assert "lnurl" not in "".join(operations.load(dialect.documents)).lower()


def test_a_document_in_another_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="another way"):
        operations.parsed("{ me { id } }")

"""The schema of one profile, and its documents: parsed and validated once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_operation_ast,
    parse,
    validate,
)

from whinchat.sandbox.api import scalars
from whinchat.sandbox.api.call import Call
from whinchat.sandbox.api.mutations import MUTATIONS, change
from whinchat.sandbox.api.queries import QUERIES

SCHEMAS = Path(__file__).parents[1] / "schema"
MOST_DOCUMENTS = 256

Calls = Mapping[str, Call]
"""By response key: each field of the operation is a call of its own, with faults of its own."""
Info = GraphQLResolveInfo[Calls]


class Refused(Exception):
    """A request that is not executed."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("the request is not valid")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    node: DocumentNode
    kind: OperationType
    fields: Mapping[str, str]
    """The fields of Query, Mutation or Subscription that are asked for, by response key."""


class Dialect:
    """`name`: of the profile, which is that of its schema's file."""

    def __init__(self, name: str) -> None:
        self.schema = build_schema((SCHEMAS / f"{name}.graphql").read_text(encoding="utf-8"))
        scalars.attach(self.schema)
        _attach(self.schema)
        self.document = lru_cache(MOST_DOCUMENTS)(self._document)

    def _document(self, text: str, operation_name: str | None) -> Document:
        """Refused: it cannot be parsed, does not fit the schema, or has no such operation."""
        try:
            node = parse(text)
        except GraphQLError as error:
            raise Refused([_coded(error, "GRAPHQL_PARSE_FAILED")]) from None
        if errors := validate(self.schema, node):
            raise Refused([_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        operation = get_operation_ast(node, operation_name)
        if operation is None:
            raise Refused([_coded(GraphQLError("Unknown operation, or none"), "OPERATION_RESOLUTION_FAILURE")])
        fields = {(each.alias or each.name).value: each.name.value for each in _fields(operation.selection_set, node)}
        return Document(node, operation.operation, fields)


@cache
def dialect(name: str) -> Dialect:
    """One for all banks of a profile: it knows nothing of any, and takes a moment to make."""
    return Dialect(name)


def _fields(selections: SelectionSetNode, document: DocumentNode) -> Iterator[FieldNode]:
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, FragmentSpreadNode):
            for definition in document.definitions:
                if isinstance(definition, FragmentDefinitionNode) and definition.name.value == selection.name.value:
                    yield from _fields(definition.selection_set, document)
        elif isinstance(selection, InlineFragmentNode):
            yield from _fields(selection.selection_set, document)


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": code}
    return error


def _attach(schema: GraphQLSchema) -> None:
    """Resolvers to the fields they are named after; a subscription's events are found by name without."""
    for root, resolver in ((schema.query_type, _query), (schema.mutation_type, _mutation)):
        for name, field in (root.fields if root else {}).items():
            field.resolve = partial(resolver, name)


def _query(name: str, _root: Any, info: Info, **arguments: Any) -> Any:
    return QUERIES[name](_call(info), arguments)


def _mutation(name: str, _root: Any, info: Info, **arguments: Any) -> Any:
    return change(_call(info), arguments, MUTATIONS[name])


def _call(info: Info) -> Call:
    """BankError: the fault that this call meets."""
    call = info.context[str(info.path.key)]
    call.check()
    return call

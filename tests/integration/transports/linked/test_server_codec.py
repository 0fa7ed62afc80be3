"""What the fake network writes is what a reader of the network's binary form reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyaileys.wabinary.constants import TOKEN_MAP
from tests.support.whatsapp import codec
from tests.support.whatsapp.nodes import Node

digits = st.text("0123456789", min_size=1, max_size=15)
jids = st.builds("{}@{}".format, digits, st.sampled_from(["s.whatsapp.net", "lid", "g.us", "broadcast"]))
devices = st.builds("{}:{}@lid".format, digits, st.integers(1, 99))
names = st.sampled_from(sorted(set(TOKEN_MAP) - {""})) | st.text(st.characters(codec="ascii"), min_size=1, max_size=20)
values = names | jids | devices | st.just("@s.whatsapp.net") | st.text(max_size=20) | digits
tags = names.filter(lambda name: "@" not in name)
leaves = st.builds(Node, tags, st.dictionaries(tags, values, max_size=4), st.none() | st.binary(max_size=20))
nodes = st.recursive(
    leaves,
    lambda inner: st.builds(Node, tags, st.dictionaries(tags, values, max_size=4), st.lists(inner, max_size=4)),
    max_leaves=8,
)


@given(nodes)
def test_a_node_is_read_as_it_was_written(stanza: Node) -> None:
    assert codec.decode(codec.encode(stanza)) == stanza


def test_long_content_is_read_as_it_was_written() -> None:
    parts = [Node("enc", {"name": "n" * size}, bytes(size)) for size in (255, 256, 1 << 20)]
    stanza = Node("message", {}, parts + [Node("to", {})] * 300)
    assert codec.decode(codec.encode(stanza)) == stanza

"""What a person sees in the chat with a business."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.graph.media import Stored


@dataclass(frozen=True)
class Choice:
    """A button, or a row of a list."""

    id: str
    title: str
    description: str = ""


@dataclass(kw_only=True)
class Bubble:
    """One message in a chat; `mine`: the person's own. `kind` is the type of the request or webhook."""

    id: str
    kind: str
    time: int
    """Milliseconds UTC."""
    mine: bool = False
    text: str = ""
    """Body or caption; of a template what its parameters made of it."""
    header: str = ""
    footer: str = ""
    media: Stored | None = None
    link: str = ""
    """Where the media comes from, when it was sent by its address."""
    file_name: str = ""
    choices: tuple[Choice, ...] = ()
    opens: str = ""
    """What is written on the button that opens the list of choices; empty: the choices are buttons."""
    template: str = ""
    quotes: str = ""
    """Id of the message that it answers, where the chat has it."""
    reactions: dict[str, str] = field(default_factory=dict)
    """`business` or `person` to the emoji."""
    revoked: bool = False
    reference: str = ""
    """`biz_opaque_callback_data`: nobody sees it, every status carries it."""
    status: str = ""
    """Of the business's: `accepted`, `sent`, `delivered`, `read` or `failed`."""

    def choice(self, title: str) -> Choice:
        found = next((choice for choice in self.choices if choice.title == title), None)
        assert found is not None, f"nothing to tap says {title!r}; there is {[each.title for each in self.choices]}"
        return found

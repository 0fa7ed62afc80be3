"""Message templates: what a business may send outside of the service window, once it is approved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.graph.errors import GraphError, Json

MOST = 1024  # characters of the body, its places filled
PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(kw_only=True)
class Template:
    """`body` has places: `{{1}}`, `{{2}}`, …"""

    id: str
    name: str
    language: str
    body: str
    buttons: tuple[str, ...] = ()
    status: str = "APPROVED"
    category: str = "UTILITY"

    def fill(self, components: object) -> str:
        """Raises GraphError: not as many parameters as there are places, or values that Meta does not take."""
        given = _parameters(components)
        places = list(dict.fromkeys(PLACE.findall(self.body)))
        if len(given) != len(places):
            details = f"body: number of localizable_params ({len(given)}) does not match the expected ({len(places)})"
            raise GraphError(132000, details)
        for value in given:
            if re.search(r"[\n\t]| {5}", value):
                raise GraphError(132012, "Param text cannot have new-line/tab characters or more than 4 spaces.")
        values = dict(zip(places, given, strict=True))
        filled = PLACE.sub(lambda place: values[place[1]], self.body)
        if len(filled) > MOST:
            raise GraphError(132005, f"The body has {len(filled)} characters; {MOST} are allowed.")
        return filled

    def described(self) -> Json:
        example = {"example": {"body_text": [PLACE.findall(self.body)]}} if PLACE.search(self.body) else {}
        components: list[Json] = [{"type": "BODY", "text": self.body, **example}]
        if self.buttons:
            buttons = [{"type": "QUICK_REPLY", "text": title} for title in self.buttons]
            components.append({"type": "BUTTONS", "buttons": buttons})
        return {
            "name": self.name,
            "parameter_format": "POSITIONAL",
            "components": components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": self.id,
        }


def _parameters(components: object) -> list[str]:
    if not isinstance(components, list):
        raise GraphError(100, "Param template['components'] must be an array.")
    found = []
    for component in components:
        if str(component.get("type")).lower() != "body":
            continue
        for parameter in component.get("parameters", []):
            if parameter.get("type") != "text" or not parameter.get("text"):
                raise GraphError(100, "Parameter 'text' is mandatory for component parameter type 'text'.")
            found.append(str(parameter["text"]))
    return found


class Templates:
    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Template] = {}

    def add(self, name: str, body: str, *, language: str = "en", buttons: tuple[str, ...] = ()) -> Template:
        identity = str(594_425_479_261_000 + len(self._all))
        template = Template(id=identity, name=name, language=language, body=body, buttons=buttons)
        self._all[name, language] = template
        return template

    def approved(self, name: str, language: str) -> Template:
        """Raises GraphError."""
        template = self._all.get((name, language))
        if template is None or template.status in {"PENDING", "REJECTED"}:
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        if template.status != "APPROVED":
            raise GraphError(132015 if template.status == "PAUSED" else 132016)
        return template

    def listed(self, name: str = "") -> list[Json]:
        return [each.described() for each in self._all.values() if name in {"", each.name}]

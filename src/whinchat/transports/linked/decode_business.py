"""What businesses and their customers send: buttons, lists, templates, products, and the answers that are tapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from whinchat.core.types import Choice, Content, Location, Media, MediaKind
from whinchat.transports.linked import wire
from whinchat.transports.linked.decode_content import BODY, LINE, Reader, choices, lines, medium, place
from whinchat.transports.linked.values import text

CARDS: Final = 16
LONGEST_JSON: Final = 65_536  # characters

Holder = wire.ButtonsMessage | wire.TemplateMessageHydratedFourRowTemplate | wire.InteractiveMessageHeader


def flow(parameters: str | bytes) -> Any:
    """The parameters of a button, or of an answer. Raises ValueError: not what an app could read."""
    try:
        return msgspec.json.decode(text(parameters, LONGEST_JSON))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("no JSON") from error


def say(given: Any, name: str) -> str:
    value = given.get(name) if isinstance(given, dict) else None
    return value[:LINE] if isinstance(value, str) else ""


def each_of(given: Any, name: str) -> list[Any]:
    value = given.get(name) if isinstance(given, dict) else None
    return value if isinstance(value, list) else []


def flow_choices(parameters: str | bytes) -> Iterator[tuple[str, str, str]]:
    """What a button shows and where it leads: an address, a number, a code, or rows of a list."""
    try:
        read = flow(parameters)
    except ValueError:
        yield "", text(parameters, LINE), ""  # whatever an app makes of it, an address in it is seen
        return
    title, url, merchant = say(read, "display_text") or say(read, "title"), say(read, "url"), say(read, "merchant_url")
    yield title, say(read, "phone_number") or say(read, "copy_code"), url
    if merchant and merchant != url:
        yield title, "", merchant
    for section in each_of(read, "sections"):
        yield say(section, "title"), "", ""
        for row in each_of(section, "rows"):
            yield say(row, "title"), lines(say(row, "header"), say(row, "description")), ""


def flow_id(parameters: str | bytes) -> str:
    try:
        return say(flow(parameters), "id")
    except ValueError:
        return ""


def head_media(part: Holder) -> Media | None:
    if part.HasField("imageMessage"):
        return medium(MediaKind.IMAGE, part.imageMessage)
    if part.HasField("videoMessage"):
        return medium(MediaKind.VIDEO, part.videoMessage)
    if part.HasField("documentMessage"):
        return medium(MediaKind.DOCUMENT, part.documentMessage, text(part.documentMessage.fileName, LINE))
    return None


def head_place(part: Holder) -> Location | None:
    return place(part.locationMessage) if part.HasField("locationMessage") else None


def buttons(part: wire.ButtonsMessage) -> Content:
    found = [(text(each.buttonText.displayText, LINE), "", "") for each in part.buttons]
    for each in part.buttons:
        if each.HasField("nativeFlowInfo"):
            found.extend(flow_choices(each.nativeFlowInfo.paramsJSON))
    return Content(
        text=text(part.contentText, BODY),
        media=head_media(part),
        location=head_place(part),
        header=text(part.text, LINE),
        footer=text(part.footerText, LINE),
        buttons=choices(found),
    )


def listed(part: wire.ListMessage) -> Content:
    def rows() -> Iterator[tuple[str, str, str]]:
        for section in part.sections:
            yield text(section.title, LINE), "", ""
            for row in section.rows:
                yield text(row.title, LINE), text(row.description, LINE), ""

    return Content(
        text=text(part.description, BODY),
        header=text(part.title, LINE),
        footer=text(part.footerText, LINE),
        buttons=choices([(text(part.buttonText, LINE), "", "")]),
        rows=choices(rows()),
    )


def template(part: wire.TemplateMessage) -> Content:
    if part.interactiveMessageTemplate:
        return card(part.interactiveMessageTemplate)
    shown = part.hydratedTemplate if part.HasField("hydratedTemplate") else part.hydratedFourRowTemplate

    def tapped() -> Iterator[tuple[str, str, str]]:
        for each in shown.hydratedButtons:
            yield text(each.quickReplyButton.displayText, LINE), "", ""
            yield text(each.urlButton.displayText, LINE), "", text(each.urlButton.URL, LINE)
            yield "", "", text(each.urlButton.consentedUsersURL, LINE)
            yield text(each.callButton.displayText, LINE), text(each.callButton.phoneNumber, LINE), ""

    return Content(
        text=text(shown.hydratedContentText, BODY),
        media=head_media(shown),
        location=head_place(shown),
        header=text(shown.hydratedTitleText, LINE),
        footer=text(shown.hydratedFooterText, LINE),
        buttons=choices(tapped()),
    )


def structured(part: wire.HighlyStructuredMessage) -> Content:
    try:
        return template(wire.TemplateMessage.FromString(part.hydratedHsm))
    except wire.DecodeError:
        return Content()


def card(data: bytes) -> Content:
    """An interactive message on its own wire: no carousel is looked for inside."""
    try:
        return interactive(wire.InteractiveMessage.FromString(data), cards=False)
    except wire.DecodeError:
        return Content()


def interactive(part: wire.InteractiveMessage, *, cards: bool = True) -> Content:
    header = part.header
    taps = [each for button in part.nativeFlowMessage.buttons for each in flow_choices(button.buttonParamsJSON)]
    rows: tuple[Choice, ...] = ()
    if cards:
        for data in part.carouselMessage.cards[:CARDS]:
            shown = card(data)
            rows += (Choice(shown.header, lines(shown.text, shown.footer)), *shown.buttons)
    sold = product(header.productMessage) if header.HasField("productMessage") else Content()
    return Content(
        text=lines(text(part.body.text, BODY), sold.text),
        media=head_media(header),
        location=head_place(header),
        header=lines(text(header.title, LINE), text(header.subtitle, LINE), sold.header),
        footer=text(part.footer.text, LINE),
        buttons=choices(taps) + sold.buttons,
        rows=rows,
    )


def product(part: wire.ProductMessage) -> Content:
    sold, catalog = part.product, part.catalog
    return Content(
        text=lines(text(part.body, BODY), text(sold.description, LINE), text(catalog.description, LINE)),
        header=lines(text(sold.title, LINE), text(catalog.title, LINE)),
        footer=text(part.footer, LINE),
        buttons=choices([("", "", text(sold.URL, LINE))]),
    )


def order(part: wire.OrderMessage) -> Content:
    return Content(text=text(part.message, BODY), header=text(part.orderTitle, LINE))


def invoice(part: wire.InvoiceMessage) -> Content:
    return Content(text=text(part.note, BODY))


def button_answer(part: wire.ButtonsResponseMessage) -> Content:
    return Content(text=text(part.selectedDisplayText, BODY) or text(part.selectedButtonID, BODY))


def template_answer(part: wire.TemplateButtonReplyMessage) -> Content:
    return Content(text=text(part.selectedDisplayText, BODY) or text(part.selectedID, BODY))


def list_answer(part: wire.ListResponseMessage) -> Content:
    return Content(text=text(part.title, BODY) or text(part.singleSelectReply.selectedRowID, BODY))


def flow_answer(part: wire.InteractiveResponseMessage) -> Content:
    return Content(text=text(part.body.text, BODY) or flow_id(part.nativeFlowResponseMessage.paramsJSON))


READERS: Final[dict[str, Reader]] = {
    "buttonsMessage": buttons,
    "buttonsResponseMessage": button_answer,
    "listMessage": listed,
    "listResponseMessage": list_answer,
    "templateMessage": template,
    "templateButtonReplyMessage": template_answer,
    "highlyStructuredMessage": structured,
    "interactiveMessage": interactive,
    "interactiveResponseMessage": flow_answer,
    "productMessage": product,
    "orderMessage": order,
    "invoiceMessage": invoice,
}

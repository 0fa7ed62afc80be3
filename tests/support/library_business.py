"""Messages of every kind that businesses and their customers send, and what is to be read in them."""

from __future__ import annotations

import json
from typing import Any

from tests.support.library import E2E
from tests.support.library_contents import KEYS, PLACE, media

from whinchat.core.types import Choice, Content, MediaKind


def flow(**parameters: object) -> str:
    return json.dumps(parameters)


BUSINESS: dict[str, tuple[Any, Content]] = {
    "buttons": (
        E2E.Message(
            buttonsMessage=E2E.ButtonsMessage(
                contentText="choose",
                footerText="thanks",
                imageMessage=E2E.ImageMessage(**KEYS),
                buttons=[
                    E2E.ButtonsMessage.Button(
                        buttonID="1", buttonText=E2E.ButtonsMessage.Button.ButtonText(displayText="Yes")
                    ),
                    E2E.ButtonsMessage.Button(
                        nativeFlowInfo=E2E.ButtonsMessage.Button.NativeFlowInfo(
                            name="cta_url", paramsJSON=flow(display_text="Open", url="https://b.example")
                        )
                    ),
                ],
            )
        ),
        Content(
            text="choose",
            footer="thanks",
            media=media(MediaKind.IMAGE),
            buttons=(Choice("Yes"), Choice("Open", url="https://b.example")),
        ),
    ),
    "buttons under a title": (
        E2E.Message(buttonsMessage=E2E.ButtonsMessage(text="Shop", contentText="choose")),
        Content(text="choose", header="Shop"),
    ),
    "list": (
        E2E.Message(
            listMessage=E2E.ListMessage(
                title="Menu",
                description="pick one",
                buttonText="Show",
                footerText="bon appetit",
                sections=[
                    E2E.ListMessage.Section(
                        title="Soups", rows=[E2E.ListMessage.Row(title="Leek", description="hot", rowID="1")]
                    )
                ],
            )
        ),
        Content(
            text="pick one",
            header="Menu",
            footer="bon appetit",
            buttons=(Choice("Show"),),
            rows=(Choice("Soups"), Choice("Leek", "hot")),
        ),
    ),
    "template": (
        E2E.Message(
            templateMessage=E2E.TemplateMessage(
                hydratedTemplate=E2E.TemplateMessage.HydratedFourRowTemplate(
                    hydratedTitleText="Parcel",
                    hydratedContentText="it is here",
                    hydratedFooterText="bye",
                    hydratedButtons=[
                        E2E.HydratedTemplateButton(
                            urlButton=E2E.HydratedTemplateButton.HydratedURLButton(
                                displayText="Track", URL="https://p.example"
                            )
                        ),
                        E2E.HydratedTemplateButton(
                            callButton=E2E.HydratedTemplateButton.HydratedCallButton(
                                displayText="Call", phoneNumber="+4930"
                            )
                        ),
                        E2E.HydratedTemplateButton(
                            quickReplyButton=E2E.HydratedTemplateButton.HydratedQuickReplyButton(displayText="Stop")
                        ),
                    ],
                )
            )
        ),
        Content(
            text="it is here",
            header="Parcel",
            footer="bye",
            buttons=(Choice("Track", url="https://p.example"), Choice("Call", "+4930"), Choice("Stop")),
        ),
    ),
    "old template": (
        E2E.Message(
            highlyStructuredMessage=E2E.HighlyStructuredMessage(
                hydratedHsm=E2E.TemplateMessage(
                    hydratedFourRowTemplate=E2E.TemplateMessage.HydratedFourRowTemplate(
                        hydratedContentText="old", videoMessage=E2E.VideoMessage(**KEYS)
                    )
                )
            )
        ),
        Content(text="old", media=media(MediaKind.VIDEO)),
    ),
    "template of a new kind": (
        E2E.Message(
            templateMessage=E2E.TemplateMessage(
                interactiveMessageTemplate=E2E.InteractiveMessage(body=E2E.InteractiveMessage.Body(text="new"))
            )
        ),
        Content(text="new"),
    ),
    "interactive": (
        E2E.Message(
            interactiveMessage=E2E.InteractiveMessage(
                header=E2E.InteractiveMessage.Header(
                    title="Bank", subtitle="of Ana", documentMessage=E2E.DocumentMessage(fileName="t.pdf", **KEYS)
                ),
                body=E2E.InteractiveMessage.Body(text="sign in"),
                footer=E2E.InteractiveMessage.Footer(text="safe"),
                nativeFlowMessage=E2E.InteractiveMessage.NativeFlowMessage(
                    buttons=[
                        E2E.InteractiveMessage.NativeFlowMessage.NativeFlowButton(
                            name="cta_url",
                            buttonParamsJSON=flow(
                                display_text="Go", url="https://x.example", merchant_url="https://y.example"
                            ),
                        ),
                        E2E.InteractiveMessage.NativeFlowMessage.NativeFlowButton(
                            name="single_select",
                            buttonParamsJSON=flow(
                                title="More",
                                sections=[
                                    {"title": "S", "rows": [{"header": "H", "title": "R", "description": "D"}, 7]},
                                    None,
                                ],
                            ),
                        ),
                        E2E.InteractiveMessage.NativeFlowMessage.NativeFlowButton(
                            name="cta_url", buttonParamsJSON="{broken https://z.example"
                        ),
                    ]
                ),
            )
        ),
        Content(
            text="sign in",
            header="Bank\nof Ana",
            footer="safe",
            media=media(MediaKind.DOCUMENT, file_name="t.pdf"),
            buttons=(
                Choice("Go", url="https://x.example"),
                Choice("Go", url="https://y.example"),
                Choice("More"),
                Choice("S"),
                Choice("R", "H\nD"),
                Choice("", "{broken https://z.example"),
            ),
        ),
    ),
    "carousel": (
        E2E.Message(
            interactiveMessage=E2E.InteractiveMessage(
                body=E2E.InteractiveMessage.Body(text="swipe"),
                carouselMessage=E2E.InteractiveMessage.CarouselMessage(
                    cards=[
                        E2E.InteractiveMessage(
                            header=E2E.InteractiveMessage.Header(title="One", locationMessage=PLACE),
                            body=E2E.InteractiveMessage.Body(text="first"),
                            footer=E2E.InteractiveMessage.Footer(text="end"),
                            nativeFlowMessage=E2E.InteractiveMessage.NativeFlowMessage(
                                buttons=[
                                    E2E.InteractiveMessage.NativeFlowMessage.NativeFlowButton(
                                        buttonParamsJSON=flow(display_text="Buy", url="https://1.example")
                                    )
                                ]
                            ),
                        )
                    ]
                ),
            )
        ),
        Content(text="swipe", rows=(Choice("One", "first\nend"), Choice("Buy", url="https://1.example"))),
    ),
    "product": (
        E2E.Message(
            productMessage=E2E.ProductMessage(
                product=E2E.ProductMessage.ProductSnapshot(title="Hat", description="warm", URL="https://h.example"),
                catalog=E2E.ProductMessage.CatalogSnapshot(title="Winter", description="all hats"),
                body="buy",
                footer="soon",
            )
        ),
        Content(
            text="buy\nwarm\nall hats",
            header="Hat\nWinter",
            footer="soon",
            buttons=(Choice(url="https://h.example"),),
        ),
    ),
    "interactive product": (
        E2E.Message(
            interactiveMessage=E2E.InteractiveMessage(
                header=E2E.InteractiveMessage.Header(
                    productMessage=E2E.ProductMessage(product=E2E.ProductMessage.ProductSnapshot(title="Hat"))
                )
            )
        ),
        Content(header="Hat"),
    ),
    "order": (
        E2E.Message(orderMessage=E2E.OrderMessage(orderTitle="Order 1", message="please")),
        Content(text="please", header="Order 1"),
    ),
    "invoice": (E2E.Message(invoiceMessage=E2E.InvoiceMessage(note="due", token="t")), Content(text="due")),
    "payment with a note": (
        E2E.Message(sendPaymentMessage=E2E.SendPaymentMessage(noteMessage=E2E.Message(conversation="for cake"))),
        Content(text="for cake"),
    ),
    "request with a note": (
        E2E.Message(requestPaymentMessage=E2E.RequestPaymentMessage(noteMessage=E2E.Message(conversation="owe me"))),
        Content(text="owe me"),
    ),
    "comment": (
        E2E.Message(commentMessage=E2E.CommentMessage(message=E2E.Message(conversation="nice"))),
        Content(text="nice"),
    ),
    "tapped button": (
        E2E.Message(
            buttonsResponseMessage=E2E.ButtonsResponseMessage(selectedDisplayText="Yes", selectedButtonID="id-1")
        ),
        Content(text="Yes"),
    ),
    "tapped button without a text": (
        E2E.Message(buttonsResponseMessage=E2E.ButtonsResponseMessage(selectedButtonID="id-1")),
        Content(text="id-1"),
    ),
    "tapped template": (
        E2E.Message(
            templateButtonReplyMessage=E2E.TemplateButtonReplyMessage(selectedDisplayText="Stop", selectedID="s")
        ),
        Content(text="Stop"),
    ),
    "tapped row": (
        E2E.Message(
            listResponseMessage=E2E.ListResponseMessage(
                title="Leek", singleSelectReply=E2E.ListResponseMessage.SingleSelectReply(selectedRowID="1")
            )
        ),
        Content(text="Leek"),
    ),
    "tapped row without a title": (
        E2E.Message(
            listResponseMessage=E2E.ListResponseMessage(
                singleSelectReply=E2E.ListResponseMessage.SingleSelectReply(selectedRowID="1")
            )
        ),
        Content(text="1"),
    ),
    "interactive answer": (
        E2E.Message(
            interactiveResponseMessage=E2E.InteractiveResponseMessage(
                nativeFlowResponseMessage=E2E.InteractiveResponseMessage.NativeFlowResponseMessage(
                    name="quick_reply", paramsJSON=flow(id="confirm 17")
                )
            )
        ),
        Content(text="confirm 17"),
    ),
    "interactive answer that is broken": (
        E2E.Message(
            interactiveResponseMessage=E2E.InteractiveResponseMessage(
                nativeFlowResponseMessage=E2E.InteractiveResponseMessage.NativeFlowResponseMessage(
                    paramsJSON="[" * 9999
                )
            )
        ),
        Content(),
    ),
    "a kind of tomorrow": (E2E.Message(paymentReminderMessage=E2E.PaymentReminderMessage(description="?")), Content()),
}

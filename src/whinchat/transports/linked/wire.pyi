"""What is used of neonize 0.5.2's protobufs: written by `scripts/build_linked_wire.py`."""

import enum
from collections.abc import Iterable, Sequence
from typing import Any, Self, TypeAlias

class DecodeError(Exception): ...

class Message:
    @classmethod
    def FromString(cls, data: bytes, /) -> Self: ...
    def SerializeToString(self) -> bytes: ...
    def CopyFrom(self, other: Self, /) -> None: ...
    def HasField(self, name: str, /) -> bool: ...
    def ListFields(self) -> list[tuple[Field, Any]]: ...

class Field:
    name: str

class ProtocolMessageType(enum.IntEnum):
    REVOKE = 0
    EPHEMERAL_SETTING = 3
    EPHEMERAL_SYNC_RESPONSE = 4
    HISTORY_SYNC_NOTIFICATION = 5
    APP_STATE_SYNC_KEY_SHARE = 6
    APP_STATE_SYNC_KEY_REQUEST = 7
    MSG_FANOUT_BACKFILL_REQUEST = 8
    INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC = 9
    APP_STATE_FATAL_EXCEPTION_NOTIFICATION = 10
    SHARE_PHONE_NUMBER = 11
    MESSAGE_EDIT = 14
    PEER_DATA_OPERATION_REQUEST_MESSAGE = 16
    PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE = 17
    REQUEST_WELCOME_MESSAGE = 18
    BOT_FEEDBACK_MESSAGE = 19
    MEDIA_NOTIFY_MESSAGE = 20
    CLOUD_API_THREAD_CONTROL_NOTIFICATION = 21
    LID_MIGRATION_MAPPING_SYNC = 22
    REMINDER_MESSAGE = 23
    BOT_MEMU_ONBOARDING_MESSAGE = 24
    STATUS_MENTION_MESSAGE = 25
    STOP_GENERATION_MESSAGE = 26
    LIMIT_SHARING = 27
    AI_PSI_METADATA = 28
    AI_QUERY_FANOUT = 29
    GROUP_MEMBER_LABEL_CHANGE = 30
    AI_MEDIA_COLLECTION_MESSAGE = 31
    MESSAGE_UNSCHEDULE = 32
    CHAT_THEME_SETTING = 34
    AI_METADATA_OPERATION = 35
    MARK_AS_VERIFIED_ACTION = 36
    COEX_STATE_SYNC = 37
    ACP2_SETTING = 39
    SHARED_DEVICE_CONTACT_HASH_KEY_SHARE = 40
    SHARED_DEVICE_CONTACT_HASH_KEY_REQUEST = 41


class SecretEncryptedMessageSecretEncType(enum.IntEnum):
    UNKNOWN = 0
    EVENT_EDIT = 1
    MESSAGE_EDIT = 2
    MESSAGE_SCHEDULE = 3
    POLL_EDIT = 4
    POLL_ADD_OPTION = 5


class HistoryKind(enum.IntEnum):
    INITIAL_BOOTSTRAP = 0
    INITIAL_STATUS_V3 = 1
    FULL = 2
    RECENT = 3
    PUSH_NAME = 4
    NON_BLOCKING_DATA = 5
    ON_DEMAND = 6


class PairResult(enum.IntEnum):
    ERROR = 1
    SUCCESS = 2


class ConnectFailureReason(enum.IntEnum):
    GENERIC = 1
    LOGGED_OUT = 2
    TEMP_BANNED = 3
    MAIN_DEVICE_GONE = 4
    UNKNOWN_LOGOUT = 5
    CLIENT_OUTDATED = 6
    BAD_USER_AGENT = 7
    INTERNAL_SERVER_ERROR = 8
    EXPERIMENTAL = 9
    SERVICE_UNAVAILABLE = 10


class BanReason(enum.IntEnum):
    SEND_TO_TOO_MANY_PEOPLE = 1
    BLOCKED_BY_USERS = 2
    CREATED_TOO_MANY_GROUPS = 3
    SENT_TOO_MANY_SAME_MESSAGE = 4
    BROADCAST_LIST = 5


class FailMode(enum.IntEnum):
    DECRYPT_FAIL_SHOW = 1
    DECRYPT_FAIL_HIDE = 2


class ReceiptType(enum.IntEnum):
    DELIVERED = 1
    SENDER = 2
    RETRY = 3
    READ = 4
    READ_SELF = 5
    PLAYED = 6
    PLAYED_SELF = 7
    SERVER_ERROR = 8
    INACTIVE = 9
    PEER_MSG = 10
    HISTORY_SYNC = 11


_GroupAnnounce: TypeAlias = GroupAnnounce
_GroupInfo: TypeAlias = GroupInfo
_GroupName: TypeAlias = GroupName
_Jid: TypeAlias = Jid
_MessageSource: TypeAlias = MessageSource
_SendResponse: TypeAlias = SendResponse
_UploadResponse: TypeAlias = UploadResponse

class MessageKey(Message):
    remoteJID: str | bytes
    fromMe: bool
    ID: str | bytes
    participant: str | bytes
    def __init__(self, *, remoteJID: str | None = ..., fromMe: bool | None = ..., ID: str | None = ..., participant: str | None = ...) -> None: ...

class Body(Message):
    conversation: str | bytes
    senderKeyDistributionMessage: bytes
    imageMessage: ImageMessage
    contactMessage: ContactMessage
    locationMessage: LocationMessage
    extendedTextMessage: ExtendedTextMessage
    documentMessage: DocumentMessage
    audioMessage: AudioMessage
    videoMessage: VideoMessage
    protocolMessage: ProtocolMessage
    contactsArrayMessage: ContactsArrayMessage
    highlyStructuredMessage: HighlyStructuredMessage
    sendPaymentMessage: SendPaymentMessage
    liveLocationMessage: LiveLocationMessage
    requestPaymentMessage: RequestPaymentMessage
    templateMessage: TemplateMessage
    stickerMessage: StickerMessage
    groupInviteMessage: GroupInviteMessage
    templateButtonReplyMessage: TemplateButtonReplyMessage
    productMessage: ProductMessage
    deviceSentMessage: DeviceSentMessage
    messageContextInfo: bytes
    listMessage: ListMessage
    viewOnceMessage: FutureProofMessage
    orderMessage: OrderMessage
    listResponseMessage: ListResponseMessage
    ephemeralMessage: FutureProofMessage
    invoiceMessage: InvoiceMessage
    buttonsMessage: ButtonsMessage
    buttonsResponseMessage: ButtonsResponseMessage
    interactiveMessage: InteractiveMessage
    reactionMessage: ReactionMessage
    interactiveResponseMessage: InteractiveResponseMessage
    pollCreationMessage: PollCreationMessage
    pollUpdateMessage: bytes
    keepInChatMessage: bytes
    documentWithCaptionMessage: FutureProofMessage
    viewOnceMessageV2: FutureProofMessage
    encReactionMessage: bytes
    editedMessage: FutureProofMessage
    viewOnceMessageV2Extension: FutureProofMessage
    pollCreationMessageV2: PollCreationMessage
    scheduledCallCreationMessage: ScheduledCallCreationMessage
    groupMentionedMessage: FutureProofMessage
    pinInChatMessage: bytes
    pollCreationMessageV3: PollCreationMessage
    ptvMessage: VideoMessage
    botInvokeMessage: FutureProofMessage
    callLogMesssage: bytes
    encCommentMessage: bytes
    bcallMessage: BCallMessage
    lottieStickerMessage: FutureProofMessage
    eventMessage: EventMessage
    encEventResponseMessage: bytes
    commentMessage: CommentMessage
    newsletterAdminInviteMessage: NewsletterAdminInviteMessage
    secretEncryptedMessage: SecretEncryptedMessage
    eventCoverImage: FutureProofMessage
    stickerPackMessage: StickerPackMessage
    pollResultSnapshotMessage: PollResultSnapshotMessage
    pollCreationOptionImageMessage: FutureProofMessage
    associatedChildMessage: FutureProofMessage
    pollCreationMessageV4: FutureProofMessage
    groupStatusMessage: FutureProofMessage
    questionMessage: FutureProofMessage
    groupStatusMessageV2: FutureProofMessage
    botForwardedMessage: FutureProofMessage
    questionReplyMessage: FutureProofMessage
    questionResponseMessage: QuestionResponseMessage
    pollCreationMessageV5: PollCreationMessage
    newsletterFollowerInviteMessageV2: NewsletterFollowerInviteMessage
    pollResultSnapshotMessageV3: PollResultSnapshotMessage
    spoilerMessage: FutureProofMessage
    pollCreationMessageV6: PollCreationMessage
    pollAddOptionMessage: PollAddOptionMessage
    eventInviteMessage: EventInviteMessage
    splitPaymentMessage: SplitPaymentMessage
    audioStickerMessage: FutureProofMessage
    def __init__(self, *, conversation: str | None = ..., senderKeyDistributionMessage: bytes | None = ..., imageMessage: ImageMessage | None = ..., contactMessage: ContactMessage | None = ..., locationMessage: LocationMessage | None = ..., extendedTextMessage: ExtendedTextMessage | None = ..., documentMessage: DocumentMessage | None = ..., audioMessage: AudioMessage | None = ..., videoMessage: VideoMessage | None = ..., protocolMessage: ProtocolMessage | None = ..., contactsArrayMessage: ContactsArrayMessage | None = ..., highlyStructuredMessage: HighlyStructuredMessage | None = ..., sendPaymentMessage: SendPaymentMessage | None = ..., liveLocationMessage: LiveLocationMessage | None = ..., requestPaymentMessage: RequestPaymentMessage | None = ..., templateMessage: TemplateMessage | None = ..., stickerMessage: StickerMessage | None = ..., groupInviteMessage: GroupInviteMessage | None = ..., templateButtonReplyMessage: TemplateButtonReplyMessage | None = ..., productMessage: ProductMessage | None = ..., deviceSentMessage: DeviceSentMessage | None = ..., messageContextInfo: bytes | None = ..., listMessage: ListMessage | None = ..., viewOnceMessage: FutureProofMessage | None = ..., orderMessage: OrderMessage | None = ..., listResponseMessage: ListResponseMessage | None = ..., ephemeralMessage: FutureProofMessage | None = ..., invoiceMessage: InvoiceMessage | None = ..., buttonsMessage: ButtonsMessage | None = ..., buttonsResponseMessage: ButtonsResponseMessage | None = ..., interactiveMessage: InteractiveMessage | None = ..., reactionMessage: ReactionMessage | None = ..., interactiveResponseMessage: InteractiveResponseMessage | None = ..., pollCreationMessage: PollCreationMessage | None = ..., pollUpdateMessage: bytes | None = ..., keepInChatMessage: bytes | None = ..., documentWithCaptionMessage: FutureProofMessage | None = ..., viewOnceMessageV2: FutureProofMessage | None = ..., encReactionMessage: bytes | None = ..., editedMessage: FutureProofMessage | None = ..., viewOnceMessageV2Extension: FutureProofMessage | None = ..., pollCreationMessageV2: PollCreationMessage | None = ..., scheduledCallCreationMessage: ScheduledCallCreationMessage | None = ..., groupMentionedMessage: FutureProofMessage | None = ..., pinInChatMessage: bytes | None = ..., pollCreationMessageV3: PollCreationMessage | None = ..., ptvMessage: VideoMessage | None = ..., botInvokeMessage: FutureProofMessage | None = ..., callLogMesssage: bytes | None = ..., encCommentMessage: bytes | None = ..., bcallMessage: BCallMessage | None = ..., lottieStickerMessage: FutureProofMessage | None = ..., eventMessage: EventMessage | None = ..., encEventResponseMessage: bytes | None = ..., commentMessage: CommentMessage | None = ..., newsletterAdminInviteMessage: NewsletterAdminInviteMessage | None = ..., secretEncryptedMessage: SecretEncryptedMessage | None = ..., eventCoverImage: FutureProofMessage | None = ..., stickerPackMessage: StickerPackMessage | None = ..., pollResultSnapshotMessage: PollResultSnapshotMessage | None = ..., pollCreationOptionImageMessage: FutureProofMessage | None = ..., associatedChildMessage: FutureProofMessage | None = ..., pollCreationMessageV4: FutureProofMessage | None = ..., groupStatusMessage: FutureProofMessage | None = ..., questionMessage: FutureProofMessage | None = ..., groupStatusMessageV2: FutureProofMessage | None = ..., botForwardedMessage: FutureProofMessage | None = ..., questionReplyMessage: FutureProofMessage | None = ..., questionResponseMessage: QuestionResponseMessage | None = ..., pollCreationMessageV5: PollCreationMessage | None = ..., newsletterFollowerInviteMessageV2: NewsletterFollowerInviteMessage | None = ..., pollResultSnapshotMessageV3: PollResultSnapshotMessage | None = ..., spoilerMessage: FutureProofMessage | None = ..., pollCreationMessageV6: PollCreationMessage | None = ..., pollAddOptionMessage: PollAddOptionMessage | None = ..., eventInviteMessage: EventInviteMessage | None = ..., splitPaymentMessage: SplitPaymentMessage | None = ..., audioStickerMessage: FutureProofMessage | None = ...) -> None: ...

class FutureProofMessage(Message):
    message: bytes
    def __init__(self, *, message: bytes | None = ...) -> None: ...

class DeviceSentMessage(Message):
    message: bytes
    def __init__(self, *, message: bytes | None = ...) -> None: ...

class ProtocolMessage(Message):
    key: MessageKey
    type: int
    editedMessage: bytes
    timestampMS: int
    def __init__(self, *, key: MessageKey | None = ..., type: int | None = ..., editedMessage: bytes | None = ..., timestampMS: int | None = ...) -> None: ...

class ReactionMessage(Message):
    key: MessageKey
    text: str | bytes
    senderTimestampMS: int
    def __init__(self, *, key: MessageKey | None = ..., text: str | None = ..., senderTimestampMS: int | None = ...) -> None: ...

class ExtendedTextMessage(Message):
    text: str | bytes
    matchedText: str | bytes
    description: str | bytes
    title: str | bytes
    contextInfo: ContextInfo
    viewOnce: bool
    def __init__(self, *, text: str | None = ..., matchedText: str | None = ..., description: str | None = ..., title: str | None = ..., contextInfo: ContextInfo | None = ..., viewOnce: bool | None = ...) -> None: ...

class ContextInfo(Message):
    stanzaID: str | bytes
    participant: str | bytes
    quotedMessage: bytes
    remoteJID: str | bytes
    mentionedJID: Sequence[str | bytes]
    forwardingScore: int
    isForwarded: bool
    expiration: int
    externalAdReply: ContextInfoExternalAdReplyInfo
    actionLink: ActionLink
    forwardedNewsletterMessageInfo: ContextInfoForwardedNewsletterMessageInfo
    def __init__(self, *, stanzaID: str | None = ..., participant: str | None = ..., quotedMessage: bytes | None = ..., remoteJID: str | None = ..., mentionedJID: Iterable[str] = ..., forwardingScore: int | None = ..., isForwarded: bool | None = ..., expiration: int | None = ..., externalAdReply: ContextInfoExternalAdReplyInfo | None = ..., actionLink: ActionLink | None = ..., forwardedNewsletterMessageInfo: ContextInfoForwardedNewsletterMessageInfo | None = ...) -> None: ...

class ContextInfoExternalAdReplyInfo(Message):
    title: str | bytes
    body: str | bytes
    mediaURL: str | bytes
    sourceURL: str | bytes
    def __init__(self, *, title: str | None = ..., body: str | None = ..., mediaURL: str | None = ..., sourceURL: str | None = ...) -> None: ...

class ContextInfoForwardedNewsletterMessageInfo(Message):
    newsletterJID: str | bytes
    def __init__(self, *, newsletterJID: str | None = ...) -> None: ...

class ActionLink(Message):
    URL: str | bytes
    buttonTitle: str | bytes
    def __init__(self, *, URL: str | None = ..., buttonTitle: str | None = ...) -> None: ...

class ImageMessage(Message):
    URL: str | bytes
    mimetype: str | bytes
    caption: str | bytes
    fileSHA256: bytes
    fileLength: int
    mediaKey: bytes
    fileEncSHA256: bytes
    interactiveAnnotations: Sequence[InteractiveAnnotation]
    directPath: str | bytes
    contextInfo: ContextInfo
    viewOnce: bool
    annotations: Sequence[InteractiveAnnotation]
    qrURL: str | bytes
    def __init__(self, *, URL: str | None = ..., mimetype: str | None = ..., caption: str | None = ..., fileSHA256: bytes | None = ..., fileLength: int | None = ..., mediaKey: bytes | None = ..., fileEncSHA256: bytes | None = ..., interactiveAnnotations: Iterable[InteractiveAnnotation] = ..., directPath: str | None = ..., contextInfo: ContextInfo | None = ..., viewOnce: bool | None = ..., annotations: Iterable[InteractiveAnnotation] = ..., qrURL: str | None = ...) -> None: ...

class VideoMessage(Message):
    URL: str | bytes
    mimetype: str | bytes
    fileSHA256: bytes
    fileLength: int
    mediaKey: bytes
    caption: str | bytes
    fileEncSHA256: bytes
    interactiveAnnotations: Sequence[InteractiveAnnotation]
    directPath: str | bytes
    contextInfo: ContextInfo
    viewOnce: bool
    annotations: Sequence[InteractiveAnnotation]
    def __init__(self, *, URL: str | None = ..., mimetype: str | None = ..., fileSHA256: bytes | None = ..., fileLength: int | None = ..., mediaKey: bytes | None = ..., caption: str | None = ..., fileEncSHA256: bytes | None = ..., interactiveAnnotations: Iterable[InteractiveAnnotation] = ..., directPath: str | None = ..., contextInfo: ContextInfo | None = ..., viewOnce: bool | None = ..., annotations: Iterable[InteractiveAnnotation] = ...) -> None: ...

class InteractiveAnnotation(Message):
    tapAction: TapLinkAction
    def __init__(self, *, tapAction: TapLinkAction | None = ...) -> None: ...

class TapLinkAction(Message):
    title: str | bytes
    tapURL: str | bytes
    def __init__(self, *, title: str | None = ..., tapURL: str | None = ...) -> None: ...

class AudioMessage(Message):
    URL: str | bytes
    mimetype: str | bytes
    fileSHA256: bytes
    fileLength: int
    mediaKey: bytes
    fileEncSHA256: bytes
    directPath: str | bytes
    contextInfo: ContextInfo
    viewOnce: bool
    def __init__(self, *, URL: str | None = ..., mimetype: str | None = ..., fileSHA256: bytes | None = ..., fileLength: int | None = ..., mediaKey: bytes | None = ..., fileEncSHA256: bytes | None = ..., directPath: str | None = ..., contextInfo: ContextInfo | None = ..., viewOnce: bool | None = ...) -> None: ...

class DocumentMessage(Message):
    URL: str | bytes
    mimetype: str | bytes
    title: str | bytes
    fileSHA256: bytes
    fileLength: int
    mediaKey: bytes
    fileName: str | bytes
    fileEncSHA256: bytes
    directPath: str | bytes
    contextInfo: ContextInfo
    caption: str | bytes
    def __init__(self, *, URL: str | None = ..., mimetype: str | None = ..., title: str | None = ..., fileSHA256: bytes | None = ..., fileLength: int | None = ..., mediaKey: bytes | None = ..., fileName: str | None = ..., fileEncSHA256: bytes | None = ..., directPath: str | None = ..., contextInfo: ContextInfo | None = ..., caption: str | None = ...) -> None: ...

class StickerMessage(Message):
    URL: str | bytes
    fileSHA256: bytes
    fileEncSHA256: bytes
    mediaKey: bytes
    mimetype: str | bytes
    directPath: str | bytes
    fileLength: int
    contextInfo: ContextInfo
    def __init__(self, *, URL: str | None = ..., fileSHA256: bytes | None = ..., fileEncSHA256: bytes | None = ..., mediaKey: bytes | None = ..., mimetype: str | None = ..., directPath: str | None = ..., fileLength: int | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class StickerPackMessage(Message):
    name: str | bytes
    publisher: str | bytes
    caption: str | bytes
    contextInfo: ContextInfo
    packDescription: str | bytes
    def __init__(self, *, name: str | None = ..., publisher: str | None = ..., caption: str | None = ..., contextInfo: ContextInfo | None = ..., packDescription: str | None = ...) -> None: ...

class ContactMessage(Message):
    displayName: str | bytes
    vcard: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, displayName: str | None = ..., vcard: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class ContactsArrayMessage(Message):
    displayName: str | bytes
    contacts: Sequence[ContactMessage]
    contextInfo: ContextInfo
    def __init__(self, *, displayName: str | None = ..., contacts: Iterable[ContactMessage] = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class LocationMessage(Message):
    degreesLatitude: float
    degreesLongitude: float
    name: str | bytes
    address: str | bytes
    URL: str | bytes
    comment: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, degreesLatitude: float | None = ..., degreesLongitude: float | None = ..., name: str | None = ..., address: str | None = ..., URL: str | None = ..., comment: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class LiveLocationMessage(Message):
    degreesLatitude: float
    degreesLongitude: float
    caption: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, degreesLatitude: float | None = ..., degreesLongitude: float | None = ..., caption: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class PollCreationMessage(Message):
    name: str | bytes
    options: Sequence[PollCreationMessageOption]
    contextInfo: ContextInfo
    def __init__(self, *, name: str | None = ..., options: Iterable[PollCreationMessageOption] = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class PollCreationMessageOption(Message):
    optionName: str | bytes
    def __init__(self, *, optionName: str | None = ...) -> None: ...

class PollAddOptionMessage(Message):
    addOption: PollCreationMessageOption
    def __init__(self, *, addOption: PollCreationMessageOption | None = ...) -> None: ...

class PollResultSnapshotMessage(Message):
    name: str | bytes
    pollVotes: Sequence[PollResultSnapshotMessagePollVote]
    contextInfo: ContextInfo
    def __init__(self, *, name: str | None = ..., pollVotes: Iterable[PollResultSnapshotMessagePollVote] = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class PollResultSnapshotMessagePollVote(Message):
    optionName: str | bytes
    def __init__(self, *, optionName: str | None = ...) -> None: ...

class ButtonsMessage(Message):
    text: str | bytes
    documentMessage: DocumentMessage
    imageMessage: ImageMessage
    videoMessage: VideoMessage
    locationMessage: LocationMessage
    contentText: str | bytes
    footerText: str | bytes
    contextInfo: ContextInfo
    buttons: Sequence[ButtonsMessageButton]
    def __init__(self, *, text: str | None = ..., documentMessage: DocumentMessage | None = ..., imageMessage: ImageMessage | None = ..., videoMessage: VideoMessage | None = ..., locationMessage: LocationMessage | None = ..., contentText: str | None = ..., footerText: str | None = ..., contextInfo: ContextInfo | None = ..., buttons: Iterable[ButtonsMessageButton] = ...) -> None: ...

class ButtonsMessageButton(Message):
    buttonText: ButtonsMessageButtonButtonText
    nativeFlowInfo: ButtonsMessageButtonNativeFlowInfo
    def __init__(self, *, buttonText: ButtonsMessageButtonButtonText | None = ..., nativeFlowInfo: ButtonsMessageButtonNativeFlowInfo | None = ...) -> None: ...

class ButtonsMessageButtonButtonText(Message):
    displayText: str | bytes
    def __init__(self, *, displayText: str | None = ...) -> None: ...

class ButtonsMessageButtonNativeFlowInfo(Message):
    paramsJSON: str | bytes
    def __init__(self, *, paramsJSON: str | None = ...) -> None: ...

class ButtonsResponseMessage(Message):
    selectedButtonID: str | bytes
    selectedDisplayText: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, selectedButtonID: str | None = ..., selectedDisplayText: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class ListMessage(Message):
    title: str | bytes
    description: str | bytes
    buttonText: str | bytes
    sections: Sequence[ListMessageSection]
    footerText: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, title: str | None = ..., description: str | None = ..., buttonText: str | None = ..., sections: Iterable[ListMessageSection] = ..., footerText: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class ListMessageSection(Message):
    title: str | bytes
    rows: Sequence[ListMessageRow]
    def __init__(self, *, title: str | None = ..., rows: Iterable[ListMessageRow] = ...) -> None: ...

class ListMessageRow(Message):
    title: str | bytes
    description: str | bytes
    def __init__(self, *, title: str | None = ..., description: str | None = ...) -> None: ...

class ListResponseMessage(Message):
    title: str | bytes
    singleSelectReply: ListResponseMessageSingleSelectReply
    contextInfo: ContextInfo
    description: str | bytes
    def __init__(self, *, title: str | None = ..., singleSelectReply: ListResponseMessageSingleSelectReply | None = ..., contextInfo: ContextInfo | None = ..., description: str | None = ...) -> None: ...

class ListResponseMessageSingleSelectReply(Message):
    selectedRowID: str | bytes
    def __init__(self, *, selectedRowID: str | None = ...) -> None: ...

class HighlyStructuredMessage(Message):
    hydratedHsm: bytes
    def __init__(self, *, hydratedHsm: bytes | None = ...) -> None: ...

class TemplateMessage(Message):
    hydratedFourRowTemplate: TemplateMessageHydratedFourRowTemplate
    contextInfo: ContextInfo
    hydratedTemplate: TemplateMessageHydratedFourRowTemplate
    interactiveMessageTemplate: bytes
    def __init__(self, *, hydratedFourRowTemplate: TemplateMessageHydratedFourRowTemplate | None = ..., contextInfo: ContextInfo | None = ..., hydratedTemplate: TemplateMessageHydratedFourRowTemplate | None = ..., interactiveMessageTemplate: bytes | None = ...) -> None: ...

class TemplateMessageHydratedFourRowTemplate(Message):
    documentMessage: DocumentMessage
    hydratedTitleText: str | bytes
    imageMessage: ImageMessage
    videoMessage: VideoMessage
    locationMessage: LocationMessage
    hydratedContentText: str | bytes
    hydratedFooterText: str | bytes
    hydratedButtons: Sequence[HydratedTemplateButton]
    def __init__(self, *, documentMessage: DocumentMessage | None = ..., hydratedTitleText: str | None = ..., imageMessage: ImageMessage | None = ..., videoMessage: VideoMessage | None = ..., locationMessage: LocationMessage | None = ..., hydratedContentText: str | None = ..., hydratedFooterText: str | None = ..., hydratedButtons: Iterable[HydratedTemplateButton] = ...) -> None: ...

class HydratedTemplateButton(Message):
    quickReplyButton: HydratedTemplateButtonHydratedQuickReplyButton
    urlButton: HydratedTemplateButtonHydratedURLButton
    callButton: HydratedTemplateButtonHydratedCallButton
    def __init__(self, *, quickReplyButton: HydratedTemplateButtonHydratedQuickReplyButton | None = ..., urlButton: HydratedTemplateButtonHydratedURLButton | None = ..., callButton: HydratedTemplateButtonHydratedCallButton | None = ...) -> None: ...

class HydratedTemplateButtonHydratedQuickReplyButton(Message):
    displayText: str | bytes
    def __init__(self, *, displayText: str | None = ...) -> None: ...

class HydratedTemplateButtonHydratedURLButton(Message):
    displayText: str | bytes
    URL: str | bytes
    consentedUsersURL: str | bytes
    def __init__(self, *, displayText: str | None = ..., URL: str | None = ..., consentedUsersURL: str | None = ...) -> None: ...

class HydratedTemplateButtonHydratedCallButton(Message):
    displayText: str | bytes
    phoneNumber: str | bytes
    def __init__(self, *, displayText: str | None = ..., phoneNumber: str | None = ...) -> None: ...

class TemplateButtonReplyMessage(Message):
    selectedID: str | bytes
    selectedDisplayText: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, selectedID: str | None = ..., selectedDisplayText: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class InteractiveMessage(Message):
    header: InteractiveMessageHeader
    body: InteractiveMessageBody
    footer: InteractiveMessageFooter
    nativeFlowMessage: InteractiveMessageNativeFlowMessage
    carouselMessage: InteractiveMessageCarouselMessage
    contextInfo: ContextInfo
    def __init__(self, *, header: InteractiveMessageHeader | None = ..., body: InteractiveMessageBody | None = ..., footer: InteractiveMessageFooter | None = ..., nativeFlowMessage: InteractiveMessageNativeFlowMessage | None = ..., carouselMessage: InteractiveMessageCarouselMessage | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class InteractiveMessageHeader(Message):
    title: str | bytes
    subtitle: str | bytes
    documentMessage: DocumentMessage
    imageMessage: ImageMessage
    videoMessage: VideoMessage
    locationMessage: LocationMessage
    productMessage: ProductMessage
    def __init__(self, *, title: str | None = ..., subtitle: str | None = ..., documentMessage: DocumentMessage | None = ..., imageMessage: ImageMessage | None = ..., videoMessage: VideoMessage | None = ..., locationMessage: LocationMessage | None = ..., productMessage: ProductMessage | None = ...) -> None: ...

class InteractiveMessageBody(Message):
    text: str | bytes
    def __init__(self, *, text: str | None = ...) -> None: ...

class InteractiveMessageFooter(Message):
    text: str | bytes
    def __init__(self, *, text: str | None = ...) -> None: ...

class InteractiveMessageNativeFlowMessage(Message):
    buttons: Sequence[InteractiveMessageNativeFlowMessageNativeFlowButton]
    def __init__(self, *, buttons: Iterable[InteractiveMessageNativeFlowMessageNativeFlowButton] = ...) -> None: ...

class InteractiveMessageNativeFlowMessageNativeFlowButton(Message):
    name: str | bytes
    buttonParamsJSON: str | bytes
    def __init__(self, *, name: str | None = ..., buttonParamsJSON: str | None = ...) -> None: ...

class InteractiveMessageCarouselMessage(Message):
    cards: Sequence[bytes]
    def __init__(self, *, cards: Iterable[bytes] = ...) -> None: ...

class InteractiveResponseMessage(Message):
    body: InteractiveResponseMessageBody
    nativeFlowResponseMessage: InteractiveResponseMessageNativeFlowResponseMessage
    contextInfo: ContextInfo
    def __init__(self, *, body: InteractiveResponseMessageBody | None = ..., nativeFlowResponseMessage: InteractiveResponseMessageNativeFlowResponseMessage | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class InteractiveResponseMessageBody(Message):
    text: str | bytes
    def __init__(self, *, text: str | None = ...) -> None: ...

class InteractiveResponseMessageNativeFlowResponseMessage(Message):
    paramsJSON: str | bytes
    def __init__(self, *, paramsJSON: str | None = ...) -> None: ...

class GroupInviteMessage(Message):
    inviteCode: str | bytes
    groupName: str | bytes
    caption: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, inviteCode: str | None = ..., groupName: str | None = ..., caption: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class NewsletterAdminInviteMessage(Message):
    newsletterName: str | bytes
    caption: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, newsletterName: str | None = ..., caption: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class NewsletterFollowerInviteMessage(Message):
    newsletterName: str | bytes
    caption: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, newsletterName: str | None = ..., caption: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class EventMessage(Message):
    contextInfo: ContextInfo
    name: str | bytes
    description: str | bytes
    location: LocationMessage
    joinLink: str | bytes
    def __init__(self, *, contextInfo: ContextInfo | None = ..., name: str | None = ..., description: str | None = ..., location: LocationMessage | None = ..., joinLink: str | None = ...) -> None: ...

class EventInviteMessage(Message):
    contextInfo: ContextInfo
    eventTitle: str | bytes
    caption: str | bytes
    callLink: str | bytes
    def __init__(self, *, contextInfo: ContextInfo | None = ..., eventTitle: str | None = ..., caption: str | None = ..., callLink: str | None = ...) -> None: ...

class ScheduledCallCreationMessage(Message):
    title: str | bytes
    def __init__(self, *, title: str | None = ...) -> None: ...

class BCallMessage(Message):
    caption: str | bytes
    def __init__(self, *, caption: str | None = ...) -> None: ...

class CommentMessage(Message):
    message: bytes
    def __init__(self, *, message: bytes | None = ...) -> None: ...

class QuestionResponseMessage(Message):
    text: str | bytes
    def __init__(self, *, text: str | None = ...) -> None: ...

class ProductMessage(Message):
    product: ProductMessageProductSnapshot
    catalog: ProductMessageCatalogSnapshot
    body: str | bytes
    footer: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, product: ProductMessageProductSnapshot | None = ..., catalog: ProductMessageCatalogSnapshot | None = ..., body: str | None = ..., footer: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class ProductMessageProductSnapshot(Message):
    title: str | bytes
    description: str | bytes
    URL: str | bytes
    def __init__(self, *, title: str | None = ..., description: str | None = ..., URL: str | None = ...) -> None: ...

class ProductMessageCatalogSnapshot(Message):
    title: str | bytes
    description: str | bytes
    def __init__(self, *, title: str | None = ..., description: str | None = ...) -> None: ...

class OrderMessage(Message):
    message: str | bytes
    orderTitle: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, message: str | None = ..., orderTitle: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class InvoiceMessage(Message):
    note: str | bytes
    def __init__(self, *, note: str | None = ...) -> None: ...

class RequestPaymentMessage(Message):
    noteMessage: bytes
    def __init__(self, *, noteMessage: bytes | None = ...) -> None: ...

class SendPaymentMessage(Message):
    noteMessage: bytes
    def __init__(self, *, noteMessage: bytes | None = ...) -> None: ...

class SplitPaymentMessage(Message):
    description: str | bytes
    contextInfo: ContextInfo
    def __init__(self, *, description: str | None = ..., contextInfo: ContextInfo | None = ...) -> None: ...

class SecretEncryptedMessage(Message):
    secretEncType: int
    def __init__(self, *, secretEncType: int | None = ...) -> None: ...

class WebMessageInfo(Message):
    key: MessageKey
    message: bytes
    messageTimestamp: int
    participant: str | bytes
    pushName: str | bytes
    def __init__(self, *, key: MessageKey | None = ..., message: bytes | None = ..., messageTimestamp: int | None = ..., participant: str | None = ..., pushName: str | None = ...) -> None: ...

class HistorySync(Message):
    syncType: int
    conversations: Sequence[bytes]
    progress: int
    pushnames: Sequence[Pushname]
    phoneNumberToLidMappings: Sequence[PhoneNumberToLIDMapping]
    def __init__(self, *, syncType: int | None = ..., conversations: Iterable[bytes] = ..., progress: int | None = ..., pushnames: Iterable[Pushname] = ..., phoneNumberToLidMappings: Iterable[PhoneNumberToLIDMapping] = ...) -> None: ...

class Conversation(Message):
    ID: str | bytes
    messages: Sequence[HistorySyncMsg]
    pnJID: str | bytes
    lidJID: str | bytes
    def __init__(self, *, ID: str | None = ..., messages: Iterable[HistorySyncMsg] = ..., pnJID: str | None = ..., lidJID: str | None = ...) -> None: ...

class HistorySyncMsg(Message):
    message: bytes
    def __init__(self, *, message: bytes | None = ...) -> None: ...

class Pushname(Message):
    ID: str | bytes
    pushname: str | bytes
    def __init__(self, *, ID: str | None = ..., pushname: str | None = ...) -> None: ...

class PhoneNumberToLIDMapping(Message):
    pnJID: str | bytes
    lidJID: str | bytes
    def __init__(self, *, pnJID: str | None = ..., lidJID: str | None = ...) -> None: ...

class Jid(Message):
    User: str | bytes
    RawAgent: int
    Device: int
    Integrator: int
    Server: str | bytes
    def __init__(self, *, User: str | None = ..., RawAgent: int | None = ..., Device: int | None = ..., Integrator: int | None = ..., Server: str | None = ...) -> None: ...

class JidArray(Message):
    JIDS: Sequence[Jid]
    def __init__(self, *, JIDS: Iterable[Jid] = ...) -> None: ...

class Device(Message):
    JID: Jid
    LID: Jid
    PushName: str | bytes
    def __init__(self, *, JID: Jid | None = ..., LID: Jid | None = ..., PushName: str | None = ...) -> None: ...

class QR(Message):
    Codes: Sequence[str | bytes]
    def __init__(self, *, Codes: Iterable[str] = ...) -> None: ...

class PairStatus(Message):
    ID: Jid
    Status: int
    def __init__(self, *, ID: Jid | None = ..., Status: int | None = ...) -> None: ...

class KeepAliveTimeout(Message):
    ErrorCount: int
    def __init__(self, *, ErrorCount: int | None = ...) -> None: ...

class LoggedOut(Message):
    OnConnect: bool
    Reason: int
    def __init__(self, *, OnConnect: bool | None = ..., Reason: int | None = ...) -> None: ...

class TemporaryBan(Message):
    Code: int
    Expire: int
    def __init__(self, *, Code: int | None = ..., Expire: int | None = ...) -> None: ...

class ConnectFailure(Message):
    Reason: int
    def __init__(self, *, Reason: int | None = ...) -> None: ...

class StreamError(Message):
    Code: str | bytes
    def __init__(self, *, Code: str | None = ...) -> None: ...

class HistoryPiece(Message):
    Data: bytes
    def __init__(self, *, Data: bytes | None = ...) -> None: ...

class OfflineSyncPreview(Message):
    Total: int
    def __init__(self, *, Total: int | None = ...) -> None: ...

class OfflineSyncCompleted(Message):
    Count: int
    def __init__(self, *, Count: int | None = ...) -> None: ...

class Incoming(Message):
    Info: MessageInfo
    Message: bytes
    IsEphemeral: bool
    IsViewOnce: bool
    IsEdit: bool
    def __init__(self, *, Info: MessageInfo | None = ..., Message: bytes | None = ..., IsEphemeral: bool | None = ..., IsViewOnce: bool | None = ..., IsEdit: bool | None = ...) -> None: ...

class MessageInfo(Message):
    MessageSource: _MessageSource
    ID: str | bytes
    Pushname: str | bytes
    Timestamp: int
    Category: str | bytes
    Edit: str | bytes
    def __init__(self, *, MessageSource: _MessageSource | None = ..., ID: str | None = ..., Pushname: str | None = ..., Timestamp: int | None = ..., Category: str | None = ..., Edit: str | None = ...) -> None: ...

class MessageSource(Message):
    Chat: Jid
    Sender: Jid
    IsFromMe: bool
    IsGroup: bool
    SenderAlt: Jid
    RecipientAlt: Jid
    def __init__(self, *, Chat: Jid | None = ..., Sender: Jid | None = ..., IsFromMe: bool | None = ..., IsGroup: bool | None = ..., SenderAlt: Jid | None = ..., RecipientAlt: Jid | None = ...) -> None: ...

class UndecryptableMessage(Message):
    Info: MessageInfo
    IsUnavailable: bool
    DecryptFailMode: int
    def __init__(self, *, Info: MessageInfo | None = ..., IsUnavailable: bool | None = ..., DecryptFailMode: int | None = ...) -> None: ...

class Receipt(Message):
    MessageSource: _MessageSource
    MessageIDs: Sequence[str | bytes]
    Timestamp: int
    Type: int
    def __init__(self, *, MessageSource: _MessageSource | None = ..., MessageIDs: Iterable[str] = ..., Timestamp: int | None = ..., Type: int | None = ...) -> None: ...

class JoinedGroup(Message):
    Reason: str | bytes
    CreateKey: str | bytes
    GroupInfo: _GroupInfo
    Sender: Jid
    SenderPN: Jid
    def __init__(self, *, Reason: str | None = ..., CreateKey: str | None = ..., GroupInfo: _GroupInfo | None = ..., Sender: Jid | None = ..., SenderPN: Jid | None = ...) -> None: ...

class GroupInfoEvent(Message):
    JID: Jid
    Sender: Jid
    Timestamp: int
    Name: GroupName
    Announce: GroupAnnounce
    Delete: GroupDelete
    PrevParticipantsVersionID: str | bytes
    ParticipantVersionID: str | bytes
    JoinReason: str | bytes
    Join: Sequence[Jid]
    Leave: Sequence[Jid]
    Promote: Sequence[Jid]
    Demote: Sequence[Jid]
    def __init__(self, *, JID: Jid | None = ..., Sender: Jid | None = ..., Timestamp: int | None = ..., Name: GroupName | None = ..., Announce: GroupAnnounce | None = ..., Delete: GroupDelete | None = ..., PrevParticipantsVersionID: str | None = ..., ParticipantVersionID: str | None = ..., JoinReason: str | None = ..., Join: Iterable[Jid] = ..., Leave: Iterable[Jid] = ..., Promote: Iterable[Jid] = ..., Demote: Iterable[Jid] = ...) -> None: ...

class GroupName(Message):
    Name: str | bytes
    def __init__(self, *, Name: str | None = ...) -> None: ...

class GroupAnnounce(Message):
    IsAnnounce: bool
    def __init__(self, *, IsAnnounce: bool | None = ...) -> None: ...

class GroupDelete(Message):
    Deleted: bool
    def __init__(self, *, Deleted: bool | None = ...) -> None: ...

class GroupInfo(Message):
    JID: Jid
    GroupName: _GroupName
    GroupAnnounce: _GroupAnnounce
    ParticipantVersionID: str | bytes
    Participants: Sequence[GroupParticipant]
    def __init__(self, *, JID: Jid | None = ..., GroupName: _GroupName | None = ..., GroupAnnounce: _GroupAnnounce | None = ..., ParticipantVersionID: str | None = ..., Participants: Iterable[GroupParticipant] = ...) -> None: ...

class GroupParticipant(Message):
    JID: Jid
    LID: Jid
    PhoneNumber: Jid
    IsAdmin: bool
    IsSuperAdmin: bool
    Error: int
    def __init__(self, *, JID: Jid | None = ..., LID: Jid | None = ..., PhoneNumber: Jid | None = ..., IsAdmin: bool | None = ..., IsSuperAdmin: bool | None = ..., Error: int | None = ...) -> None: ...

class BasicCallMeta(Message):
    callID: str | bytes
    def __init__(self, *, callID: str | None = ...) -> None: ...

class CallOffer(Message):
    basicCallMeta: BasicCallMeta
    def __init__(self, *, basicCallMeta: BasicCallMeta | None = ...) -> None: ...

class CallOfferNotice(Message):
    basicCallMeta: BasicCallMeta
    media: str | bytes
    def __init__(self, *, basicCallMeta: BasicCallMeta | None = ..., media: str | None = ...) -> None: ...

class PairPhoneParams(Message):
    phone: str | bytes
    showPushNotification: bool
    clientType: int
    clientDisplayName: str | bytes
    def __init__(self, *, phone: str | None = ..., showPushNotification: bool | None = ..., clientType: int | None = ..., clientDisplayName: str | None = ...) -> None: ...

class PairPhoneReturnFunction(Message):
    Code: str | bytes
    Error: str | bytes
    def __init__(self, *, Code: str | None = ..., Error: str | None = ...) -> None: ...

class SendMessageReturnFunction(Message):
    Error: str | bytes
    SendResponse: _SendResponse
    def __init__(self, *, Error: str | None = ..., SendResponse: _SendResponse | None = ...) -> None: ...

class SendResponse(Message):
    Timestamp: int
    ID: str | bytes
    def __init__(self, *, Timestamp: int | None = ..., ID: str | None = ...) -> None: ...

class UploadReturnFunction(Message):
    UploadResponse: _UploadResponse
    Error: str | bytes
    def __init__(self, *, UploadResponse: _UploadResponse | None = ..., Error: str | None = ...) -> None: ...

class UploadResponse(Message):
    url: str | bytes
    DirectPath: str | bytes
    MediaKey: bytes
    FileEncSHA256: bytes
    FileSHA256: bytes
    FileLength: int
    def __init__(self, *, url: str | None = ..., DirectPath: str | None = ..., MediaKey: bytes | None = ..., FileEncSHA256: bytes | None = ..., FileSHA256: bytes | None = ..., FileLength: int | None = ...) -> None: ...

class GetGroupInfoReturnFunction(Message):
    GroupInfo: _GroupInfo
    Error: str | bytes
    def __init__(self, *, GroupInfo: _GroupInfo | None = ..., Error: str | None = ...) -> None: ...

class UpdateGroupParticipantsReturnFunction(Message):
    Error: str | bytes
    participants: Sequence[GroupParticipant]
    def __init__(self, *, Error: str | None = ..., participants: Iterable[GroupParticipant] = ...) -> None: ...

class GetJIDFromStoreReturnFunction(Message):
    Error: str | bytes
    Jid: _Jid
    def __init__(self, *, Error: str | None = ..., Jid: _Jid | None = ...) -> None: ...


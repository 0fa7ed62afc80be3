"""Which messages and fields of neonize's protobufs the linked transport uses: read by `build_linked_wire.py`."""

from __future__ import annotations

MEDIA = "URL directPath mediaKey fileSHA256 fileEncSHA256 fileLength mimetype contextInfo"

USED = {
    "WACommon.MessageKey": "remoteJID fromMe ID participant",
    # What a message holds
    "WAWebProtobufsE2E.Message": """
        conversation imageMessage contactMessage locationMessage extendedTextMessage documentMessage audioMessage
        videoMessage protocolMessage contactsArrayMessage highlyStructuredMessage sendPaymentMessage
        liveLocationMessage requestPaymentMessage templateMessage stickerMessage groupInviteMessage
        templateButtonReplyMessage productMessage deviceSentMessage listMessage viewOnceMessage orderMessage
        listResponseMessage ephemeralMessage invoiceMessage buttonsMessage buttonsResponseMessage interactiveMessage
        reactionMessage interactiveResponseMessage pollCreationMessage documentWithCaptionMessage viewOnceMessageV2
        editedMessage viewOnceMessageV2Extension pollCreationMessageV2 scheduledCallCreationMessage
        groupMentionedMessage pollCreationMessageV3 ptvMessage botInvokeMessage bcallMessage lottieStickerMessage
        eventMessage commentMessage newsletterAdminInviteMessage secretEncryptedMessage stickerPackMessage
        eventCoverImage pollResultSnapshotMessage pollCreationOptionImageMessage associatedChildMessage
        pollCreationMessageV4 groupStatusMessage questionMessage groupStatusMessageV2 botForwardedMessage
        questionReplyMessage questionResponseMessage pollCreationMessageV5 newsletterFollowerInviteMessageV2
        pollResultSnapshotMessageV3 spoilerMessage pollCreationMessageV6 pollAddOptionMessage eventInviteMessage
        splitPaymentMessage audioStickerMessage
        senderKeyDistributionMessage pollUpdateMessage keepInChatMessage encReactionMessage pinInChatMessage
        encCommentMessage encEventResponseMessage callLogMesssage messageContextInfo
    """,
    "WAWebProtobufsE2E.FutureProofMessage": "message",
    "WAWebProtobufsE2E.DeviceSentMessage": "message",
    "WAWebProtobufsE2E.ProtocolMessage": "key type editedMessage timestampMS",
    "WAWebProtobufsE2E.ReactionMessage": "key text senderTimestampMS",
    "WAWebProtobufsE2E.ExtendedTextMessage": "text matchedText description title contextInfo viewOnce",
    "WAWebProtobufsE2E.ContextInfo": """
        stanzaID participant quotedMessage remoteJID mentionedJID forwardingScore isForwarded expiration
        externalAdReply actionLink forwardedNewsletterMessageInfo
    """,
    "WAWebProtobufsE2E.ContextInfo.ExternalAdReplyInfo": "title body mediaURL sourceURL",
    "WAWebProtobufsE2E.ContextInfo.ForwardedNewsletterMessageInfo": "newsletterJID",
    "WAWebProtobufsE2E.ActionLink": "URL buttonTitle",
    "WAWebProtobufsE2E.ImageMessage": MEDIA + " caption viewOnce qrURL interactiveAnnotations annotations",
    "WAWebProtobufsE2E.VideoMessage": MEDIA + " caption viewOnce interactiveAnnotations annotations",
    "WAWebProtobufsE2E.InteractiveAnnotation": "tapAction",
    "WAWebProtobufsE2E.TapLinkAction": "title tapURL",
    "WAWebProtobufsE2E.AudioMessage": MEDIA + " viewOnce",
    "WAWebProtobufsE2E.DocumentMessage": MEDIA + " caption title fileName",
    "WAWebProtobufsE2E.StickerMessage": MEDIA,
    "WAWebProtobufsE2E.StickerPackMessage": "name publisher caption packDescription contextInfo",
    "WAWebProtobufsE2E.ContactMessage": "displayName vcard contextInfo",
    "WAWebProtobufsE2E.ContactsArrayMessage": "displayName contacts contextInfo",
    "WAWebProtobufsE2E.LocationMessage": "degreesLatitude degreesLongitude name address URL comment contextInfo",
    "WAWebProtobufsE2E.LiveLocationMessage": "degreesLatitude degreesLongitude caption contextInfo",
    "WAWebProtobufsE2E.PollCreationMessage": "name options contextInfo",
    "WAWebProtobufsE2E.PollCreationMessage.Option": "optionName",
    "WAWebProtobufsE2E.PollAddOptionMessage": "addOption",
    "WAWebProtobufsE2E.PollResultSnapshotMessage": "name pollVotes contextInfo",
    "WAWebProtobufsE2E.PollResultSnapshotMessage.PollVote": "optionName",
    "WAWebProtobufsE2E.ButtonsMessage": """
        text documentMessage imageMessage videoMessage locationMessage contentText footerText contextInfo buttons
    """,
    "WAWebProtobufsE2E.ButtonsMessage.Button": "buttonText nativeFlowInfo",
    "WAWebProtobufsE2E.ButtonsMessage.Button.ButtonText": "displayText",
    "WAWebProtobufsE2E.ButtonsMessage.Button.NativeFlowInfo": "paramsJSON",
    "WAWebProtobufsE2E.ButtonsResponseMessage": "selectedDisplayText selectedButtonID contextInfo",
    "WAWebProtobufsE2E.ListMessage": "title description buttonText sections footerText contextInfo",
    "WAWebProtobufsE2E.ListMessage.Section": "title rows",
    "WAWebProtobufsE2E.ListMessage.Row": "title description",
    "WAWebProtobufsE2E.ListResponseMessage": "title singleSelectReply contextInfo description",
    "WAWebProtobufsE2E.ListResponseMessage.SingleSelectReply": "selectedRowID",
    "WAWebProtobufsE2E.HighlyStructuredMessage": "hydratedHsm",
    "WAWebProtobufsE2E.TemplateMessage": """
        hydratedFourRowTemplate interactiveMessageTemplate contextInfo hydratedTemplate
    """,
    "WAWebProtobufsE2E.TemplateMessage.HydratedFourRowTemplate": """
        documentMessage hydratedTitleText imageMessage videoMessage locationMessage hydratedContentText
        hydratedFooterText hydratedButtons
    """,
    "WAWebProtobufsE2E.HydratedTemplateButton": "quickReplyButton urlButton callButton",
    "WAWebProtobufsE2E.HydratedTemplateButton.HydratedQuickReplyButton": "displayText",
    "WAWebProtobufsE2E.HydratedTemplateButton.HydratedURLButton": "displayText URL consentedUsersURL",
    "WAWebProtobufsE2E.HydratedTemplateButton.HydratedCallButton": "displayText phoneNumber",
    "WAWebProtobufsE2E.TemplateButtonReplyMessage": "selectedID selectedDisplayText contextInfo",
    "WAWebProtobufsE2E.InteractiveMessage": "header body footer nativeFlowMessage carouselMessage contextInfo",
    "WAWebProtobufsE2E.InteractiveMessage.Header": """
        title subtitle documentMessage imageMessage videoMessage locationMessage productMessage
    """,
    "WAWebProtobufsE2E.InteractiveMessage.Body": "text",
    "WAWebProtobufsE2E.InteractiveMessage.Footer": "text",
    "WAWebProtobufsE2E.InteractiveMessage.NativeFlowMessage": "buttons",
    "WAWebProtobufsE2E.InteractiveMessage.NativeFlowMessage.NativeFlowButton": "name buttonParamsJSON",
    "WAWebProtobufsE2E.InteractiveMessage.CarouselMessage": "cards",
    "WAWebProtobufsE2E.InteractiveResponseMessage": "body nativeFlowResponseMessage contextInfo",
    "WAWebProtobufsE2E.InteractiveResponseMessage.Body": "text",
    "WAWebProtobufsE2E.InteractiveResponseMessage.NativeFlowResponseMessage": "paramsJSON",
    "WAWebProtobufsE2E.GroupInviteMessage": "inviteCode groupName caption contextInfo",
    "WAWebProtobufsE2E.NewsletterAdminInviteMessage": "newsletterName caption contextInfo",
    "WAWebProtobufsE2E.NewsletterFollowerInviteMessage": "newsletterName caption contextInfo",
    "WAWebProtobufsE2E.EventMessage": "name description location joinLink contextInfo",
    "WAWebProtobufsE2E.EventInviteMessage": "eventTitle caption callLink contextInfo",
    "WAWebProtobufsE2E.ScheduledCallCreationMessage": "title",
    "WAWebProtobufsE2E.BCallMessage": "caption",
    "WAWebProtobufsE2E.CommentMessage": "message",
    "WAWebProtobufsE2E.QuestionResponseMessage": "text",
    "WAWebProtobufsE2E.ProductMessage": "product catalog body footer contextInfo",
    "WAWebProtobufsE2E.ProductMessage.ProductSnapshot": "title description URL",
    "WAWebProtobufsE2E.ProductMessage.CatalogSnapshot": "title description",
    "WAWebProtobufsE2E.OrderMessage": "message orderTitle contextInfo",
    "WAWebProtobufsE2E.InvoiceMessage": "note",
    "WAWebProtobufsE2E.RequestPaymentMessage": "noteMessage",
    "WAWebProtobufsE2E.SendPaymentMessage": "noteMessage",
    "WAWebProtobufsE2E.SplitPaymentMessage": "description contextInfo",
    "WAWebProtobufsE2E.SecretEncryptedMessage": "secretEncType",
    # What the phone sends of the past
    "WAWebProtobufsWeb.WebMessageInfo": "key message messageTimestamp participant pushName",
    "WAWebProtobufsHistorySync.HistorySync": "syncType conversations progress pushnames phoneNumberToLidMappings",
    "WAWebProtobufsHistorySync.Conversation": "ID messages pnJID lidJID",
    "WAWebProtobufsHistorySync.HistorySyncMsg": "message",
    "WAWebProtobufsHistorySync.Pushname": "ID pushname",
    "WAWebProtobufsHistorySync.PhoneNumberToLIDMapping": "pnJID lidJID",
    # The library's callbacks
    "neonize.JID": "User RawAgent Device Integrator Server",
    "neonize.JIDArray": "JIDS",
    "neonize.Device": "JID LID PushName",
    "neonize.QR": "Codes",
    "neonize.PairStatus": "ID Status",
    "neonize.KeepAliveTimeout": "ErrorCount",
    "neonize.LoggedOut": "OnConnect Reason",
    "neonize.TemporaryBan": "Code Expire",
    "neonize.ConnectFailure": "Reason",
    "neonize.StreamError": "Code",
    "neonize.HistorySync": "Data",
    "neonize.OfflineSyncPreview": "Total",
    "neonize.OfflineSyncCompleted": "Count",
    "neonize.Message": "Info Message IsEphemeral IsViewOnce IsEdit",
    "neonize.MessageInfo": "MessageSource ID Pushname Timestamp Category Edit",
    "neonize.MessageSource": "Chat Sender IsFromMe IsGroup SenderAlt RecipientAlt",
    "neonize.UndecryptableMessage": "Info IsUnavailable DecryptFailMode",
    "neonize.Receipt": "MessageSource MessageIDs Timestamp Type",
    "neonize.JoinedGroup": "Reason CreateKey GroupInfo Sender SenderPN",
    "neonize.GroupInfoEvent": """
        JID Sender Timestamp Name Announce Delete PrevParticipantsVersionID ParticipantVersionID JoinReason Join Leave
        Promote Demote
    """,
    "neonize.GroupName": "Name",
    "neonize.GroupAnnounce": "IsAnnounce",
    "neonize.GroupDelete": "Deleted",
    "neonize.GroupInfo": "JID GroupName GroupAnnounce Participants ParticipantVersionID",
    "neonize.GroupParticipant": "JID LID PhoneNumber IsAdmin IsSuperAdmin Error",
    "neonize.BasicCallMeta": "callID",
    "neonize.CallOffer": "basicCallMeta",
    "neonize.CallOfferNotice": "basicCallMeta media",
    # What its functions take and return
    "neonize.PairPhoneParams": "phone showPushNotification clientType clientDisplayName",
    "neonize.PairPhoneReturnFunction": "Code Error",
    "neonize.SendMessageReturnFunction": "Error SendResponse",
    "neonize.SendResponse": "Timestamp ID",
    "neonize.UploadReturnFunction": "UploadResponse Error",
    "neonize.UploadResponse": "url DirectPath MediaKey FileEncSHA256 FileSHA256 FileLength",
    "neonize.GetGroupInfoReturnFunction": "GroupInfo Error",
    "neonize.UpdateGroupParticipantsReturnFunction": "Error participants",
    "neonize.GetJIDFromStoreReturnFunction": "Error Jid",
}

OPAQUE = {
    "WAWebProtobufsE2E.FutureProofMessage.message",
    "WAWebProtobufsE2E.DeviceSentMessage.message",
    "WAWebProtobufsE2E.CommentMessage.message",
    "WAWebProtobufsE2E.ProtocolMessage.editedMessage",
    "WAWebProtobufsE2E.RequestPaymentMessage.noteMessage",
    "WAWebProtobufsE2E.SendPaymentMessage.noteMessage",
    "WAWebProtobufsE2E.ContextInfo.quotedMessage",
    "WAWebProtobufsE2E.InteractiveMessage.CarouselMessage.cards",
    "WAWebProtobufsE2E.TemplateMessage.interactiveMessageTemplate",
    "WAWebProtobufsE2E.HighlyStructuredMessage.hydratedHsm",
    "WAWebProtobufsHistorySync.HistorySync.conversations",
    "WAWebProtobufsHistorySync.HistorySyncMsg.message",
    "WAWebProtobufsWeb.WebMessageInfo.message",
    "neonize.HistorySync.Data",
    "neonize.Message.Message",
} | {
    f"WAWebProtobufsE2E.Message.{name}"
    for name in (
        "senderKeyDistributionMessage", "pollUpdateMessage", "keepInChatMessage", "encReactionMessage",
        "pinInChatMessage", "encCommentMessage", "encEventResponseMessage", "callLogMesssage", "messageContextInfo",
    )
}  # fmt: skip
"""Messages that are kept as the bytes they are on the wire: opened one at a time where they are needed, so that no
sender's nesting is deeper than we look; or never, where it only matters that they are there."""

NAMES = {
    "WAWebProtobufsE2E.Message": "Body",
    "WAWebProtobufsHistorySync.HistorySync.HistorySyncType": "HistoryKind",
    "neonize.HistorySync": "HistoryPiece",
    "neonize.JID": "Jid",
    "neonize.JIDArray": "JidArray",
    "neonize.Message": "Incoming",
    "neonize.PairStatus.PStatus": "PairResult",
    "neonize.Receipt.ReceiptType": "ReceiptType",
    "neonize.TemporaryBan.TempBanReason": "BanReason",
    "neonize.UndecryptableMessage.DecryptFailModeT": "FailMode",
}
"""Python names where the protobuf's own says little or is taken."""

"""What the outbox asks of its table."""

from __future__ import annotations

ADD = """
    INSERT INTO outbox (reference, account, chat, kind, state, on_unknown, urgency, attempts, resends, cause,
                        created_at, subject, replaces, receipt, body)
         VALUES (:reference, :account, :chat, :kind, 'queued', :on_unknown, :urgency, 0, 0, :cause, :now, :subject,
                 :replaces, :receipt, :body)
    ON CONFLICT (reference) DO NOTHING"""

LEFT_OUT = """
    INSERT INTO outbox (reference, account, chat, kind, state, on_unknown, urgency, attempts, resends, cause,
                        created_at, settled_at, error)
         VALUES (:reference, :account, :chat, :kind, 'failed', :on_unknown, :urgency, 0, 0, :cause, :now, :now,
                 'impossible')
    ON CONFLICT (reference) DO NOTHING"""

# References are their base, a hyphen and a number: what one outcome says about a subject belongs together.
REPLACE = """
    UPDATE outbox SET state = 'replaced', settled_at = :now, body = NULL
     WHERE chat = :chat AND subject = :subject AND kind = :kind AND state = 'queued'
       AND rtrim(reference, '0123456789') <> :base"""

# What was being sent when a newer one was queued, and came back.
OVERTAKEN = """
    UPDATE outbox SET state = 'replaced', settled_at = :now, body = NULL
     WHERE state = 'queued' AND subject IS NOT NULL
       AND EXISTS (SELECT 1 FROM outbox AS newer
                    WHERE newer.chat = outbox.chat AND newer.subject = outbox.subject AND newer.kind = outbox.kind
                      AND newer.replaces = 1 AND newer.id > outbox.id
                      AND rtrim(newer.reference, '0123456789') <> rtrim(outbox.reference, '0123456789'))"""

EARLIER = """
    SELECT reference, sent_id, editable_until FROM outbox
     WHERE chat = :chat AND subject = :subject AND kind IN (:kind, :edit) AND state IN ('sent', 'unknown')
     ORDER BY id DESC LIMIT 1"""

UNEDITABLE = "UPDATE outbox SET sent_id = NULL, editable_until = NULL WHERE reference = :reference"

NEXT = """
    UPDATE outbox SET state = 'sending', attempts = attempts + 1
     WHERE id = (SELECT id FROM outbox WHERE chat = :chat AND state = 'queued' ORDER BY urgency, id LIMIT 1)
       AND state = 'queued'
 RETURNING id, reference, account, chat, on_unknown, urgency, attempts, resends, created_at, subject, receipt,
           (SELECT other.urgency FROM outbox AS other
             WHERE other.chat = :chat AND other.state = 'queued' AND other.id <> outbox.id
             ORDER BY other.urgency, other.id LIMIT 1),
           body"""

UNTAKE = "UPDATE outbox SET state = 'queued' WHERE chat = :chat AND state = 'sending'"

SETTLE = """
    UPDATE outbox SET state = :state, settled_at = :now, kind = coalesce(:kind, kind), message = :message,
                      sent_id = :sent_id, editable_until = :until, error = :error, body = NULL
     WHERE id = :id AND state = 'sending'"""

BACK = "UPDATE outbox SET state = 'queued', resends = :resends, error = :error WHERE id = :id AND state = 'sending'"

# It only moves forward: sent, then delivered or failed, then read.
DELIVERY = """
    UPDATE outbox SET delivery = :status
     WHERE message = :message AND (delivery IS NULL OR delivery = 'sent' OR :status = 'read')"""

# The network knows what became of a send whose answer was lost or has not come yet; a repetition that waits is not
# needed any more. A failure of one whose answer is awaited is left to that answer.
FOUND = """
    UPDATE outbox SET state = :state, settled_at = :now, message = :message, error = :error, body = NULL
     WHERE reference = :reference
       AND (state = 'unknown' OR (state = 'queued' AND resends > 0) OR (state = 'sending' AND :state = 'sent'))"""

UNSETTLED = """
    SELECT receipt FROM outbox
     WHERE reference = :reference
       AND (state = 'unknown' OR (state = 'queued' AND resends > 0) OR (state = 'sending' AND :state = 'sent'))"""

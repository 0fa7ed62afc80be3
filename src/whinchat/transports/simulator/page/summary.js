// What a message is about, in one line: for lists, quotes and announcements.
import { el, icon, isolated } from "./dom.js";

const MEDIA = {
  image: ["picture", "Photo"],
  video: ["video", "Video"],
  audio: ["sound", "Audio"],
  document: ["document", "Document"],
  sticker: ["sticker", "Sticker"],
};
const LONGEST = 200;

/** `[icon or null, text]` of a content. */
export function gist(content) {
  const found = kindOf(content);
  const [name, word] = found ?? [null, ""];
  const text = plain(content.text) || plain(content.header);
  return [name, text || word || plain(content.footer) || "Message"];
}

function kindOf({ media, poll, contacts = [], location, invite, buttons = [], rows = [], ad, view_once: once }) {
  if (once) return ["once", "View once"];
  if (media?.kind === "document" && media.file_name) return ["document", plain(media.file_name)];
  if (media) return MEDIA[media.kind];
  if (poll) return ["poll", plain(poll.question) || "Poll"];
  if (contacts.length > 0) return ["contact", plain(contacts[0].name) || "Contact"];
  if (location) return ["pin", plain(location.name) || "Location"];
  if (invite) return ["invite", plain(invite.group_name) || "Invitation"];
  if (buttons.length > 0) return ["buttons", "Buttons"];
  if (rows.length > 0) return ["list", "List"];
  return ad ? ["megaphone", plain(ad.title) || "Advertisement"] : null;
}

/** Without marks and line breaks, and not too long. */
function plain(text = "") {
  return text
    .slice(0, LONGEST)
    .replace(/```|[*_~`](?=\S)|(?<=\S)[*_~`]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

export function gistLine(content) {
  const [name, text] = gist(content);
  return el("span", { class: "gist" }, name && icon(name), isolated(text));
}

const GONE_OWN = "You took this message back";
const GONE_OTHER = "This message was taken back";
const GONE_ADMIN = "This message was deleted by an admin";

export function gone(message, viewer) {
  if (message.revoked_by !== message.sender) return GONE_ADMIN;
  return message.sender === viewer ? GONE_OWN : GONE_OTHER;
}

/** The sentence of a notice as `viewer` reads it. */
export function noticeText({ sender, notice }, world, viewer) {
  const name = (id) => (id === viewer ? "You" : world.person(id).name);
  const object = (id) => (id === viewer ? "you" : world.person(id).name);
  const who = name(sender);
  const others = (notice.people ?? []).map(object).join(", ");
  const sentences = {
    created: () => `${who} created the group “${notice.text ?? ""}”`,
    join: () => `${(notice.people ?? [sender]).map(name).join(", ")} joined`,
    leave: () => `${(notice.people ?? [sender]).map(name).join(", ")} left`,
    add: () => `${who} added ${others}`,
    remove: () => `${who} removed ${others}`,
    promote: () => `${who} made ${others} an admin`,
    demote: () => `${who} took the admin role from ${others}`,
    subject: () => `${who} changed the group’s name to “${notice.text ?? ""}”`,
    announce: () =>
      notice.text === "on" ? `${who}: only admins may write from now on` : `${who}: everybody may write again`,
  };
  return sentences[notice.what]?.() ?? notice.what;
}

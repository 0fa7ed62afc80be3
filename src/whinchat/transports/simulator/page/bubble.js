// One row of a conversation: a bubble with all that belongs to it, or a line in the middle.
import { tinted } from "./avatar.js";
import { choices, partsAbove } from "./content.js";
import { el, icon, iconButton, isolated } from "./dom.js";
import { gist, gistLine, gone, noticeText } from "./summary.js";
import { folded, formatted, isEmojiOnly } from "./text.js";
import { dayName, exactTime, timeOfDay } from "./times.js";
import { keyOf } from "./world.js";

/**
 * `view`: `{world, person, chat, unfolded, act}`; `act` has what a row can ask for: `menu`, `toQuoted`, `reactions`, `unfold`,
 * `choose`, `show`. `shape`: `{day, first, unread}`.
 */
export function row(view, message, shape) {
  const node = el("div", { class: "row" });
  if (shape.day) node.append(el("div", { class: "day" }, el("span", {}, dayName(message.time))));
  if (shape.unread > 0) {
    const words = shape.unread === 1 ? "1 unread message" : `${shape.unread > 99 ? "99+" : shape.unread} unread messages`;
    node.append(el("div", { class: "unread-line", role: "separator" }, el("span", {}, words)));
  }
  if (message.notice) {
    node.append(el("div", { class: "notice" }, el("span", { dir: "auto" }, noticeText(message, view.world, view.person))));
    return node;
  }
  const mine = message.sender === view.person;
  node.classList.add(mine ? "mine" : "theirs");
  if (shape.first) node.classList.add("first");
  const inGroup = view.chat.kind === "group" && !mine;
  const sender = view.world.person(message.sender);
  node.append(bubble(view, message, { sender, named: inGroup && shape.first }));
  const marks = reactionPill(view, message);
  if (marks) node.append(marks);
  return node;
}

function bubble(view, message, { sender, named }) {
  const { content } = message;
  const taken = Boolean(message.revoked_by);
  const mine = message.sender === view.person;
  const node = el("article", {
    class: "bubble",
    tabIndex: -1,
    "aria-label": `${mine ? "You" : sender.name}, ${timeOfDay(message.time)}: ${taken ? gone(message, view.person) : gist(content)[1]}`,
  });
  if (named) node.append(tinted(el("div", { class: "sender" }, isolated(sender.name), sender.bot && el("span", { class: "tag" }, "bot")), sender.colour));
  if (taken) {
    node.append(el("p", { class: "gone" }, icon("blocked"), gone(message, view.person), meta(view, message)));
    return node;
  }
  if (message.forwarded) node.append(el("p", { class: "forwarded" }, icon("forward"), "Forwarded"));
  if (message.quoted) node.append(quote(view, message.quoted));
  const above = partsAbove(content, view.act.show);
  const lines = [...body(view, message), content.footer && el("p", { class: "footer", dir: "auto" }, content.footer)].filter(Boolean);
  node.append(...above, ...timed(lines, meta(view, message)), ...choices(content, (title) => view.act.choose(message, title)));
  if (!content.text && above.length === 1 && above[0].classList.contains("picture")) node.classList.add("bare");
  if (content.media?.kind === "sticker" && !content.text) node.classList.add("clear");
  if (above.length > 0 || content.buttons || content.rows) node.classList.add("with-parts");
  node.append(iconButton("down", "Message menu", (event) => view.act.menu(message, event.currentTarget), "open-menu"));
  return node;
}

/** The text, folded when it is long. */
function body(view, message) {
  const { text = "" } = message.content;
  if (!text) return [];
  if (isEmojiOnly(text)) return [el("div", { class: "large-emoji" }, text)];
  const key = keyOf(message);
  const beginning = view.unfolded.has(key) ? null : folded(text);
  const blocks = formatted(beginning ?? text, (message.mentions ?? []).map((id) => view.world.person(id)));
  if (beginning === null) return blocks;
  const more = el("button", { type: "button", class: "read-more", on: { click: () => view.act.unfold(key) } }, "Read more");
  return [...blocks, el("div", { class: "text talk" }, more)];
}

/** With the time at the end: it floats, so that it fits beside a short last line. */
function timed(lines, time) {
  const last = lines[lines.length - 1];
  if (!last?.matches(".talk, .item, .footer")) return [...lines, time];
  last.append(time);
  return lines;
}

function meta(view, message) {
  const node = el("span", { class: "meta", title: exactTime(message.time) });
  const { content } = message;
  if (content.view_once && !content.media) node.append(icon("once"));
  if (content.disappearing) node.append(el("span", { title: "Disappearing message" }, icon("timer")));
  if (message.edits && !message.revoked_by) node.append("edited ");
  node.append(el("time", {}, timeOfDay(message.time)));
  if (message.sender === view.person && !message.revoked_by) node.append(tick(message.status));
  return node;
}

export function tick(status) {
  return el("span", { class: `tick ${status}`, role: "img", "aria-label": status }, icon(status === "sent" ? "sent" : "delivered"));
}

function quote(view, quoted) {
  const sender = view.world.person(quoted.sender);
  const name = quoted.sender === view.person ? "You" : sender.name;
  const original = view.world.thread(view.chat.id).find(quoted.sender, quoted.id);
  const line = original?.revoked_by ? el("span", { class: "gist" }, gone(original, view.person)) : gistLine(quoted.content ?? {});
  return tinted(
    el(
      "button",
      { type: "button", class: "quote", "aria-label": `Go to the message of ${name}`, on: { click: () => view.act.toQuoted(quoted) } },
      el("span", { class: "quote-name" }, isolated(name)),
      line,
    ),
    sender.colour,
  );
}

function reactionPill(view, message) {
  const given = Object.values(message.reactions ?? {});
  if (given.length === 0) return null;
  const counts = new Map();
  for (const emoji of given) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  const kinds = [...counts].sort((one, other) => other[1] - one[1]);
  return el(
    "button",
    {
      type: "button",
      class: "reactions",
      "aria-label": `Reactions: ${kinds.map(([emoji, count]) => `${emoji} ${count}`).join(", ")}`,
      on: { click: (event) => view.act.reactions(message, event.currentTarget) },
    },
    kinds.slice(0, 4).map(([emoji]) => el("span", {}, emoji)),
    given.length > 1 && el("span", { class: "count" }, String(given.length)),
  );
}

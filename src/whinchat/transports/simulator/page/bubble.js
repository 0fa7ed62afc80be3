// One row of a conversation: a bubble with all that belongs to it, or a line in the middle.
import { tinted } from "./avatar.js";
import { choices, partsAbove } from "./content.js";
import { el, icon, iconButton, isolated } from "./dom.js";
import { gist, gistLine, gone, noticeText } from "./summary.js";
import { folded, formatted, isEmojiOnly } from "./text.js";
import { dayName, exactTime, timeOfDay } from "./times.js";
import { keyOf } from "./world.js";

/**
 * `view`: `{world, person, chat, unfolded, act}`; `act` has what a row can ask for: `menu`, `toQuoted`, `reactions`,
 * `unfold`, `choose`, `show`. `shape`: `{day, first, unread}`.
 */
export function row(view, message, shape) {
  const node = el("div", { class: "row" });
  if (shape.day) node.append(el("div", { class: "day" }, el("span", {}, dayName(message.time))));
  if (shape.unread > 0) node.append(unreadLine(shape.unread));
  if (message.notice) {
    const words = noticeText(message, view.world, view.person);
    node.append(el("div", { class: "notice" }, el("span", { dir: "auto" }, words)));
    return node;
  }
  const mine = message.sender === view.person;
  node.classList.add(mine ? "mine" : "theirs");
  node.classList.toggle("first", shape.first);
  node.append(bubble(view, message, shape.first && !mine && view.chat.kind === "group"));
  const marks = reactionPill(view, message);
  if (marks) node.append(marks);
  return node;
}

function unreadLine(count) {
  const words = count === 1 ? "1 unread message" : `${count > 99 ? "99+" : count} unread messages`;
  return el("div", { class: "unread-line", role: "separator" }, el("span", {}, words));
}

function bubble(view, message, named) {
  const taken = Boolean(message.revoked_by);
  const sender = view.world.person(message.sender);
  const name = message.sender === view.person ? "You" : sender.name;
  const words = taken ? gone(message, view.person) : gist(message.content)[1];
  const label = `${name}, ${timeOfDay(message.time)}: ${words}`;
  const node = el("article", { class: "bubble", tabIndex: -1, "aria-label": label });
  if (named) node.append(nameLine(sender));
  if (taken) node.append(el("p", { class: "gone" }, icon("blocked"), words, meta(view, message)));
  else fill(node, view, message);
  return node;
}

function nameLine(sender) {
  const tag = sender.bot && el("span", { class: "tag" }, "bot");
  return tinted(el("div", { class: "sender" }, isolated(sender.name), tag), sender.colour);
}

function fill(node, view, message) {
  const { content } = message;
  const above = partsAbove(content, view.act.show);
  const footer = content.footer && el("p", { class: "footer", dir: "auto" }, content.footer);
  const lines = footer ? [...body(view, message), footer] : body(view, message);
  if (message.forwarded) node.append(el("p", { class: "forwarded" }, icon("forward"), "Forwarded"));
  if (message.quoted) node.append(quote(view, message.quoted));
  node.append(...above, ...timed(lines, meta(view, message)));
  node.append(...choices(content, (title) => view.act.choose(message, title)));
  node.append(iconButton("down", "Message menu", (event) => view.act.menu(message, event.currentTarget), "open-menu"));
  const alone = lines.length === 0 && above.length === 1;
  node.classList.toggle("bare", alone && above[0].classList.contains("picture"));
  node.classList.toggle("clear", alone && above[0].classList.contains("sticker"));
  node.classList.toggle("with-parts", above.length > 0 || Boolean(content.buttons ?? content.rows));
}

/** The text, folded when it is long. */
function body(view, message) {
  const { text = "" } = message.content;
  if (!text) return [];
  if (isEmojiOnly(text)) return [el("div", { class: "large-emoji" }, text)];
  const key = keyOf(message);
  const beginning = view.unfolded.has(key) ? null : folded(text);
  const blocks = formatted(
    beginning ?? text,
    (message.mentions ?? []).map((id) => view.world.person(id)),
  );
  if (beginning === null) return blocks;
  const more = el(
    "button",
    { type: "button", class: "read-more", on: { click: () => view.act.unfold(key) } },
    "Read more",
  );
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
  return el(
    "span",
    { class: `tick ${status}`, role: "img", "aria-label": status },
    icon(status === "sent" ? "sent" : "delivered"),
  );
}

function quote(view, quoted) {
  const sender = view.world.person(quoted.sender);
  const name = quoted.sender === view.person ? "You" : sender.name;
  const original = view.world.thread(view.chat.id).find(quoted.sender, quoted.id);
  const line = original?.revoked_by
    ? el("span", { class: "gist" }, gone(original, view.person))
    : gistLine(quoted.content ?? {});
  return tinted(
    el(
      "button",
      {
        type: "button",
        class: "quote",
        "aria-label": `Go to the message of ${name}`,
        on: { click: () => view.act.toQuoted(quoted) },
      },
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

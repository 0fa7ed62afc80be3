// What can be done with a message: the menu of a bubble.
import { personAvatar } from "./avatar.js";
import { el, isolated } from "./dom.js";
import { emojiGrid, quickRow } from "./emoji.js";
import { confirmed, dialog, menu, note } from "./overlays.js";

/** Opens the menu of `message` in a column. */
export function messageMenu(column, message, anchor) {
  const { app, person, chat } = column;
  const { world } = app;
  const member = world.isMember(chat, person);
  const there = !message.revoked_by;
  const mine = message.sender === person;
  const text = message.content.text ?? "";
  const react = (emoji) =>
    app.do("react", { chat: chat.id, by: person, sender: message.sender, id: message.id, emoji });
  const more = () => menu(anchor, [emojiGrid(react, "closes")], { label: "React", className: "emoji-menu" });
  const items = [
    member && there && { icon: "reply", label: "Reply", act: () => column.composer.replyTo(message) },
    there && { icon: "forward", label: "Forward", act: () => forward(app, person, message) },
    text && { icon: "copy", label: "Copy text", act: () => copy(text) },
    member && there && mine && { icon: "edit", label: "Edit", act: () => column.composer.edit(message) },
    member &&
      there &&
      mine && {
        icon: "undo",
        label: "Take back",
        bad: true,
        act: () => app.do("revoke", { chat: chat.id, sender: person, id: message.id }),
      },
    there &&
      !mine &&
      world.isAdmin(chat, person) && {
        icon: "trash",
        label: "Delete for everyone",
        bad: true,
        act: () => remove(app, person, message),
      },
  ].filter(Boolean);
  const top = member && there ? quickRow(message.reactions?.[person], react, more) : null;
  if (items.length > 0) menu(anchor, items, { top, label: "Message" });
}

/** Who reacted how; one's own can be taken back. */
export function reactionsMenu(column, message, anchor) {
  const { app, person, chat } = column;
  const take = () => app.do("react", { chat: chat.id, by: person, sender: message.sender, id: message.id, emoji: "" });
  const items = Object.entries(message.reactions ?? {}).map(([who, emoji]) => {
    const one = app.world.person(who);
    const own = who === person;
    return el(
      "button",
      { type: "button", role: "menuitem", class: "menu-item", on: own ? { click: take } : {} },
      personAvatar(one, "small"),
      el("span", { class: "grow" }, isolated(own ? "You" : one.name), own && el("small", {}, "tap to take back")),
      el("span", { class: "emoji-shown" }, emoji),
    );
  });
  menu(anchor, items, { label: "Reactions" });
}

function remove(app, person, message) {
  const { name } = app.world.person(message.sender);
  const act = () => app.do("delete", { chat: message.chat, by: person, sender: message.sender, id: message.id });
  confirmed("Delete for everyone?", `The message of ${name} disappears for all members.`, "Delete", act);
}

function forward(app, person, message) {
  const { world } = app;
  const chats = world.chatsOf(person).filter((chat) => world.isMember(chat, person));
  const content = el(
    "div",
    { class: "picks" },
    chats.map((chat) =>
      el(
        "label",
        { class: "pick" },
        el("input", { type: "checkbox", name: "chats", value: chat.id }),
        app.chatAvatar(chat, person, "small"),
        el("span", { class: "grow" }, isolated(world.title(chat, person))),
      ),
    ),
  );
  const act = async (form) => {
    const goals = form.getAll("chats");
    const done = await Promise.all(
      goals.map((chat) => app.do("post", { chat, sender: person, content: message.content, forwarded: true })),
    );
    return goals.length > 0 && done.every(Boolean);
  };
  dialog("Forward to", content, { submit: "Forward", act });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    note("Copied");
  } catch {
    note("The browser does not allow copying here", { hint: "select the text instead", bad: true });
  }
}

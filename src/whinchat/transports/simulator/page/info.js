// About a chat: who is in it, who may do what, and who is online.
import { personAvatar } from "./avatar.js";
import { button, el, icon, iconButton, isolated, redraw } from "./dom.js";
import { confirmed, dialog, field, menu, note, switchBox } from "./overlays.js";
import { peopleField } from "./people.js";

/** `{element, update()}`: a panel over the column. */
export function infoPanel(column) {
  const body = el("div", { class: "info-body" });
  const close = () => {
    column.closeInfo();
    column.head.querySelector(".about")?.focus();
  };
  const element = el(
    "aside",
    {
      class: "info",
      "aria-label": "Information",
      on: { keydown: (event) => event.key === "Escape" && (event.stopPropagation(), close()) },
    },
    el(
      "header",
      { class: "column-head" },
      iconButton("close", "Close", close),
      el("h2", {}, column.chat.kind === "group" ? "Group" : "Contact"),
    ),
    body,
  );
  const update = () => {
    redraw(body, column.chat.kind === "group" ? groupInfo(column) : directInfo(column));
  };
  update();
  return { element, update };
}

// --- a group ---

function groupInfo(column) {
  const { app, person, chat } = column;
  const { world } = app;
  const admin = world.isAdmin(chat, person);
  const member = world.isMember(chat, person);
  const act = (op, args) => app.do(op, { chat: chat.id, by: person, ...args });
  return [
    el(
      "div",
      { class: "info-top" },
      app.chatAvatar(chat, person, "large"),
      el("h3", { dir: "auto" }, chat.subject, admin && iconButton("edit", "Rename the group", () => rename(chat, act))),
      el("p", {}, `Group with ${chat.members.length} member${chat.members.length === 1 ? "" : "s"}`),
    ),
    el(
      "div",
      { class: "info-part" },
      admin
        ? switchBox("Only admins may write", {
            checked: chat.announce_only,
            change: (on) => act("announce", { on }),
            detail: "Others can still read and react.",
          })
        : el(
            "p",
            { class: "fact" },
            icon("megaphone"),
            chat.announce_only ? "Only admins may write here." : "Everybody may write here.",
          ),
    ),
    el(
      "div",
      { class: "info-part" },
      el(
        "div",
        { class: "part-head" },
        el("h4", {}, "Members"),
        admin && button("Add", () => addMembers(app, chat, act), { name: "plus", className: "quiet" }),
      ),
      el(
        "ul",
        { class: "members", "aria-label": "Members" },
        sortedMembers(world, chat, person).map((one) => memberEntry(column, one, admin, act)),
      ),
    ),
    el(
      "div",
      { class: "info-part" },
      member
        ? button("Leave the group", () => leave(app, chat, person), { name: "leave", className: "bad wide" })
        : button("Join the group", () => app.do("join", { chat: chat.id, person }), {
            name: "invite",
            className: "wide",
          }),
    ),
  ];
}

/** Oneself, then admins, then by name. */
function sortedMembers(world, chat, person) {
  const rank = (one) => (one.id === person ? 0 : world.isAdmin(chat, one.id) ? 1 : 2);
  return chat.members
    .map((id) => world.person(id))
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

function memberEntry(column, one, admin, act) {
  const { app, person, chat } = column;
  const isAdmin = app.world.isAdmin(chat, one.id);
  const state = one.bot ? (one.connected ? "connected" : "away") : one.online ? "online" : "offline";
  const items = () => [
    one.id !== person && { icon: "compose", label: `Write to ${one.name}`, act: () => writeTo(app, person, one.id) },
    !one.bot &&
      one.id !== person && {
        icon: "person",
        label: `Act as ${one.name} here`,
        act: () => column.desk.place(column, one.id, chat.id),
      },
    admin && !isAdmin && { icon: "crown", label: "Make an admin", act: () => act("promote", { people: [one.id] }) },
    admin && isAdmin && { icon: "undo", label: "Take the admin role", act: () => act("demote", { people: [one.id] }) },
    {
      icon: "power",
      label: one.online ? "Go offline" : "Go online",
      act: () => app.do("presence", { person: one.id, online: !one.online }),
    },
    admin &&
      one.id !== person && {
        icon: "trash",
        label: "Remove from the group",
        bad: true,
        act: () => act("remove", { people: [one.id] }),
      },
  ];
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "member",
        "aria-label": `${one.name}, ${state}${isAdmin ? ", admin" : ""}`,
        on: { click: (event) => menu(event.currentTarget, items(), { label: one.name }) },
      },
      personAvatar(one),
      el(
        "span",
        { class: "grow" },
        el("b", { class: "clip", dir: "auto" }, one.id === person ? `${one.name} (you)` : one.name),
        el("small", {}, one.bot ? `bot, ${state}` : `${one.phone} · ${state}`),
      ),
      isAdmin && el("span", { class: "tag" }, "admin"),
      icon("more"),
    ),
  );
}

async function writeTo(app, person, other) {
  const chat = await app.do("direct", { people: [person, other] });
  if (chat) app.open(person, chat.id);
}

function rename(chat, act) {
  const subject = el("input", {
    class: "input",
    name: "subject",
    value: chat.subject,
    required: true,
    maxlength: 100,
    autofocus: true,
    autocomplete: "off",
  });
  const save = async () => Boolean(await act("subject", { subject: subject.value }));
  dialog("Name of the group", field("Name", subject), { submit: "Save", act: save, className: "small" });
}

function addMembers(app, chat, act) {
  const free = [...app.world.people.values()].filter((one) => !app.world.isMember(chat, one.id));
  if (free.length === 0) {
    note("Everybody is in this group already", { hint: "make a new person first" });
    return;
  }
  const add = async (form) => {
    const people = form.getAll("people");
    return people.length > 0 && Boolean(await act("add", { people }));
  };
  dialog("Add members", peopleField(free), { submit: "Add", act: add });
}

function leave(app, chat, person) {
  const act = () => app.do("leave", { chat: chat.id, person });
  confirmed("Leave the group?", "You can still read what was written until now.", "Leave", act);
}

// --- a direct chat ---

function directInfo(column) {
  const { app, person, chat } = column;
  const other = app.world.person(app.world.other(chat, person));
  const actAs = () => column.desk.place(column, other.id, chat.id);
  const presence = (online) => app.do("presence", { person: other.id, online });
  const facts = other.bot
    ? [
        ["bolt", other.connected ? "The service is connected." : "The service is away: messages wait for it."],
        ["clock", `${other.waiting ?? 0} event${other.waiting === 1 ? "" : "s"} waiting`],
      ]
    : [["person", other.phone]];
  return [
    el(
      "div",
      { class: "info-top" },
      personAvatar(other, "large"),
      el("h3", { dir: "auto" }, other.name),
      el("p", {}, other.bot ? "the bot of this world" : other.phone),
    ),
    el(
      "div",
      { class: "info-part" },
      facts.map(([name, words]) => el("p", { class: "fact" }, icon(name), isolated(words))),
    ),
    el(
      "div",
      { class: "info-part" },
      switchBox(`${other.name} is online`, {
        checked: other.online,
        change: presence,
        detail: "Offline, messages arrive with one tick and are delivered later.",
      }),
    ),
    !other.bot &&
      el(
        "div",
        { class: "info-part" },
        button(`Act as ${other.name} here`, actAs, { name: "person", className: "wide" }),
      ),
  ];
}

// Who one is, and that person's chats.
import { personAvatar } from "./avatar.js";
import { tick } from "./bubble.js";
import { arrange, arrowKeys, el, icon, iconButton, isolated, redraw } from "./dom.js";
import { closeMenu, menu } from "./overlays.js";
import { matches, newDirect, newGroup, newPerson } from "./people.js";
import { gistLine, gone, noticeText } from "./summary.js";
import { moment } from "./times.js";

const SHOWN = 80; // chats in the page; scrolling adds as many
const FACES = 30; // people in the strip

export class Sidebar {
  constructor(app) {
    this.app = app;
    this.most = SHOWN;
    this.entries = new Map(); // chat to what is in the list
    this.status = el("span", { class: "service", role: "status" });
    this.faces = el("div", { class: "faces", role: "group", "aria-label": "Act as" });
    this.search = el("input", {
      type: "search",
      class: "search-input",
      placeholder: "Search",
      "aria-label": "Search chats and messages",
      "aria-keyshortcuts": "Control+K",
      on: { input: () => this.showChats(), keydown: (event) => this.searchKey(event) },
    });
    this.list = el("ul", { class: "chats", "aria-label": "Chats", on: { scroll: () => this.grow() } });
    this.offline = el("div", { class: "offline", role: "status", hidden: true });
    arrowKeys(this.list, "button.chat");
    const head = el(
      "header",
      { class: "side-head" },
      el("img", { class: "logo", src: "bird.svg", alt: "", width: 38, height: 38 }),
      el("div", { class: "grow" }, el("h1", {}, "Whinchat"), this.status),
      iconButton("compose", "New chat, group or person", (event) => this.create(event.currentTarget)),
      iconButton("sliders", "The world: script, faults, reset", () => app.openWorld()),
    );
    const box = el(
      "label",
      { class: "search" },
      icon("search"),
      this.search,
      el("kbd", { class: "wide-only" }, "Ctrl K"),
    );
    this.element = el(
      "nav",
      { class: "sidebar", "aria-label": "Chats" },
      head,
      this.offline,
      this.faces,
      box,
      this.list,
    );
  }

  /** Show what has changed. */
  update(changes) {
    if (changes.all || changes.people) this.showService();
    if (changes.all || changes.people || changes.threads.size || changes.chats.size) this.showFaces();
    this.showChats();
  }

  /** Show another person's side of the world. */
  turn() {
    this.showFaces();
    this.showChats();
    this.faces.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  showLink(state) {
    const words = {
      away: "The world cannot be reached. Trying again…",
      shut: "This page was opened in an earlier run. Open the new link that the start has printed.",
    };
    this.offline.hidden = state === "online";
    this.offline.classList.toggle("shut", state === "shut");
    this.offline.replaceChildren(el("span", { class: "pulse" }), words[state] ?? "");
  }

  showService() {
    const bots = this.app.world.bots();
    const away = bots.filter((bot) => !bot.connected);
    const waiting = bots.reduce((sum, bot) => sum + (bot.waiting ?? 0), 0);
    const state = bots.length === 0 ? "no bot in this world" : away.length === 0 ? "Service connected" : "Service away";
    this.status.className = `service ${bots.length > 0 && away.length === 0 ? "on" : "off"}`;
    this.status.replaceChildren(el("i"), `${state}${waiting > 0 ? `, ${waiting} waiting` : ""}`);
  }

  // --- people ---

  showFaces() {
    const { app } = this;
    const people = app.world.humans();
    this.wanted = app.world.wanted();
    const faces = people.slice(0, FACES).map((person) => this.face(person));
    const chosen = people.findIndex((person) => person.id === app.me);
    if (chosen >= FACES) faces.unshift(this.face(people[chosen]));
    const add = el(
      "button",
      { type: "button", class: "face-button", title: "New person", on: { click: () => newPerson(app) } },
      el("span", { class: "avatar medium add" }, icon("plus")),
      el("span", { class: "clip" }, "New"),
    );
    const all = el(
      "button",
      {
        type: "button",
        class: "face-button",
        title: "All people",
        on: { click: (event) => this.everybody(event.currentTarget) },
      },
      el("span", { class: "avatar medium add" }, icon("search")),
      el("span", { class: "clip" }, "All"),
    );
    redraw(this.faces, [...faces, add, people.length > 8 && all]);
  }

  face(person) {
    const { app } = this;
    const news = this.wanted.has(person.id);
    const label = `Act as ${person.name}${news ? ", has unread messages" : ""}${person.online ? "" : ", offline"}`;
    return el(
      "button",
      {
        type: "button",
        class: "face-button",
        "aria-pressed": String(person.id === app.me),
        "aria-label": label,
        title: label,
        on: { click: () => app.become(person.id) },
      },
      el("span", { class: "face-frame" }, personAvatar(person), news && el("i", { class: "news" })),
      isolated(person.name, "clip"),
    );
  }

  /** All people, searchable. */
  everybody(anchor) {
    const { app } = this;
    const search = el("input", {
      type: "search",
      class: "input",
      placeholder: "Search people",
      "aria-label": "Search people",
    });
    const entries = app.world
      .humans()
      .map((person) =>
        el(
          "button",
          { type: "button", role: "menuitem", class: "menu-item", on: { click: () => app.become(person.id) } },
          personAvatar(person, "small"),
          el("span", { class: "grow" }, isolated(person.name), el("small", {}, person.phone)),
        ),
      );
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      app.world.humans().forEach((person, at) => (entries[at].hidden = !matches(person, wanted)));
    });
    menu(anchor, entries, { top: search, label: "Act as", className: "tall" });
  }

  create(anchor) {
    const { app } = this;
    const items = [
      app.me && { icon: "person", label: "New chat", act: () => newDirect(app, app.me) },
      app.me && { icon: "group", label: "New group", act: () => newGroup(app, app.me) },
      { icon: "invite", label: "New person", act: () => newPerson(app) },
    ];
    menu(anchor, items, { label: "New" });
  }

  // --- chats ---

  showChats() {
    const { app } = this;
    const found = this.found();
    const entries = new Map(found.slice(0, this.most).map(([chat, message]) => [chat.id, this.entry(chat, message)]));
    const nothing = el("li", { class: "none" }, this.nothing());
    arrange(this.list, found.length > 0 ? [...entries.values()].map(({ node }) => node) : [nothing]);
    this.entries = entries;
    this.whole = found.length <= this.most;
    const unread = app.unread();
    document.title = unread > 0 ? `(${unread}) Whinchat` : "Whinchat";
  }

  nothing() {
    if (this.search.value.trim()) return "Nothing found";
    return this.app.me
      ? "No chats yet. Begin one with the pencil above."
      : "Nobody lives here yet. Make a person with the plus above.";
  }

  /** Chats with the message that is shown for each; with a search, the newest one that fits. */
  found() {
    const { world, me } = this.app;
    if (!me) return [];
    const wanted = this.search.value.trim().toLowerCase();
    const chats = world.chatsOf(me);
    if (!wanted) return chats.map((chat) => [chat, world.thread(chat.id).last]);
    const fits = (message) => message.content?.text?.toLowerCase().includes(wanted);
    return chats
      .map((chat) => {
        const named = world.title(chat, me).toLowerCase().includes(wanted);
        const { messages, last } = world.thread(chat.id);
        return [chat, named ? last : messages.findLast(fits), named];
      })
      .filter(([, message, named]) => named || message);
  }

  /** `{node, message, facts}`: the one that is there, when it still says the same. */
  entry(chat, message) {
    const { app } = this;
    const { world, me } = app;
    const unread = world.unread(chat, me);
    const open = app.isOpen(chat.id, me);
    const title = world.title(chat, me);
    const online = chat.kind === "direct" && world.person(world.other(chat, me)).online;
    const facts = JSON.stringify([
      me,
      unread,
      open,
      title,
      online,
      world.typing(chat.id, me),
      message && moment(message.time),
    ]);
    const known = this.entries.get(chat.id);
    if (known?.message === message && known?.facts === facts) return known;
    return { node: this.drawn(chat, message, { unread, open, title }), message, facts };
  }

  drawn(chat, message, { unread, open, title }) {
    const { app } = this;
    const { me } = app;
    const button = el(
      "button",
      {
        type: "button",
        class: "chat",
        "aria-current": open ? "true" : undefined,
        on: { click: () => this.choose(chat, message) },
      },
      app.chatAvatar(chat, me),
      el(
        "span",
        { class: "grow" },
        el(
          "span",
          { class: "line" },
          el("b", { class: "clip grow", dir: "auto" }, title),
          message && el("time", { class: unread ? "fresh" : "" }, moment(message.time)),
        ),
        el(
          "span",
          { class: "line" },
          this.preview(chat, message),
          unread > 0 &&
            el("span", { class: "badge", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : String(unread)),
        ),
      ),
    );
    return el(
      "li",
      { "data-chat": chat.id },
      button,
      iconButton("beside", `Open ${title} in another column`, () => app.beside(me, chat.id), "wide-only beside"),
    );
  }

  preview(chat, message) {
    const { world, me } = this.app;
    const typing = world.typing(chat.id, me);
    if (typing.length > 0) {
      const words = chat.kind === "direct" ? "typing…" : `${world.person(typing[0]).name} is typing…`;
      return el("span", { class: "preview typing-now clip" }, words);
    }
    if (!message) return el("span", { class: "preview clip" }, "No messages yet");
    if (message.notice) return el("span", { class: "preview clip", dir: "auto" }, noticeText(message, world, me));
    const mine = message.sender === me;
    const by = chat.kind === "group" || mine ? `${mine ? "You" : world.person(message.sender).name}: ` : "";
    const line = message.revoked_by ? gone(message, me) : gistLine(message.content);
    return el(
      "span",
      { class: "preview clip" },
      mine && !message.revoked_by && tick(message.status),
      by && isolated(by),
      line,
    );
  }

  choose(chat, message) {
    const { app } = this;
    const searched = this.search.value.trim() !== "";
    app.open(app.me, chat.id);
    if (searched && message) app.reveal(message);
  }

  grow() {
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    if (this.whole || scrollHeight - scrollTop - clientHeight > 400) return;
    this.most += SHOWN;
    this.showChats();
  }

  searchKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.search.value = "";
      this.search.blur();
      this.showChats();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      const first = this.list.querySelector(".chat");
      if (event.key === "Enter") first?.click();
      else first?.focus();
    }
  }

  focusSearch() {
    closeMenu();
    this.app.desk.view("list");
    this.search.focus();
    this.search.select();
  }
}

// One chat as one person sees it: a head, the conversation, and where to write.
import { messageMenu, reactionsMenu } from "./actions.js";
import { fileDialog } from "./attach.js";
import { personAvatar, tinted } from "./avatar.js";
import { Composer } from "./composer.js";
import { el, icon, iconButton, isolated, redraw } from "./dom.js";
import { gestures } from "./gestures.js";
import { infoPanel } from "./info.js";
import { large, menu, note } from "./overlays.js";
import { Timeline } from "./timeline.js";

const EDITABLE = 15 * 60 * 1000; // milliseconds, as in the world

export class Column {
  /** `desk` opens and closes columns. Empty until `show`. */
  constructor(app, desk) {
    this.app = app;
    this.desk = desk;
    this.person = null;
    this.chat = null;
    this.unfolded = new Set();
    this.panel = null;
    this.element = el("section", {
      class: "column",
      on: { pointerdown: () => desk.activate(this), focusin: () => desk.activate(this) },
    });
  }

  show(person, chat) {
    this.timeline?.close();
    this.composer?.hush();
    this.panel = null;
    Object.assign(this, { person, chat });
    this.element.setAttribute(
      "aria-label",
      `${this.app.world.person(person).name} in ${this.app.world.title(chat, person)}`,
    );
    this.timeline = new Timeline(this.view(), {
      seen: () => this.read(),
      older: (before, limit) => this.app.older(this.chat.id, before, limit),
    });
    this.composer = new Composer(this, this.app.drafts);
    this.head = el("header", { class: "column-head" });
    this.hint = el("div", { class: "hint-place" });
    this.element.replaceChildren(this.head, this.timeline.element, this.hint, this.composer.element);
    this.showHead();
    gestures(this.timeline.scroller, {
      find: (node) => this.messageOf(node),
      menu: (message, node) => messageMenu(this, message, node),
      reply: (message) => this.composer.replyTo(message),
    });
    this.timeline.open();
    this.timeline.showTyping(this.app.world.typing(chat.id, person));
  }

  /** Nothing is chosen yet. */
  showEmpty(words) {
    this.timeline?.close();
    this.person = this.chat = this.timeline = this.composer = this.panel = null;
    this.element.setAttribute("aria-label", "No chat is open");
    this.element.replaceChildren(
      el(
        "div",
        { class: "empty-state" },
        el("img", { src: "bird.svg", alt: "", width: 88, height: 88 }),
        el("h2", {}, "Whinchat"),
        el("p", {}, words),
      ),
    );
  }

  view() {
    const { app, person, unfolded } = this;
    const act = {
      menu: (message, anchor) => messageMenu(this, message, anchor),
      reactions: (message, anchor) => reactionsMenu(this, message, anchor),
      toQuoted: (quoted) => this.toQuoted(quoted),
      choose: (message, title) => this.choose(message, title),
      show: large,
      unfold: (key) => {
        unfolded.add(key);
        this.timeline.redraw(key);
      },
    };
    return { world: app.world, person, chat: this.chat, unfolded, act };
  }

  messageOf(node) {
    const message = this.timeline.messageAt(node);
    return message && !message.notice ? message : null;
  }

  /** The world has changed. */
  update(changes) {
    if (this.chat === null) return;
    const { world } = this.app;
    const { id } = this.chat;
    if (changes.chats.has(id)) {
      this.chat = this.timeline.view.chat = world.chats.get(id);
      this.composer.update();
    }
    if (changes.threads.has(id)) this.timeline.update();
    if (changes.typing.has(id)) this.timeline.showTyping(world.typing(id, this.person));
    if (changes.people || changes.chats.has(id) || changes.typing.has(id)) this.showHead();
    if (changes.people || changes.chats.has(id)) this.panel?.update();
    if (this.timeline.atEnd) this.read();
  }

  showHead() {
    const { app, chat, person, desk } = this;
    const { world } = app;
    const me = world.person(person);
    const switcher = tinted(
      el(
        "button",
        {
          type: "button",
          class: "as-person",
          title: "Act as somebody else here",
          "aria-label": `You are ${me.name} here. Act as somebody else`,
          on: { click: (event) => this.switchPerson(event.currentTarget) },
        },
        personAvatar(me, "tiny"),
        isolated(me.name, "clip"),
        icon("down"),
      ),
      me.colour,
    );
    const about = el(
      "button",
      { type: "button", class: "about", title: "Information", on: { click: () => this.openInfo() } },
      app.chatAvatar(chat, person),
      el(
        "span",
        { class: "grow" },
        el("b", { class: "clip", dir: "auto" }, world.title(chat, person)),
        el("small", { class: "clip" }, this.subtitle()),
      ),
    );
    redraw(this.head, [
      iconButton("back", "Back to the chats", () => desk.back(), "phone-only"),
      about,
      switcher,
      iconButton("beside", "Open in another column", () => desk.beside(person, chat.id), "wide-only beside"),
      iconButton("close", "Close this column", () => desk.close(this), "wide-only close-column"),
    ]);
  }

  subtitle() {
    const { world } = this.app;
    const { chat, person } = this;
    const typing = world.typing(chat.id, person);
    if (typing.length > 0) {
      return chat.kind === "direct"
        ? "typing…"
        : `${world.person(typing[0]).name}${typing.length > 1 ? ` and ${typing.length - 1} more` : ""} typing…`;
    }
    if (chat.kind === "direct") {
      const other = world.person(world.other(chat, person));
      if (other.bot) return other.connected ? "bot, connected" : "bot, away";
      return other.online ? "online" : "offline";
    }
    if (!world.isMember(chat, person)) return "not a member";
    const names = chat.members.filter((member) => member !== person).map((member) => world.person(member).name);
    return `${chat.members.length} members: ${names.slice(0, 12).join(", ")}`;
  }

  switchPerson(anchor) {
    const { app, chat, person } = this;
    const members = chat.members.map((id) => app.world.person(id)).filter((member) => !member.bot);
    const items = members.map((member) =>
      el(
        "button",
        {
          type: "button",
          role: "menuitemcheckbox",
          "aria-checked": String(member.id === person),
          class: "menu-item",
          on: { click: () => setTimeout(() => this.desk.place(this, member.id, chat.id)) },
        },
        personAvatar(member, "small"),
        el("span", { class: "grow" }, isolated(member.name)),
        member.id === person && icon("check"),
      ),
    );
    menu(anchor, items, { label: "Act as", className: "tall" });
  }

  openInfo() {
    this.panel = infoPanel(this);
    this.element.append(this.panel.element);
    this.panel.element.querySelector("button").focus();
  }

  closeInfo() {
    this.panel?.element.remove();
    this.panel = null;
  }

  // --- what the rows ask for ---

  async toQuoted({ sender, id }) {
    if (!(await this.timeline.reveal(sender, id))) note("That message is no longer there");
  }

  /** A button or a row is answered as WhatsApp does: its title, quoting the message. */
  choose(message, title) {
    const { app, chat, person } = this;
    app.do("post", { chat: chat.id, sender: person, text: title, quote: { sender: message.sender, id: message.id } });
  }

  attachFile(file) {
    fileDialog(this.composer, file);
  }

  /** Something was sent: show it. */
  sent() {
    this.timeline.divider = null;
    this.timeline.toEnd();
    this.app.hint.sent();
  }

  /** The newest own message that can still be edited. */
  lastOwn() {
    const { messages } = this.timeline.thread;
    const last = messages.findLast((message) => message.sender === this.person && !message.notice);
    return last && !last.revoked_by && last.content.text && Date.now() - last.time < EDITABLE ? last : null;
  }

  /** What is in view has been read. */
  read() {
    const { app, chat, person } = this;
    const inView = document.visibilityState === "visible" && this.element.checkVisibility();
    if (inView && app.world.unread(chat, person, 1) > 0) app.markRead(chat, person);
  }

  /** The reader is here again. */
  looked() {
    if (this.timeline?.pinned) {
      this.timeline.markUnread();
      this.timeline.rows.clear();
      this.timeline.update();
    }
  }
}

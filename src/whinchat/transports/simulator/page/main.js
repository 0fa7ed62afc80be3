// The page: the world's state, the sidebar, the columns, and how they reach each other.
import { groupAvatar, personAvatar } from "./avatar.js";
import { worldPanel } from "./control.js";
import { Desk } from "./desk.js";
import { oncePerFrame, say } from "./dom.js";
import { Hint } from "./hint.js";
import { Link } from "./link.js";
import { closeMenu, note } from "./overlays.js";
import { Sidebar } from "./sidebar.js";
import { gist } from "./summary.js";
import { World } from "./world.js";

class App {
  constructor(frame) {
    this.held = false;
    this.me = null; // the person whose chats the sidebar shows
    this.drafts = new Map();
    this.reading = new Set(); // chats and persons whose reading is on its way to the world
    this.world = new World(oncePerFrame(() => this.update()));
    this.desk = new Desk(this, frame);
    this.sidebar = new Sidebar(this);
    this.hint = new Hint(this);
    this.panel = null;
    this.frame = frame;
    this.link = new Link(
      new URL("api/live", location.href.replace(/^http/, "ws")),
      (frame) => this.hear(frame),
      (state) => this.turned(state),
    );
  }

  start() {
    this.link.open();
    document.addEventListener("keydown", (event) => this.keyed(event));
    document.addEventListener("pointerdown", () => (this.held = true), true);
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => this.release(), true);
    // A scroll bar and other windows swallow the end of a press.
    document.addEventListener("pointermove", (event) => event.buttons === 0 && this.release());
    window.addEventListener("blur", () => this.release());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.desk.visible().forEach((column) => column.looked());
    });
  }

  /** Nothing is redrawn under a finger: what it was put on is what it acts on. The click comes right after. */
  release() {
    if (!this.held) return;
    this.held = false;
    setTimeout(() => this.world.changed());
  }

  hear(frame) {
    if (frame.type === "changes") this.announce(frame.messages ?? []);
    this.world.hear(frame);
  }

  turned(state) {
    this.sidebar.showLink(state);
  }

  update() {
    if (this.held) return;
    const { changes } = this.world;
    if (changes.all || (this.desk.waits && changes.chats.size > 0)) this.begin();
    else for (const column of this.desk.columns) column.update(changes);
    this.me ??= this.world.humans()[0]?.id ?? null;
    this.sidebar.update(changes);
    if (this.panel?.isOpen() && (changes.all || changes.world || changes.people)) this.panel.update();
    this.hint.place(this.desk.visible());
    changes.clear();
  }

  /** A state has come: everything anew. */
  begin() {
    closeMenu();
    if (!this.sidebar.element.isConnected) this.frame.replaceChildren(this.sidebar.element, this.desk.element);
    if (!this.world.people.has(this.me)) this.me = null;
    const writing = document.activeElement?.matches(".composer-text");
    this.desk.begin();
    if (writing) this.desk.active.composer?.focus();
  }

  // --- the world ---

  /** Ask for an operation; what goes wrong is shown, and gives undefined. */
  async do(op, args) {
    try {
      return (await this.link.request(op, args)) ?? {};
    } catch (refusal) {
      note(refusal.message, { hint: refusal.hint, bad: true });
      return undefined;
    }
  }

  /** For what nobody asked for: nothing is shown when it fails. */
  quietly(op, args) {
    return this.link.request(op, args).catch(() => undefined);
  }

  async older(chat, before, limit) {
    const found = await this.quietly("history", { chat, before, limit });
    if (found) this.world.putHistory(chat, found.messages, found.messages.length < limit);
  }

  async markRead(chat, person) {
    const key = `${person} ${chat.id}`;
    if (this.reading.has(key)) return;
    this.reading.add(key);
    await this.quietly("read", { chat: chat.id, person, upto: this.world.thread(chat.id).last.seq });
    this.reading.delete(key);
  }

  // --- people and chats ---

  become(person) {
    this.later(
      () => this.world.people.has(person),
      () => this.actAs(person),
    );
  }

  /** In the active column when they are in its chat, else in their liveliest chat. */
  actAs(person) {
    this.me = person;
    const { active, narrow } = this.desk;
    const chat = active?.chat && this.world.isMember(active.chat, person) ? active.chat : this.world.chatsOf(person)[0];
    if (active && !narrow && chat) this.desk.place(active, person, chat.id);
    else if (active && !narrow) this.desk.empty(active, `${this.world.person(person).name} has no chats yet.`);
    this.sidebar.turn();
  }

  open(person, chat) {
    this.later(
      () => this.world.chats.has(chat),
      () => this.desk.open(person, chat),
    );
  }

  beside(person, chat) {
    this.desk.beside(person, chat);
  }

  /** What was just made may come a moment later than the answer to its making. */
  later(ready, act, tries = 40) {
    if (ready()) act();
    else if (tries > 0) setTimeout(() => this.later(ready, act, tries - 1), 25);
  }

  reveal(message) {
    this.desk.active.timeline?.reveal(message.sender, message.id);
  }

  isOpen(chat, person) {
    return (
      this.desk.visible().some((column) => column.chat?.id === chat && column.person === person) &&
      !(this.desk.narrow && this.frame.dataset.view === "list")
    );
  }

  chatAvatar(chat, person, size) {
    return chat.kind === "group"
      ? groupAvatar(chat, size)
      : personAvatar(this.world.person(this.world.other(chat, person)), size);
  }

  chatName(id) {
    const chat = this.world.chats.get(id);
    return chat ? this.world.title(chat, this.me ?? "") : "a chat";
  }

  unread() {
    return this.me ? this.world.chatsOf(this.me).filter((chat) => this.world.unread(chat, this.me, 1) > 0).length : 0;
  }

  // --- the page ---

  /** Another column or chat is in view. */
  shown() {
    const { active } = this.desk;
    if (active?.person) this.me = active.person;
    this.sidebar.turn();
    this.hint.place(this.desk.visible());
  }

  openWorld() {
    this.panel = worldPanel(this);
  }

  /** Screen readers hear what comes into the active column. */
  announce(messages) {
    const { chat, person } = this.desk.active ?? {};
    if (!chat) return;
    const last = this.world.thread(chat.id).last?.seq ?? 0;
    const isNew = (message) => message.chat === chat.id && message.sender !== person && message.seq > last;
    const news = messages.filter((message) => isNew(message) && !message.notice).slice(-3);
    const words = news.map((message) => `${this.world.person(message.sender).name}: ${gist(message.content)[1]}`);
    if (words.length > 0) say(words.join(". "));
  }

  keyed(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      this.sidebar.focusSearch();
    } else if (event.key === "Escape" && !document.querySelector("dialog[open], .menu:not([hidden])")) {
      this.desk.active?.closeInfo();
    }
  }
}

const app = new App(document.getElementById("app"));
app.start();

// The columns side by side: how many there is room for, which is the active one, and what each shows.
import { Column } from "./column.js";
import { el } from "./dom.js";

const NARROW = 760; // pixels below which one thing is shown at a time
const SIDEBAR = 360; // pixels
const COLUMN = 340; // pixels that a column needs
const MOST = 3;
const STORED = "whinchat.columns";

export class Desk {
  constructor(app, frame) {
    this.app = app;
    this.frame = frame; // carries `data-view`: list or chat, for narrow screens
    this.element = el("main", { class: "desk" });
    this.columns = [];
    this.active = null;
    this.waits = false; // there was nothing to begin with yet
    window.addEventListener("resize", () => this.fit());
    window.addEventListener("popstate", () => this.view("list"));
  }

  get narrow() {
    return innerWidth < NARROW;
  }

  room() {
    return this.narrow ? 1 : Math.max(1, Math.min(MOST, Math.floor((innerWidth - SIDEBAR) / COLUMN)));
  }

  /** Begin with what was open before in this world, or with something that shows what can be done. */
  begin() {
    const at = this.columns.indexOf(this.active);
    for (const column of this.columns) column.timeline?.close();
    this.columns = [];
    this.element.replaceChildren();
    const remembered = this.remembered();
    const views = remembered.length > 0 ? remembered : this.suggested();
    for (const [person, chat] of views.slice(0, this.room())) this.add(person, chat);
    this.waits = this.columns.length === 0;
    if (this.waits) this.addEmpty();
    this.activate(this.columns[at] ?? this.columns[0]);
    this.fit();
  }

  remembered() {
    const { world } = this.app;
    const stored = read(STORED);
    if (stored?.nonce !== world.nonce) return [];
    return stored.columns
      .map(([person, chat]) => [person, world.chats.get(chat)])
      .filter(([person, chat]) => chat && world.people.has(person));
  }

  /** One person in the largest group, another one in it, and that one's chat with the bot. */
  suggested() {
    const { world } = this.app;
    const bot = world.bots()[0]?.id;
    const size = (chat) => chat.members.length;
    const group = [...world.chats.values()]
      .filter(({ kind }) => kind === "group")
      .sort((one, other) => size(other) - size(one))[0];
    const people = group ? group.members.filter((member) => !world.person(member).bot) : [];
    const withBot = (person) =>
      world.chatsOf(person).find((chat) => chat.kind === "direct" && chat.members.includes(bot));
    const views = people.slice(0, 2).map((person) => [person, group]);
    const asked = people.slice(0, 2).reverse().find(withBot);
    if (asked) views.splice(this.room() > 2 ? 2 : 1, 0, [asked, withBot(asked)]);
    return views;
  }

  remember() {
    const columns = this.columns.filter((column) => column.chat).map((column) => [column.person, column.chat.id]);
    write(STORED, { nonce: this.app.world.nonce, columns });
  }

  add(person, chat) {
    const column = new Column(this.app, this);
    this.columns.push(column);
    this.element.append(column.element);
    column.show(person, chat);
    return column;
  }

  empty(column, words) {
    this.waits = false;
    column.showEmpty(words);
  }

  addEmpty() {
    const column = new Column(this.app, this);
    this.columns.push(column);
    this.element.append(column.element);
    column.showEmpty(
      this.app.world.humans().length
        ? "Choose a chat on the left."
        : "Nobody lives here yet. Make a person on the left, then a chat with the bot.",
    );
    return column;
  }

  /** Show a chat in the active column, or in one that shows it already. */
  open(person, chatId) {
    const chat = this.app.world.chats.get(chatId);
    if (!chat) return;
    const shown = this.visible().find((column) => column.person === person && column.chat?.id === chatId);
    const column = shown ?? this.active ?? this.columns[0];
    if (!shown || this.narrow) this.place(column, person, chatId);
    this.activate(column);
    if (this.narrow) this.view("chat", { push: true });
    else column.composer.focus();
  }

  place(column, person, chatId) {
    this.waits = false;
    column.show(person, this.app.world.chats.get(chatId));
    this.activate(column);
    this.remember();
    this.app.shown();
    if (!this.narrow) column.composer.focus();
  }

  /** The same chat in one more column, as the next person in it; where there is no room, the last other column goes. */
  beside(person, chatId) {
    const { world } = this.app;
    const chat = world.chats.get(chatId);
    const taken = this.columns.filter((column) => column.chat?.id === chatId).map((column) => column.person);
    const free =
      [person, ...chat.members].find((member) => !taken.includes(member) && !world.person(member).bot) ?? person;
    const after = this.columns.indexOf(this.active);
    const full = this.columns.length >= this.room() && this.columns.length > 1;
    if (full) this.drop(this.columns.findLast((column) => column !== this.active));
    const column = this.add(free, chat);
    const at = Math.min(after + 1, this.columns.length - 1);
    this.columns.splice(at, 0, this.columns.pop());
    this.element.insertBefore(column.element, this.columns[at + 1]?.element ?? null);
    this.activate(column);
    this.fit();
    column.timeline.stick();
    column.composer.focus();
  }

  close(column) {
    this.drop(column);
    if (this.columns.length === 0) this.addEmpty();
    if (!this.columns.includes(this.active)) this.activate(this.columns[0]);
    this.fit();
  }

  drop(column) {
    column.timeline?.close();
    column.composer?.hush();
    column.element.remove();
    this.columns.splice(this.columns.indexOf(column), 1);
  }

  activate(column) {
    if (this.active === column) return;
    this.active = column;
    this.app.shown();
  }

  visible() {
    return this.columns.filter((column) => !column.element.hidden);
  }

  /** Hide what there is no room for; the active column stays. */
  fit() {
    const room = this.room();
    const first = Math.max(0, Math.min(this.columns.indexOf(this.active), this.columns.length - room));
    this.columns.forEach((column, at) => {
      const hidden = at < first || at >= first + room;
      if (column.element.hidden !== hidden) {
        column.element.hidden = hidden;
        if (!hidden) column.timeline?.stick();
      }
    });
    this.element.classList.toggle("single", this.visible().length === 1);
    this.element.classList.toggle("full", this.columns.length >= room);
    this.remember();
  }

  // --- narrow screens ---

  view(name, { push = false } = {}) {
    this.frame.dataset.view = name;
    if (push && history.state?.view !== "chat") history.pushState({ view: "chat" }, "");
    if (name === "chat") this.active?.timeline?.open();
  }

  back() {
    if (history.state?.view === "chat") history.back();
    else this.view("list");
  }
}

export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

export function write(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // a browser that stores nothing: then it is not remembered
  }
}

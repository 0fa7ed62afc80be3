// Where messages are written: text, replies, edits, mentions, emoji, and the way to all other kinds of messages.
import { attachMenu } from "./attach.js";
import { personAvatar } from "./avatar.js";
import { button, el, icon, iconButton, isolated } from "./dom.js";
import { emojiGrid } from "./emoji.js";
import { menu } from "./overlays.js";
import { gistLine } from "./summary.js";

const TALLEST = 168; // pixels of the text field
const TYPING = 4_000; // milliseconds between signs of typing
const STOPPED = 6_000; // milliseconds without a key after which nobody types
const MENTION = /(?:^|\s)@([^\s@]{0,30})$/u;
const MOST_NAMES = 6;

export class Composer {
  /** `column`: `{app, person, chat}`; `drafts` keeps what was written in chats that are not in view. */
  constructor(column, drafts) {
    this.column = column;
    this.drafts = drafts;
    this.key = `${column.person} ${column.chat.id}`;
    this.answering = null;
    this.editing = null;
    this.text = el("textarea", {
      class: "composer-text",
      rows: 1,
      dir: "auto",
      placeholder: `Message as ${column.app.world.person(column.person).name}`,
      "aria-label": `Message as ${column.app.world.person(column.person).name}`,
      enterkeyhint: "send",
      on: {
        input: () => this.changed(),
        keydown: (event) => this.keyed(event),
        paste: (event) => this.pasted(event),
        blur: () => this.hush(),
      },
    });
    this.above = el("div", { class: "composer-above", hidden: true });
    this.names = el("div", { class: "mentions menu", role: "listbox", "aria-label": "Mention", hidden: true });
    this.button = iconButton("send", "Send", () => this.send(), "send");
    this.field = el(
      "div",
      { class: "composer" },
      iconButton("attach", "Attach", (event) => attachMenu(this, event.currentTarget)),
      el(
        "div",
        { class: "composer-field" },
        this.text,
        iconButton("smile", "Emoji", (event) => this.emoji(event.currentTarget)),
      ),
      this.button,
    );
    this.closed = el("div", { class: "composer-closed", hidden: true });
    this.element = el("div", { class: "composer-frame" }, this.names, this.above, this.field, this.closed);
    this.text.value = drafts.get(this.key) ?? "";
    this.changed({ quiet: true });
    this.update();
  }

  get app() {
    return this.column.app;
  }

  /** Who may not write is told why, and what can be done. */
  update() {
    const { app, person, chat } = this.column;
    const { name } = app.world.person(person);
    const member = app.world.isMember(chat, person);
    const silent = member && chat.announce_only && !app.world.isAdmin(chat, person);
    this.field.hidden = !member || silent;
    this.closed.hidden = member && !silent;
    if (silent) this.closed.replaceChildren(icon("megaphone"), "Only admins may write here");
    if (!member) {
      const join = button("Join", () => app.do("join", { chat: chat.id, person }));
      this.closed.replaceChildren(el("span", {}, isolated(name), " is not in this group"), join);
    }
  }

  focus() {
    if (!this.field.hidden) this.text.focus({ preventScroll: true });
  }

  /** Put a text there without sending it. */
  fill(text) {
    this.text.value = text;
    this.changed({ quiet: true });
    this.focus();
  }

  changed({ quiet = false } = {}) {
    const { value } = this.text;
    this.drafts.set(this.key, value);
    this.button.classList.toggle("ready", value.trim() !== "");
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(TALLEST, this.text.scrollHeight)}px`;
    if (quiet) return;
    this.suggest();
    if (value) this.types();
    else this.hush();
  }

  // --- sending ---

  async send() {
    const text = this.text.value.trim();
    const { app, person, chat } = this.column;
    if (!text) return;
    const mentions = this.called(text);
    const { editing, answering } = this;
    this.text.value = "";
    this.cancel();
    this.changed();
    const done = editing
      ? await app.do("edit", { chat: chat.id, sender: person, id: editing.id, text, mentions })
      : await app.do("post", { chat: chat.id, sender: person, text, mentions, ...quoting(answering) });
    if (!done && this.text.value === "") this.fill(text);
    this.column.sent();
  }

  /** Send more than a text; the message that is being answered goes along. Gives whether it was sent. */
  async post(args) {
    const { app, person, chat } = this.column;
    const message = await app.do("post", { chat: chat.id, sender: person, ...quoting(this.answering), ...args });
    if (!message) return false;
    this.cancel();
    this.column.sent();
    return true;
  }

  keyed(event) {
    if (!this.names.hidden && this.chooseName(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && (this.answering || this.editing)) {
      event.stopPropagation();
      this.cancel();
    } else if (event.key === "ArrowUp" && this.text.value === "") {
      const last = this.column.lastOwn();
      if (last) {
        event.preventDefault();
        this.edit(last);
      }
    }
  }

  pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    this.column.attachFile(file);
  }

  // --- what stands above the text ---

  replyTo(message) {
    this.editing = null;
    this.answering = message;
    const { person } = this.column;
    const name = message.sender === person ? "yourself" : this.app.world.person(message.sender).name;
    this.head("reply", ["Reply to ", isolated(name)], gistLine(message.content));
    this.focus();
  }

  edit(message) {
    this.answering = null;
    this.editing = message;
    this.head("edit", ["Edit message"], gistLine(message.content));
    this.fill(message.content.text ?? "");
  }

  head(name, words, line) {
    this.above.replaceChildren(
      icon(name),
      el("div", { class: "grow" }, el("b", {}, words), line),
      iconButton("close", "Cancel", () => this.cancel()),
    );
    this.above.hidden = false;
  }

  cancel() {
    if (this.editing) this.fill("");
    this.answering = this.editing = null;
    this.above.hidden = true;
  }

  emoji(anchor) {
    const insert = (emoji) => {
      this.text.setRangeText(emoji, this.text.selectionStart, this.text.selectionEnd, "end");
      this.changed();
    };
    menu(anchor, [emojiGrid(insert)], { label: "Emoji", className: "emoji-menu" });
  }

  // --- mentions ---

  members() {
    const { app, person, chat } = this.column;
    return chat.members.filter((member) => member !== person).map((member) => app.world.person(member));
  }

  called(text) {
    return this.members()
      .filter(({ name }) => text.includes(`@${name}`))
      .map(({ id }) => id);
  }

  suggest() {
    const wanted = MENTION.exec(this.text.value.slice(0, this.text.selectionStart))?.[1].toLowerCase();
    const found =
      wanted === undefined ? [] : this.members().filter(({ name }) => name.toLowerCase().startsWith(wanted));
    found.sort(
      (one, other) => Number(other.bot ?? false) - Number(one.bot ?? false) || one.name.localeCompare(other.name),
    );
    this.names.replaceChildren(
      ...found.slice(0, MOST_NAMES).map((person, at) =>
        el(
          "button",
          {
            type: "button",
            class: "menu-item",
            role: "option",
            "aria-selected": String(at === 0),
            on: { pointerdown: (event) => event.preventDefault(), click: () => this.insertName(person) },
          },
          personAvatar(person, "small"),
          isolated(person.name),
        ),
      ),
    );
    this.suggested = found.slice(0, MOST_NAMES);
    this.names.hidden = found.length === 0;
  }

  insertName({ name }) {
    const end = this.text.selectionStart;
    const start = this.text.value.lastIndexOf("@", end - 1);
    this.text.setRangeText(`@${name} `, start, end, "end");
    this.names.hidden = true;
    this.changed({ quiet: true });
    this.focus();
  }

  /** Keys of the list of names; true when the key was for it. */
  chooseName(event) {
    const options = [...this.names.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Enter" || event.key === "Tab") this.insertName(this.suggested[at]);
    else if (event.key === "Escape") this.names.hidden = true;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === next)));
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  // --- signs of typing ---

  types() {
    clearTimeout(this.stopped);
    this.stopped = setTimeout(() => this.hush(), STOPPED);
    if (this.typed && Date.now() - this.typed < TYPING) return;
    this.typed = Date.now();
    this.sign(true);
  }

  hush() {
    clearTimeout(this.stopped);
    if (!this.typed) return;
    this.typed = 0;
    this.sign(false);
  }

  sign(on) {
    const { app, person, chat } = this.column;
    app.quietly("typing", { chat: chat.id, person, on });
  }
}

function quoting(message) {
  return message ? { quote: { sender: message.sender, id: message.id } } : {};
}

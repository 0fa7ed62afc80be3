// The conversation of one chat as one person sees it. Only a window of it is in the page, however long it is.
import { row } from "./bubble.js";
import { arrange, el, icon } from "./dom.js";
import { dayOf } from "./times.js";
import { keyOf } from "./world.js";

const PAGE = 60; // rows added at a time
const MOST = 240; // rows in the page
const NEAR = 600; // pixels from an end at which more is fetched
const PINNED = 40; // pixels from the bottom within which the newest stays in view
const RUN = 10 * 60 * 1000; // milliseconds within which messages of one sender belong together
const OLDER = 100; // messages asked for at a time
const SEARCHES = 6; // times older messages are asked for to find a quoted one

export class Timeline {
  /** `view`: see `row`; `seen()` is called when the newest messages are in view; `older(before, limit)` fetches. */
  constructor(view, { seen, older }) {
    this.view = view;
    this.seen = seen;
    this.older = older;
    this.rows = new Map(); // message object to {node, shape}
    this.start = 0; // `seq` of the first message in the page
    this.end = Infinity; // of the last; Infinity: the newest, whatever comes
    this.divider = null; // `seq` up to which everything was read when the chat was opened
    this.pinned = true;
    this.list = el("div", { class: "rows-list" });
    this.typing = el("div", { class: "typing", "aria-live": "off", hidden: true });
    this.scroller = el(
      "div",
      {
        class: "timeline",
        tabIndex: 0,
        role: "log",
        "aria-live": "off",
        "aria-label": "Messages",
        on: { scroll: () => this.scrolled() },
      },
      this.list,
      this.typing,
    );
    this.badge = el("span", { class: "badge", hidden: true });
    this.jump = el(
      "button",
      {
        type: "button",
        class: "jump",
        "aria-label": "To the newest message",
        title: "To the newest message",
        hidden: true,
        on: { click: () => this.toEnd() },
      },
      icon("down"),
      this.badge,
    );
    this.element = el("div", { class: "timeline-frame" }, this.scroller, this.jump);
    this.sizes = new ResizeObserver(() => this.pinned && this.stick());
    this.sizes.observe(this.scroller);
    this.sizes.observe(this.list);
    this.scroller.addEventListener("keydown", (event) => this.keyed(event));
  }

  get thread() {
    return this.view.world.thread(this.view.chat.id);
  }

  /** The newest messages are in view, and stay so. */
  get atEnd() {
    return this.pinned && this.end === Infinity;
  }

  /** Begin: at the first unread message, or at the end. */
  open() {
    this.markUnread();
    const { messages } = this.thread;
    const unreadAt = this.divider === null ? messages.length : this.thread.index(this.divider + 1);
    this.start = messages[Math.max(0, Math.min(messages.length - PAGE, unreadAt - 10))]?.seq ?? 0;
    this.update();
    const line = this.list.querySelector(".unread-line");
    this.stick();
    if (line && this.scroller.scrollHeight - line.offsetTop > this.scroller.clientHeight) {
      this.scroller.scrollTop = line.offsetTop - 80;
      this.pinned = false;
    }
    this.scrolled();
  }

  close() {
    this.sizes.disconnect();
  }

  /** Remember where the unread messages begin. */
  markUnread() {
    const { world, chat, person } = this.view;
    this.divider = world.unread(chat, person, 1) > 0 ? world.readUpto(chat, person) : null;
  }

  /** Bring the page up to date with what is known. */
  update() {
    const kept = this.pinned ? null : this.anchor();
    this.trim();
    const { messages } = this.thread;
    const from = this.thread.index(this.start);
    const to = this.end === Infinity ? messages.length : this.thread.index(this.end + 1);
    this.render(messages, from, to);
    if (this.pinned) this.stick();
    else this.keep(kept);
    this.showJump();
    if (this.atEnd) this.seen();
  }

  /** New messages push the oldest rows out; a reader who looks further up keeps them, and the new ones wait. */
  trim() {
    const { messages } = this.thread;
    if (this.end !== Infinity || messages.length - this.thread.index(this.start) <= MOST) return;
    if (this.pinned) this.start = messages[messages.length - PAGE].seq;
    else this.end = messages[this.thread.index(this.start) + MOST - 1].seq;
  }

  render(messages, from, to) {
    const rows = new Map();
    const unread = this.divider === null ? -1 : this.firstUnread(messages);
    for (let at = from; at < to; at++) {
      const message = messages[at];
      const shape = shapeOf(
        message,
        messages[at - 1],
        at === unread ? this.foreign(messages.slice(at)) : 0,
        at === from,
      );
      const known = this.rows.get(message);
      const same =
        known &&
        known.shape.day === shape.day &&
        known.shape.first === shape.first &&
        known.shape.unread > 0 === shape.unread > 0;
      const made = same ? known : { node: row(this.view, message, shape), shape };
      made.node.messageShown = message;
      rows.set(message, made);
    }
    arrange(
      this.list,
      [...rows.values()].map(({ node }) => node),
    );
    this.rows = rows;
    this.list.classList.toggle("empty", to === 0);
  }

  firstUnread(messages) {
    const from = this.thread.index(this.divider + 1);
    return messages.findIndex((message, at) => at >= from && this.foreign([message]) === 1);
  }

  foreign(messages) {
    return messages.filter((message) => message.sender !== this.view.person && !message.notice).length;
  }

  /** Draw one message anew although it did not change; `key`: see `keyOf`. */
  redraw(key) {
    const message = [...this.rows.keys()].find((one) => keyOf(one) === key);
    this.rows.delete(message);
    this.pinned = false;
    this.update();
  }

  showTyping(people) {
    const group = this.view.chat.kind === "group";
    const names = people
      .slice(0, 2)
      .map((person) => this.view.world.person(person).name)
      .join(" and ");
    const words =
      people.length > 2 ? `${people.length} people are typing` : `${names} ${people.length > 1 ? "are" : "is"} typing`;
    this.typing.replaceChildren(
      ...(people.length
        ? [
            el("span", { class: "dots" }, el("i"), el("i"), el("i")),
            el("span", { class: group ? "" : "visually-hidden" }, words),
          ]
        : []),
    );
    this.typing.hidden = people.length === 0;
    if (this.pinned) this.stick();
  }

  // --- scrolling ---

  stick() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** A row that is in view, and where. */
  anchor() {
    const top = this.scroller.scrollTop;
    for (const node of this.list.children) {
      if (node.offsetTop + node.offsetHeight > top) return { message: node.messageShown, offset: node.offsetTop - top };
    }
    return null;
  }

  keep(anchor) {
    if (anchor === null) return;
    const now = [...this.rows.values()].find(({ node }) => node.messageShown.seq === anchor.message.seq);
    if (now) this.scroller.scrollTop = now.node.offsetTop - anchor.offset;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    this.pinned = this.end === Infinity && below < PINNED;
    this.showJump();
    if (this.pinned) this.seen();
    if (scrollTop < NEAR) this.extendUp();
    else if (below < NEAR && this.end !== Infinity) this.extendDown();
  }

  showJump() {
    const { world, chat, person } = this.view;
    this.jump.hidden = this.pinned;
    const count = this.pinned ? 0 : world.unread(chat, person);
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 99 ? "99+" : String(count);
  }

  async extendUp() {
    const { messages } = this.thread;
    const from = this.thread.index(this.start);
    if (from === 0) {
      if (this.thread.whole || this.asking || messages.length === 0) return;
      this.asking = true;
      await this.older(messages[0].seq, OLDER).finally(() => (this.asking = false));
      if (this.thread.index(this.start) === 0) return;
    }
    const at = Math.max(0, this.thread.index(this.start) - PAGE);
    this.start = this.thread.messages[at].seq;
    const last = at + MOST - 1;
    if (last < this.thread.messages.length - 1) this.end = this.thread.messages[last].seq;
    this.update();
  }

  extendDown() {
    const { messages } = this.thread;
    const last = Math.min(messages.length - 1, this.thread.index(this.end) + PAGE);
    this.end = last === messages.length - 1 ? Infinity : messages[last].seq;
    this.start = messages[Math.max(this.thread.index(this.start), last - MOST + 1)].seq;
    this.update();
  }

  toEnd() {
    const { messages } = this.thread;
    this.end = Infinity;
    this.start = Math.max(this.start, messages[Math.max(0, messages.length - PAGE)]?.seq ?? 0);
    this.pinned = true;
    this.update();
  }

  /** Scroll to a message and flash it; false when the world has it no more. */
  async reveal(sender, id) {
    let found = this.thread.find(sender, id);
    for (let tries = 0; !found && !this.thread.whole && tries < SEARCHES; tries++) {
      await this.older(this.thread.messages[0].seq, 2 * OLDER);
      found = this.thread.find(sender, id);
    }
    if (!found) return false;
    if (!this.rows.has(found)) {
      const at = this.thread.index(found.seq);
      const { messages } = this.thread;
      this.pinned = false;
      this.start = messages[Math.max(0, at - PAGE / 2)].seq;
      this.end = at + PAGE >= messages.length ? Infinity : messages[at + PAGE].seq;
      this.update();
    }
    const { node } = this.rows.get(found);
    node.scrollIntoView({
      block: "center",
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
    node.classList.remove("flash");
    requestAnimationFrame(() => node.classList.add("flash"));
    node.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
    return true;
  }

  /** The message that a node of the page belongs to. */
  messageAt(node) {
    return node.closest?.(".row")?.messageShown;
  }

  keyed(event) {
    const bubbles = [...this.list.querySelectorAll(".bubble")];
    const at = bubbles.indexOf(document.activeElement);
    const steps = { ArrowUp: at < 0 ? bubbles.length - 1 : at - 1, ArrowDown: at + 1 };
    if (event.key in steps && bubbles.length > 0) {
      event.preventDefault();
      bubbles[Math.max(0, Math.min(bubbles.length - 1, steps[event.key]))].focus();
    } else if (at >= 0 && (event.key === "Enter" || event.key === "ContextMenu") && event.target === bubbles[at]) {
      event.preventDefault();
      this.view.act.menu(this.messageAt(bubbles[at]), bubbles[at].querySelector(".open-menu") ?? bubbles[at]);
    }
  }
}

/** How a message stands among its neighbours. */
function shapeOf(message, before, unread, top) {
  const day = before === undefined ? true : dayOf(before.time) !== dayOf(message.time);
  const follows = before && !before.notice && before.sender === message.sender && message.time - before.time < RUN;
  return { day: day || top, first: !follows || day || top || unread > 0, unread };
}

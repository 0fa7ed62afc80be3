// A card for the first visit: what to try. It fills the composer and sends nothing.
import { read, write } from "./desk.js";
import { button, el, iconButton } from "./dom.js";

const STORED = "whinchat.hint";
const LINK = "https://paypa1-login.pages.dev/verify";
const COMMAND = "!scan help";

/** Shows the card in a column of a chat with the bot, until it is closed or something was tried. */
export class Hint {
  constructor(app) {
    this.app = app;
    this.closed = read(STORED) === "closed";
    this.card = null;
    this.filled = false;
  }

  place(columns) {
    if (this.closed) return;
    const { world } = this.app;
    const column = columns.find(
      ({ chat }) => chat?.kind === "group" && chat.members.some((member) => world.person(member).bot),
    );
    const goal = column ?? columns.find(({ chat }) => chat?.members.some((member) => world.person(member).bot));
    if (!goal) this.card?.remove();
    else if (this.card?.parentNode !== goal.hint) goal.hint.replaceChildren((this.card = this.make(goal)));
  }

  make(column) {
    const fill = (text) => {
      this.filled = true;
      column.composer.fill(text);
    };
    return el(
      "aside",
      { class: "hint", "aria-label": "Something to try" },
      el("img", { src: "bird.svg", alt: "", width: 36, height: 36 }),
      el(
        "div",
        { class: "grow" },
        el("b", {}, "Post a dangerous link and watch"),
        el("code", {}, LINK),
        el(
          "div",
          { class: "hint-buttons" },
          button("Fill it in", () => fill(LINK), { className: "primary" }),
          button(`or ${COMMAND}`, () => fill(COMMAND), { className: "quiet" }),
        ),
      ),
      iconButton("close", "Close this hint", () => this.close()),
    );
  }

  /** A message was sent: who has tried it needs the card no more. */
  sent() {
    if (this.filled) this.close();
  }

  close() {
    this.closed = true;
    write(STORED, "closed");
    this.card?.remove();
  }
}

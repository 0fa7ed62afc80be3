// What comes and goes above the page: dialogs, menus, short notes, and the large view of a picture.
import { arrowKeys, button, el, icon, iconButton, isolated } from "./dom.js";

const NOTE_TIME = 6_000; // milliseconds
const MARGIN = 8; // pixels between a menu and the edge of the window

/**
 * A dialog with a title and `content`; Escape and a click beside it close it. `submit`, a label, and `act` make it a
 * form: the action gets the FormData, and a promise that gives `false` keeps it open. Gives the dialog.
 */
export function dialog(title, content, { submit, act, className = "" } = {}) {
  const close = () => box.close();
  const send = async (event) => {
    event.preventDefault();
    if (!submit) return;
    submitter.disabled = true;
    if ((await act(new FormData(form))) !== false) close();
    submitter.disabled = false;
  };
  const submitter = submit && el("button", { type: "submit", class: "button primary" }, submit);
  const form = el(
    "form",
    { method: "dialog", class: "dialog-form", on: { submit: send } },
    el("header", { class: "dialog-head" }, el("h2", {}, title), iconButton("close", "Close", close)),
    el("div", { class: "dialog-body" }, content),
    submit && el("footer", { class: "dialog-foot" }, button("Cancel", close), submitter),
  );
  const box = el("dialog", { class: `dialog ${className}`.trim(), "aria-label": title }, form);
  const beside = (event) => event.target === box && close();
  box.addEventListener("pointerdown", beside);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Asks before something is done. */
export function confirmed(title, words, label, act) {
  return dialog(title, el("p", {}, words), { submit: label, act, className: "small" });
}

/** Shows something large. */
export function large(node, title) {
  dialog(title, el("div", { class: "large-view" }, node), { className: "wide" });
}

/** A short note at the bottom of the page; `bad` for what went wrong. */
export function note(words, { hint = "", bad = false } = {}) {
  const box = el(
    "div",
    { class: bad ? "toast bad" : "toast" },
    el("b", { dir: "auto" }, words),
    hint && el("span", { dir: "auto" }, hint),
  );
  const toasts = document.getElementById("toasts");
  toasts.append(box);
  while (toasts.childElementCount > 3) toasts.firstChild.remove();
  const end = () => box.remove();
  box.addEventListener("click", end);
  setTimeout(end, NOTE_TIME);
}

let openMenu = null;

export function closeMenu() {
  openMenu?.();
}

/**
 * A menu at `anchor`: `items` are `{icon, label, act, bad}` or nodes of their own; `top` goes above them. One menu is
 * open at a time; Escape, a choice or a click elsewhere ends it and gives the focus back.
 */
export function menu(anchor, items, { top = null, label = "Menu", className = "" } = {}) {
  closeMenu();
  const before = document.activeElement;
  const box = el(
    "div",
    { class: `menu ${className}`.trim(), role: "menu", "aria-label": label, tabIndex: -1 },
    top,
    items.filter(Boolean).map(menuItem),
  );
  const settle = () => place(box, anchor.getBoundingClientRect());
  const close = (event) => {
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", settle);
    box.remove();
    openMenu = null;
    if (event === undefined) before?.focus?.({ preventScroll: true });
  };
  const outside = (event) => !box.contains(event.target) && close(event);
  const keyed = (event) => {
    if (event.key !== "Escape" && event.key !== "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  box.addEventListener("keydown", keyed);
  box.addEventListener("click", (event) => event.target.closest("[role^=menuitem], .closes") && close());
  arrowKeys(box, "button");
  (anchor.closest?.("dialog") ?? document.body).append(box);
  settle();
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", settle);
  openMenu = close;
  box.querySelector("button, input")?.focus({ preventScroll: true });
  return close;
}

function menuItem(item) {
  if (item instanceof Node) return item;
  const { icon: name, label, act, bad } = item;
  return el(
    "button",
    {
      type: "button",
      role: "menuitem",
      class: bad ? "menu-item bad" : "menu-item",
      on: { click: () => setTimeout(act) }, // the menu closes first, so that what opens now keeps the focus
    },
    name && icon(name),
    isolated(label, "grow"),
  );
}

/** Below the anchor, or above it where there is more room, and never outside the window. */
function place(box, anchor) {
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = Math.max(MARGIN, Math.min(anchor.left, innerWidth - width - MARGIN));
  const below = anchor.bottom + 4;
  const top = below + height + MARGIN <= innerHeight ? below : Math.max(MARGIN, anchor.top - height - 4);
  box.style.left = `${left}px`;
  box.style.top = `${Math.min(top, Math.max(MARGIN, innerHeight - height - MARGIN))}px`;
}

/** A labelled field of a form. */
export function field(label, input, hint = "") {
  return el("label", { class: "field" }, el("span", {}, label), input, hint && el("small", {}, hint));
}

export function switchBox(label, { checked = false, name, change, detail = "" } = {}) {
  const input = el("input", {
    type: "checkbox",
    role: "switch",
    checked,
    name,
    on: change ? { change: () => change(input.checked) } : {},
  });
  return el(
    "label",
    { class: "switch" },
    el("span", { class: "grow" }, label, detail && el("small", {}, detail)),
    input,
  );
}

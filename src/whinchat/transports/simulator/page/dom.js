// Small helpers to build the page. What strangers wrote goes in as text nodes only: there is no innerHTML anywhere.
import { PATHS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "tabIndex"]);

/** An element. `options`: `class`, `on` (event handlers), a few properties, attributes. Children: nodes, text, nothing. */
export function el(name, options = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (PROPERTIES.has(key)) node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** A picture of our own, drawn with lines that take the colour of the text. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon only; `label` is what it is called. */
export function iconButton(name, label, click, className = "") {
  return el(
    "button",
    { type: "button", class: `icon-button ${className}`.trim(), "aria-label": label, title: label, on: { click } },
    icon(name),
  );
}

/** A button with words, and perhaps an icon before them. */
export function button(words, click, { name = null, className = "" } = {}) {
  return el(
    "button",
    { type: "button", class: `button ${className}`.trim(), on: { click } },
    name && icon(name),
    words,
  );
}

/** A name or other short text of a stranger, kept apart from the direction of what surrounds it. */
export function isolated(text, className = "") {
  return el("bdi", { class: className || undefined }, text);
}

/** Let the browser paint before `act`, at most once until then. */
export function oncePerFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      act();
    });
  };
}

/** Makes `nodes` the children of `parent`; those that are in place already are not touched and keep their focus. */
export function arrange(parent, nodes) {
  let place = parent.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/** New children for `parent`; what stands where the focus was has it again, and the scroll stays. */
export function redraw(parent, children) {
  const reachable = () => [...parent.querySelectorAll("button, input, select, summary")];
  const at = reachable().indexOf(document.activeElement);
  const { scrollTop, scrollLeft } = parent;
  parent.replaceChildren(...children.filter(Boolean));
  Object.assign(parent, { scrollTop, scrollLeft });
  if (at >= 0) reachable()[at]?.focus({ preventScroll: true });
}

/** Arrow keys, Home and End move the focus among the elements that `selector` finds in `list`. */
export function arrowKeys(list, selector) {
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || (event.target.matches("input") && !event.key.startsWith("Arrow"))) return;
    const items = [...list.querySelectorAll(selector)].filter((item) => !item.disabled && item.offsetParent !== null);
    if (items.length === 0) return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement);
    const next = Math.min(items.length - 1, Math.max(0, at + steps[event.key]));
    items[next].focus();
  });
}

export function say(text) {
  document.getElementById("announcer").textContent = text;
}

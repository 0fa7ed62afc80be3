// Faces: initials on a person's colour, and colours that can be read on light and on dark paper.
import { el, icon } from "./dom.js";

// The darkest light and the lightest dark on which a name stands: a quote in one's own bubble.
const LIGHT_PAPER = [244, 218, 193];
const DARK_PAPER = [96, 68, 46];
const READABLE = 4.6; // contrast, a little above what WCAG AA asks
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const shades = new Map();

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** `rgb` moved towards `goal` until it can be read on `paper`. */
function readable(rgb, paper, goal) {
  let found = rgb;
  for (let step = 1; step <= 20 && contrast(found, paper) < READABLE; step++) {
    found = rgb.map((value, index) => Math.round(value + ((goal[index] - value) * step) / 20));
  }
  return `rgb(${found.join(" ")})`;
}

/** The colours that a person's colour stands for: names on light and dark paper, and a face with white letters. */
function shadesOf(colour) {
  if (!shades.has(colour)) {
    const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour) ?? ["", "80", "80", "80"];
    const rgb = match.slice(1).map((part) => parseInt(part, 16));
    shades.set(colour, {
      light: readable(rgb, LIGHT_PAPER, [0, 0, 0]),
      dark: readable(rgb, DARK_PAPER, [255, 255, 255]),
      face: readable(rgb, [255, 255, 255], [0, 0, 0]),
    });
  }
  return shades.get(colour);
}

/** Gives an element the person's colour: `--own` for text, `--own-face` behind white letters. */
export function tinted(node, colour) {
  const { light, dark, face } = shadesOf(colour);
  node.classList.add("tinted");
  node.style.setProperty("--own-light", light);
  node.style.setProperty("--own-dark", dark);
  node.style.setProperty("--own-face", face);
  return node;
}

function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => graphemes.segment(word)[Symbol.iterator]().next().value.segment.toUpperCase()).join("");
}

/** `size`: small, medium or large. */
export function personAvatar(person, size = "medium") {
  const face = el("span", { class: `avatar ${size}`, "aria-hidden": "true" });
  if (person === undefined) return face;
  face.append(
    person.bot ? el("img", { src: "bird.svg", alt: "", draggable: "false" }) : el("span", {}, initials(person.name)),
  );
  if (person.bot) face.classList.add("bot");
  if (!person.online) face.classList.add("away");
  return tinted(face, person.colour);
}

const GROUP_COLOURS = ["#5c7a99", "#8a6d3b", "#6f7d4f", "#94615a", "#6b6391", "#4f8079"];

export function groupAvatar(chat, size = "medium") {
  let sum = 0;
  for (const character of chat.id) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return tinted(
    el("span", { class: `avatar ${size}`, "aria-hidden": "true" }, icon("group")),
    GROUP_COLOURS[sum % GROUP_COLOURS.length],
  );
}

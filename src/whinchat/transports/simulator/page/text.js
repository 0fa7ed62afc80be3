// WhatsApp's formatting, as nodes. Links look like links and lead nowhere: they may be what this project warns about.
import { el } from "./dom.js";

const TAGS = { "*": "strong", _: "em", "~": "s", "`": "code" };
const DEEPEST = 4;
const FOLD_LENGTH = 900; // characters
const FOLD_LINES = 24;
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;
const OPENING = new Set("([{<\"'*_~`");
const CLOSING = new Set(".,;:!?)]}>\"'*_~`");
const SCHEME = /^[a-z][a-z0-9+.-]{1,15}:\/\/\S/i;
const ENDINGS = new Set(
  (
    "com org net info biz xyz top site online shop store app dev page cloud club live link click icu buzz vip name " +
    "example test"
  ).split(" "),
);
const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;
const HINT = "Links are never opened from here: they may be dangerous";
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One to three emoji and nothing else are shown large. */
export function isEmojiOnly(text) {
  return (
    text.length > 0 &&
    text.length <= 40 &&
    EMOJI_ONLY.test(text) &&
    [...graphemes.segment(text.replace(/\s/g, ""))].length <= 3
  );
}

/** The beginning of a long text; null when it is short enough to be shown whole. */
export function folded(text) {
  let end = text.length > FOLD_LENGTH ? FOLD_LENGTH - 100 : text.length;
  let line = -1;
  for (let count = 0; count < FOLD_LINES && line < end; count++) {
    line = text.indexOf("\n", line + 1);
    if (line < 0) break;
  }
  if (line >= 0) end = Math.min(end, line);
  if (end === text.length) return null;
  const space = text.lastIndexOf(" ", end);
  if (space > end - 60) end = space;
  else if (/[\ud800-\udbff]/.test(text[end - 1])) end -= 1;
  return text.slice(0, end).trimEnd();
}

/** Blocks of a text. `mentions`: `{name, phone}` of those who are called in it with an @. */
export function formatted(text, mentions = []) {
  const called = [...mentions].sort((one, other) => other.name.length - one.name.length);
  const blocks = [];
  let at = 0;
  while (at <= text.length) {
    const open = text.indexOf("```", at);
    const close = open < 0 ? -1 : text.indexOf("```", open + 4);
    if (close < 0) {
      plainBlocks(text.slice(at), called, blocks);
      break;
    }
    if (open > at) plainBlocks(text.slice(at, open), called, blocks);
    blocks.push(el("pre", { class: "code" }, text.slice(open + 3, close).replace(/^\n|\n$/g, "")));
    at = close + 3;
    if (at === text.length) break;
  }
  for (const block of blocks) block.dir = "auto"; // when it is filled: else the browser looks again at every word
  return blocks;
}

/** Consecutive lines of one kind become one block: talk, a quotation (`> `) or an item (`- `, `* `, `• `). */
function plainBlocks(text, called, blocks) {
  let kind = null;
  let block = null;
  for (const line of text.split("\n")) {
    const mark = /^(> ?|[-*•] )(?=\S)/.exec(line)?.[1] ?? "";
    const found = mark.startsWith(">") ? "quotation" : mark ? "item" : "talk";
    if (found !== kind || found === "item") {
      block = el("div", { class: `text ${found}` });
      blocks.push(block);
      kind = found;
    } else {
      block.append("\n");
    }
    const rest = line.slice(mark.length);
    inline(block, { ...linksIn(rest), text: rest, called }, 0, rest.length, 0);
  }
}

/** Marks around words, from `from` to `to` of a line. */
function inline(into, line, from, to, depth) {
  const ends = depth < DEEPEST ? closings(line, from, to) : {};
  let plain = from;
  let at = from;
  while (at < to) {
    const end = opens(line, at, from) ? nextEnd(ends[line.text[at]], at) : undefined;
    if (end === undefined) {
      at += 1;
      continue;
    }
    words(into, line, plain, at);
    const node = el(TAGS[line.text[at]]);
    if (line.text[at] === "`") node.append(line.text.slice(at + 1, end));
    else inline(node, line, at + 1, end, depth + 1);
    into.append(node);
    plain = at = end + 1;
  }
  words(into, line, plain, to);
}

function opens({ text, inLink }, at, from) {
  const next = text[at + 1];
  if (!(text[at] in TAGS) || inLink[at] || next === undefined || next === text[at] || SPACE.test(next)) return false;
  return at === from || !WORD.test(text[at - 1]);
}

/** For every mark the places where it may end, last first, so that the nearest is at the back. */
function closings(line, from, to) {
  const found = {};
  for (let at = to - 1; at > from; at--) {
    const mark = line.text[at];
    if (!(mark in TAGS) || line.inLink[at] || SPACE.test(line.text[at - 1])) continue;
    if (at + 1 === to || !WORD.test(line.text[at + 1])) (found[mark] ??= []).push(at);
  }
  return found;
}

function nextEnd(ends = [], at) {
  while (ends.length > 0 && ends[ends.length - 1] <= at + 1) ends.pop();
  return ends[ends.length - 1];
}

// --- links and mentions ---

/** `links` as `[start, end]`, and for every character whether it is `inLink`. */
function linksIn(text) {
  const links = [];
  const inLink = new Uint8Array(text.length);
  for (const { 0: token, index } of text.matchAll(/\S+/g)) {
    let start = 0;
    let end = token.length;
    while (start < end && OPENING.has(token[start])) start += 1;
    while (end > start && CLOSING.has(token[end - 1])) end -= 1;
    if (!isLink(token.slice(start, end))) continue;
    links.push([index + start, index + end]);
    inLink.fill(1, index + start, index + end);
  }
  return { links, inLink };
}

/** Good enough to look right; the scanner itself decides what a link is. */
function isLink(word) {
  if (word.length < 4 || word.length > 4096) return false;
  if (SCHEME.test(word)) return true;
  const labels = word.split(/[/?#:]/, 1)[0].split(".");
  if (labels.length < 2 || labels.some((label) => label === "" || label.includes("@"))) return false;
  const ending = labels[labels.length - 1].toLowerCase();
  if (labels[0].toLowerCase() === "www") return labels.length > 2;
  return ENDINGS.has(ending) || (/^[a-z]{2}$/.test(ending) && labels[labels.length - 2].length > 1);
}

/** Text without marks. It comes in order, so each link is taken from the front when its turn has come. */
function words(into, line, from, to) {
  let at = from;
  while (line.links.length > 0 && line.links[0][1] <= to) {
    const [start, end] = line.links.shift();
    mentioned(into, line.text.slice(at, start), line.called);
    into.append(deadLink(line.text.slice(start, end)));
    at = end;
  }
  if (at < to) mentioned(into, line.text.slice(at, to), line.called);
}

export function deadLink(text) {
  return el("span", { class: "link", title: HINT }, text);
}

function mentioned(into, text, called) {
  let plain = 0;
  for (let at = text.indexOf("@"); at >= 0 && called.length > 0; at = text.indexOf("@", at + 1)) {
    const person = called.find(({ name, phone }) =>
      [name, phone.slice(1)].some((word) => text.startsWith(word, at + 1)),
    );
    if (person === undefined) continue;
    const word = text.startsWith(person.name, at + 1) ? person.name : person.phone.slice(1);
    into.append(text.slice(plain, at), el("span", { class: "mention" }, `@${person.name}`));
    plain = at + 1 + word.length;
  }
  if (plain < text.length) into.append(text.slice(plain));
}

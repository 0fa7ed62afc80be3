// Everything that a message can hold besides its text.
import { el, icon, isolated } from "./dom.js";
import { deadLink } from "./text.js";

const DETAIL_LINES = /^(?:TEL|EMAIL|URL|ORG|TITLE|NOTE|ADR)\b[^:]*:(.+)$/gim;
const MOST_DETAILS = 8;

/** The parts above the text, in WhatsApp's order. `show(node, title)` opens something large. */
export function partsAbove(content, show) {
  return [
    content.ad && adCard(content.ad),
    content.media && (content.view_once ? hiddenMedia(content.media, show) : media(content.media, show)),
    content.location && locationCard(content.location),
    (content.contacts ?? []).map(contactCard),
    content.invite && inviteCard(content.invite),
    content.preview && previewCard(content.preview),
    content.header && el("p", { class: "header", dir: "auto" }, content.header),
    content.poll && pollCard(content.poll),
  ]
    .flat()
    .filter(Boolean);
}

/** The buttons and rows below the text; `choose(title)` answers with one. */
export function choices({ buttons = [], rows = [] }, choose) {
  return [
    buttons.length > 0 &&
      el(
        "div",
        { class: "choices" },
        buttons.map((one) => choiceButton(one, choose)),
      ),
    rows.length > 0 &&
      el(
        "div",
        { class: "choices" },
        rows.map((one) => rowButton(one, choose)),
      ),
  ].filter(Boolean);
}

// --- media ---

const address = (handle) => `api/media/${encodeURIComponent(handle)}`;

function media(found, show) {
  const makers = { image: picture, sticker, video, audio };
  return (makers[found.kind] ?? documentCard)(found, show);
}

function picture(found, show) {
  const image = el("img", {
    src: address(found.handle),
    alt: found.file_name || "Picture",
    loading: "lazy",
    decoding: "async",
    on: { error: missing },
  });
  const open = () =>
    show(el("img", { src: address(found.handle), alt: found.file_name || "Picture" }), found.file_name || "Picture");
  return el(
    "button",
    {
      type: "button",
      class: "media picture",
      "aria-label": `Open picture ${found.file_name ?? ""}`.trim(),
      on: { click: open },
    },
    image,
  );
}

function sticker(found) {
  return el(
    "div",
    { class: "media sticker" },
    el("img", { src: address(found.handle), alt: "Sticker", loading: "lazy", on: { error: missing } }),
  );
}

function video(found) {
  return el(
    "div",
    { class: "media video" },
    el("video", {
      src: address(found.handle),
      controls: true,
      preload: "metadata",
      playsinline: true,
      "aria-label": found.file_name || "Video",
      on: { error: missing },
    }),
  );
}

function audio(found) {
  const player = el("audio", {
    src: address(found.handle),
    controls: true,
    preload: "metadata",
    "aria-label": found.file_name || "Audio",
  });
  return el("div", { class: "media audio" }, icon("sound"), player);
}

function missing(event) {
  event.target.replaceWith(el("span", { class: "missing" }, icon("picture"), "no longer there"));
}

/** What may be seen once stays covered until it is asked for. */
function hiddenMedia(found, show) {
  const word = { image: "Photo", video: "Video", audio: "Audio" }[found.kind] ?? "Media";
  const open = () =>
    show(media({ ...found, kind: found.kind === "sticker" ? "image" : found.kind }, show), "View once");
  return el(
    "button",
    { type: "button", class: "card once", on: { click: open } },
    icon("once"),
    el("span", {}, el("b", {}, word), el("small", {}, "View once: tap to open")),
  );
}

function sizeText(bytes) {
  const units = ["B", "kB", "MB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function documentCard(found) {
  const name = found.file_name || "Document";
  const type = name.includes(".") ? name.split(".").pop().slice(0, 6) : found.mime.split("/").pop();
  return el(
    "div",
    { class: "card document" },
    el("span", { class: "sheet" }, icon("document")),
    el(
      "span",
      { class: "grow" },
      el("b", { class: "clip", dir: "auto", title: name }, name),
      el("small", {}, `${sizeText(found.size ?? 0)} · ${type}`),
    ),
    el(
      "a",
      {
        class: "icon-button",
        href: address(found.handle),
        download: name,
        title: "Save",
        "aria-label": `Save ${name}`,
      },
      icon("save"),
    ),
  );
}

// --- cards ---

function hostOf(url) {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/*/i, "").split(/[/?#]/, 1)[0];
}

function previewCard({ url = "", title = "", description = "" }) {
  return el(
    "div",
    { class: "card preview" },
    title && el("b", { dir: "auto" }, title),
    description && el("p", { dir: "auto", class: "lines" }, description),
    url && el("small", { class: "host" }, icon("link"), isolated(hostOf(url))),
  );
}

function adCard({ url = "", title = "", body = "" }) {
  return el(
    "div",
    { class: "card preview ad" },
    el("small", { class: "label" }, icon("megaphone"), "Answer to an advertisement"),
    title && el("b", { dir: "auto" }, title),
    body && el("p", { dir: "auto", class: "lines" }, body),
    url && el("small", { class: "host" }, icon("link"), isolated(hostOf(url))),
  );
}

function contactCard({ name = "", vcard = "" }) {
  const details = [...vcard.matchAll(DETAIL_LINES)].slice(0, MOST_DETAILS).map(([, value]) => value.trim());
  return el(
    "div",
    { class: "card contact" },
    el("span", { class: "avatar medium" }, icon("person")),
    el(
      "span",
      { class: "grow" },
      el("b", { dir: "auto" }, name || "Contact"),
      details.map((line) => el("small", { dir: "auto" }, line)),
    ),
  );
}

function locationCard({ latitude = 0, longitude = 0, name = "", address: street = "", url = "" }) {
  return el(
    "div",
    { class: "card location" },
    el("div", { class: "map", "aria-hidden": "true" }, icon("pin")),
    el(
      "div",
      { class: "caption" },
      el("b", { dir: "auto" }, name || "Location"),
      street && el("small", { dir: "auto" }, street),
      el("small", {}, `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`),
      url && el("small", {}, deadLink(url)),
    ),
  );
}

function pollCard({ question = "", options = [] }) {
  return el(
    "div",
    { class: "poll" },
    el("b", { dir: "auto" }, question || "Poll"),
    el(
      "ul",
      {},
      options.map((option) => el("li", {}, el("span", { class: "dot" }), el("span", { dir: "auto" }, option))),
    ),
  );
}

function inviteCard({ code = "", group_name: group = "", caption = "" }) {
  return el(
    "div",
    { class: "card invite" },
    el("span", { class: "avatar medium" }, icon("invite")),
    el(
      "span",
      { class: "grow" },
      el("b", { dir: "auto" }, group || "Group"),
      el("small", {}, "Invitation to a group"),
      caption && el("small", { dir: "auto" }, caption),
      code && el("small", { class: "code-line", dir: "auto" }, code),
    ),
  );
}

// --- choices ---

function choiceButton({ title = "", url = "" }, choose) {
  const hint = `${url}\nLinks are never opened from here: they may be dangerous`;
  if (url) return el("span", { class: "choice outside", title: hint }, icon("link"), isolated(title || url));
  const answer = { click: () => choose(title) };
  return el("button", { type: "button", class: "choice", on: answer }, icon("reply"), isolated(title));
}

function rowButton({ title = "", description = "", url = "" }, choose) {
  return el(
    "button",
    { type: "button", class: "row-choice", on: { click: () => choose(title || description) } },
    el("b", { dir: "auto" }, title),
    description && el("small", { dir: "auto" }, description),
    url && el("small", {}, deadLink(url)),
  );
}

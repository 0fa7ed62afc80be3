// Every kind of message beside plain text, each from a small dialog.
import { el } from "./dom.js";
import { dialog, field, menu, note, switchBox } from "./overlays.js";
import { drawQr } from "./qr.js";

const LARGEST = 16 * 1024 * 1024; // bytes

export function attachMenu(composer, anchor) {
  const items = [
    ["picture", "Picture, video or file", () => chooseFile((file) => fileDialog(composer, file))],
    ["qr", "Picture of a QR code", () => qrDialog(composer)],
    ["sticker", "Sticker", () => chooseFile((file) => sendSticker(composer, file), "image/*")],
    ["contact", "Contact", () => contactDialog(composer)],
    ["pin", "Location", () => locationDialog(composer)],
    ["poll", "Poll", () => pollDialog(composer)],
    ["link", "Link with preview", () => previewDialog(composer)],
    ["buttons", "Buttons", () => buttonsDialog(composer)],
    ["list", "List", () => listDialog(composer)],
    ["invite", "Group invitation", () => inviteDialog(composer)],
    ["megaphone", "Answer to an advertisement", () => adDialog(composer)],
    ["forward", "Text with marks…", () => markedDialog(composer)],
  ];
  menu(
    anchor,
    items.map(([icon, label, act]) => ({ icon, label, act })),
    { label: "Attach", className: "two-columns" },
  );
}

// --- files ---

function chooseFile(act, accept = "") {
  const input = el("input", { type: "file", accept: accept || undefined });
  input.addEventListener("change", () => input.files[0] && act(input.files[0]));
  input.click();
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

const kindOf = (mime) => (["image", "video", "audio"].includes(mime.split("/")[0]) ? mime.split("/")[0] : "document");

async function asMedia(file, kind) {
  const mime = file.type || "application/octet-stream";
  return { kind: kind ?? kindOf(mime), mime, data: await base64(file), file_name: file.name };
}

function fits(file) {
  if (file.size <= LARGEST) return true;
  note("That file is too large", { hint: "at most 16 MB can be sent", bad: true });
  return false;
}

export function fileDialog(composer, file) {
  if (!fits(file)) return;
  const kind = kindOf(file.type);
  const url = kind === "image" ? URL.createObjectURL(file) : null;
  const caption = input("text", { placeholder: "Add a caption", autofocus: true });
  const asFile = switchBox("Send as a document", { name: "document" });
  const content = [
    el("div", { class: "file-shown" }, url ? el("img", { src: url, alt: "" }) : el("b", { dir: "auto" }, file.name)),
    field("Caption", caption),
    kind === "document" ? null : asFile,
    ...markSwitches(),
  ];
  const box = ask(composer, "Send a file", content, async (form) => ({
    content: { text: form.get("text"), ...marks(form) },
    media: await asMedia(file, form.has("document") ? "document" : kind),
    forwarded: form.has("forwarded"),
  }));
  if (url) box.addEventListener("close", () => URL.revokeObjectURL(url));
}

async function sendSticker(composer, file) {
  if (fits(file)) composer.post({ media: await asMedia(file, "sticker") });
}

function qrDialog(composer) {
  const canvas = el("canvas", { class: "qr", width: 320, height: 320, "aria-label": "QR code" });
  const text = input("code", {
    value: "https://paypa1-login.pages.dev/verify",
    required: true,
    maxlength: 270,
    on: { input: () => drawQr(canvas, text.value) },
  });
  drawQr(canvas, text.value);
  const content = [
    field("What the code says", text),
    canvas,
    field("Caption", input("text", { placeholder: "Scan me" })),
    ...markSwitches(),
  ];
  ask(composer, "Picture of a QR code", content, async (form) => {
    const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return {
      content: { text: form.get("text"), ...marks(form) },
      media: { kind: "image", mime: "image/png", data: await base64(picture), file_name: "code.png" },
      forwarded: form.has("forwarded"),
    };
  });
}

// --- cards ---

function contactDialog(composer) {
  const content = [
    field("Name", input("name", { required: true, autofocus: true })),
    field("Phone", input("phone", { type: "tel", placeholder: "+5511900000001" })),
    field("Web site", input("url", { placeholder: "https://example.org" })),
  ];
  ask(composer, "Contact", content, (form) => {
    const clean = (name) =>
      form
        .get(name)
        .replace(/[\r\n]+/g, " ")
        .trim();
    const lines = ["BEGIN:VCARD", "VERSION:3.0", `FN:${clean("name")}`];
    if (clean("phone")) lines.push(`TEL;TYPE=CELL:${clean("phone")}`);
    if (clean("url")) lines.push(`URL:${clean("url")}`);
    return { content: { contacts: [{ name: clean("name"), vcard: [...lines, "END:VCARD"].join("\r\n") }] } };
  });
}

function locationDialog(composer) {
  const number = (name, value, most) =>
    input(name, { type: "number", step: "any", min: -most, max: most, value, required: true });
  const content = [
    field("Name", input("name", { value: "Farmers’ market", autofocus: true })),
    field("Address", input("address")),
    el(
      "div",
      { class: "pair" },
      field("Latitude", number("latitude", "38.7223", 90)),
      field("Longitude", number("longitude", "-9.1393", 180)),
    ),
    field("Web site", input("url", { placeholder: "https://example.org" })),
  ];
  ask(composer, "Location", content, (form) => ({
    content: {
      location: {
        latitude: Number(form.get("latitude")),
        longitude: Number(form.get("longitude")),
        name: form.get("name"),
        address: form.get("address"),
        url: form.get("url"),
      },
    },
  }));
}

function pollDialog(composer) {
  const content = [
    field("Question", input("question", { required: true, autofocus: true })),
    field("Options", lines("options", "Friday\nSaturday\nSunday"), "One on each line."),
  ];
  ask(composer, "Poll", content, (form) => ({
    content: { poll: { question: form.get("question"), options: split(form.get("options")) } },
  }));
}

function previewDialog(composer) {
  const content = [
    field("Text", input("text", { value: "Look at this: https://example.org/", required: true, autofocus: true })),
    el("span", { class: "legend" }, "What the sender’s app claims about the link"),
    field("Address", input("url", { value: "https://example.org/" })),
    field("Title", input("title", { value: "Example" })),
    field("Description", input("description")),
  ];
  ask(composer, "Link with preview", content, (form) => ({
    content: {
      text: form.get("text"),
      preview: { url: form.get("url"), title: form.get("title"), description: form.get("description") },
    },
  }));
}

function buttonsDialog(composer) {
  const content = [
    field("Header", input("header")),
    field("Text", input("text", { value: "How do you like it?", required: true, autofocus: true })),
    field("Footer", input("footer")),
    field("Buttons", lines("buttons", "Great\nVisit us | https://example.org"), "One on each line; a link after |."),
  ];
  ask(composer, "Buttons", content, (form) => ({
    content: {
      header: form.get("header"),
      text: form.get("text"),
      footer: form.get("footer"),
      buttons: split(form.get("buttons")).map((line) => parted(line, "url")),
    },
  }));
}

function listDialog(composer) {
  const content = [
    field("Header", input("header")),
    field("Text", input("text", { value: "Choose one:", required: true, autofocus: true })),
    field("Footer", input("footer")),
    field(
      "Rows",
      lines("rows", "Basic | 5 € a month\nFamily | 9 € a month"),
      "One on each line; a description after |.",
    ),
  ];
  ask(composer, "List", content, (form) => ({
    content: {
      header: form.get("header"),
      text: form.get("text"),
      footer: form.get("footer"),
      rows: split(form.get("rows")).map((line) => parted(line, "description")),
    },
  }));
}

function inviteDialog(composer) {
  const content = [
    field("Name of the group", input("group_name", { required: true, autofocus: true })),
    field("Code", input("code", { value: "Ab12Cd34Ef56" })),
    field("Caption", input("caption")),
  ];
  ask(composer, "Group invitation", content, (form) => ({ content: { invite: Object.fromEntries(form) } }));
}

function adDialog(composer) {
  const content = [
    field("Text", input("text", { value: "Is this still available?", required: true, autofocus: true })),
    el("span", { class: "legend" }, "The advertisement that is answered"),
    field("Address", input("url", { value: "https://example.org/offer" })),
    field("Title", input("title", { value: "Spring offer" })),
    field("Text of the advertisement", input("body")),
  ];
  ask(composer, "Answer to an advertisement", content, (form) => ({
    content: { text: form.get("text"), ad: { url: form.get("url"), title: form.get("title"), body: form.get("body") } },
  }));
}

function markedDialog(composer) {
  const text = lines("text", composer.text.value, 4);
  ask(composer, "Text with marks", [field("Text", text), ...markSwitches()], (form) => {
    if (composer.text.value === form.get("text")) composer.fill("");
    return { content: { text: form.get("text"), ...marks(form) }, forwarded: form.has("forwarded") };
  });
}

// --- parts of the dialogs ---

/** A dialog whose answer is posted; it stays open when the world refuses. */
function ask(composer, title, content, make) {
  return dialog(title, content, { submit: "Send", act: async (form) => composer.post(await make(form)) });
}

function input(name, options = {}) {
  return el("input", { class: "input", name, autocomplete: "off", dir: "auto", ...options });
}

function lines(name, value, rows = 3) {
  return el("textarea", { class: "input", name, rows, required: true, dir: "auto", value });
}

function markSwitches() {
  return [
    switchBox("View once", { name: "view_once" }),
    switchBox("Disappearing", { name: "disappearing" }),
    switchBox("Marked as forwarded", { name: "forwarded" }),
  ];
}

const marks = (form) => ({ view_once: form.has("view_once"), disappearing: form.has("disappearing") });

const split = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

function parted(line, name) {
  const [title, more = ""] = line.split("|", 2).map((part) => part.trim());
  return more ? { title, [name]: more } : { title };
}

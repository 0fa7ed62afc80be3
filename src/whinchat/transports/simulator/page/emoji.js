// A small choice of emoji, for messages and reactions.
import { el, icon } from "./dom.js";

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

const MORE = (
  "😀 😄 😁 😅 🤣 🙂 😉 😊 😍 😘 😎 🤔 🤨 😐 🙄 😴 😷 🤒 🥳 😱 😭 😡 🤯 🤗 🤫 🙈 👋 👌 ✌️ 🤞 👏 🙌 " +
  "💪 👀 🎉 🎂 🌹 🌞 🌈 🔥 " +
  "⭐ ✅ ❌ ⚠️ ⛔ ❔ 💡 📌 📞 📷 🏠 🚗 🚲 ✈️ ☕ 🍕 🍓 🍰 🐦 🐈 🐕 ⚽ 🎵 💶"
).split(" ");

/** Buttons for all of them; `choose(emoji)`. */
export function emojiGrid(choose, className = "") {
  const one = (emoji) =>
    el(
      "button",
      { type: "button", class: `emoji ${className}`.trim(), "aria-label": emoji, on: { click: () => choose(emoji) } },
      emoji,
    );
  return el("div", { class: "emoji-grid" }, [...QUICK, ...MORE].map(one));
}

/** The row above a message's menu. */
export function quickRow(mine, choose, more) {
  return el(
    "div",
    { class: "quick-row", role: "group", "aria-label": "React" },
    QUICK.map((emoji) =>
      el(
        "button",
        {
          type: "button",
          class: "emoji closes",
          "aria-label": `React ${emoji}`,
          "aria-pressed": String(emoji === mine),
          on: { click: () => choose(emoji === mine ? "" : emoji) },
        },
        emoji,
      ),
    ),
    el(
      "button",
      { type: "button", class: "emoji closes more", "aria-label": "More emoji", on: { click: () => setTimeout(more) } },
      icon("plus"),
    ),
  );
}

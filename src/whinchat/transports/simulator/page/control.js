// The world behind the chats: its script, the bot's connection, faults on request, and a new beginning.
import { button, el, icon, isolated, redraw } from "./dom.js";
import { confirmed, dialog, field, switchBox } from "./overlays.js";

// What each kind of fault does, and its fields beside `count`, `probability` and `chat`: name, label, value, smallest.
const KINDS = {
  duplicate: { words: "An event for the bot comes several times", fields: [["times", "Times", 2, 2]] },
  delay: {
    words: "Events for the bot come later",
    fields: [
      ["seconds", "Seconds", 2, 0],
      ["jitter", "Jitter, seconds", 0, 0],
    ],
  },
  reject: { words: "A send of the bot is refused", fields: [["retry_after", "Retry after, seconds", "", 0]] },
  lost: { words: "A send does not arrive, and the bot cannot know", fields: [["seconds", "Seconds", 0, 0]] },
  unconfirmed: { words: "A send arrives, and the bot cannot know", fields: [["seconds", "Seconds", 0, 0]] },
  slow: { words: "The answer to a send comes late", fields: [["seconds", "Seconds", 2, 0]] },
  disconnect: { words: "The bot’s connection breaks", fields: [["after", "After events", 0, 0]] },
};

/** Opens the panel. Gives `{update(), isOpen()}`. */
export function worldPanel(app) {
  const places = { script: el("section"), bots: el("section"), faults: el("section"), sends: el("section") };
  const content = [places.script, places.bots, places.faults, faultForm(app), places.sends, resetPart(app)];
  const box = dialog("The world", el("div", { class: "world" }, content), { className: "side" });
  const update = () => {
    redraw(places.script, scriptPart(app));
    redraw(places.bots, botsPart(app));
    redraw(places.faults, faultsPart(app));
    redraw(places.sends, sendsPart(app));
  };
  update();
  return { update, isOpen: () => box.open };
}

function scriptPart(app) {
  const { script } = app.world;
  const head = el("h3", {}, "Script");
  if (!script) return [head, el("p", { class: "muted" }, "None: nobody talks by themselves.")];
  const running = script.state === "running";
  const words = { running: "is playing", paused: "is paused", done: "has ended" }[script.state];
  const turn = () => app.do("script", { state: running ? "paused" : "running" });
  return [
    head,
    el(
      "div",
      { class: "line" },
      el(
        "span",
        { class: "grow" },
        el("b", {}, isolated(script.name)),
        ` ${words}`,
        el("small", {}, `step ${script.step}`),
      ),
      script.state !== "done" && button(running ? "Pause" : "Go on", turn, { name: running ? "pause" : "play" }),
    ),
  ];
}

function botsPart(app) {
  const bots = app.world.bots().map((bot) =>
    switchBox(`${bot.name} is online`, {
      checked: bot.online,
      change: (online) => app.do("presence", { person: bot.id, online }),
      detail: `account ${bot.account}: service ${bot.connected ? "connected" : "away"}, ${bot.waiting ?? 0} waiting`,
    }),
  );
  return [
    el("h3", {}, "Bot"),
    ...(bots.length ? bots : [el("p", { class: "muted" }, "There is no bot in this world.")]),
  ];
}

// --- faults ---

function faultsPart(app) {
  const { faults } = app.world;
  const clear = button("Clear all", () => app.do("clear_faults", {}), { className: "quiet" });
  const list = faults.map((fault) =>
    el(
      "li",
      {},
      icon("bolt"),
      el("span", { class: "grow" }, el("b", {}, fault.kind), el("small", {}, described(app, fault))),
    ),
  );
  return [
    el("div", { class: "part-head" }, el("h3", {}, "Faults"), faults.length > 0 && clear),
    faults.length > 0
      ? el("ul", { class: "faults", "aria-label": "Faults at work" }, list)
      : el("p", { class: "muted" }, "None: the network works."),
  ];
}

function described(app, fault) {
  const details = (KINDS[fault.kind]?.fields ?? [])
    .filter(([name]) => fault[name])
    .map(([name, label]) => `${label.toLowerCase()} ${fault[name]}`);
  if (fault.left !== undefined) details.push(`${fault.left} left`);
  if ((fault.probability ?? 1) < 1) details.push(`${Math.round(fault.probability * 100)} % of the time`);
  if (fault.chat) details.push(`only in ${app.chatName(fault.chat)}`);
  return details.join(", ") || "without end";
}

function faultForm(app) {
  const kind = el(
    "select",
    { class: "input", name: "kind", on: { change: () => show() } },
    Object.entries(KINDS).map(([name, { words }]) => el("option", { value: name }, words)),
  );
  const own = el("div", { class: "pair" });
  const count = el("input", { class: "input", type: "number", min: 1, step: 1, placeholder: "without end" });
  const likely = el("input", { class: "input", type: "number", min: 0.01, max: 1, step: "any", value: 1 });
  const often = el("div", { class: "pair" }, field("How often", count), field("Probability", likely));
  const numberField = ([name, label, value, least]) =>
    field(label, el("input", { class: "input", "data-name": name, type: "number", min: least, step: "any", value }));
  const show = () => own.replaceChildren(...KINDS[kind.value].fields.map(numberField));
  show();
  const inject = () => {
    const fault = { kind: kind.value };
    const given = [...own.querySelectorAll("input")].filter((input) => input.value !== "");
    for (const input of given) fault[input.dataset.name] = Number(input.value);
    if (count.value !== "") fault.count = Number(count.value);
    if (fault.kind !== "disconnect") fault.probability = Number(likely.value);
    app.do("fault", fault);
  };
  return el(
    "details",
    { class: "fault-form" },
    el("summary", {}, "Inject a fault"),
    field("What happens", kind),
    own,
    often,
    button("Inject", inject, { name: "bolt" }),
  );
}

// --- the rest ---

function sendsPart(app) {
  return [
    el("h3", {}, "Sends of the bot"),
    switchBox("Drop doubled sends", {
      checked: app.world.dedupe,
      change: (on) => app.do("dedupe", { on }),
      detail: "Off, a send that is repeated appears twice, as on a real network.",
    }),
  ];
}

function resetPart(app) {
  const act = () => app.do("reset", {});
  const ask = () =>
    confirmed(
      "Begin anew?",
      "All people, chats and messages of this world are gone then. A script that plays goes on in the empty world.",
      "Reset",
      act,
    );
  return el(
    "section",
    {},
    el("h3", {}, "A new beginning"),
    button("Reset the world", ask, { name: "reset", className: "bad" }),
  );
}

// Sends what is asked for to the admin API, and fetches the parts that changed. What the server drew is escaped there.
const PAUSE = 1500; // milliseconds between two looks
const SHOWN = 3500; // … that a message stays

const toast = document.getElementById("toast");
let fading = 0;

function say(words, bad = false) {
  toast.textContent = words;
  toast.classList.toggle("bad", bad);
  toast.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => toast.classList.remove("shown"), SHOWN);
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const said = await answer.json();
  if (!answer.ok) throw new Error(answer.status === 401 ? "Open a fresh link from the sandbox's start." : said.message);
  return said;
}

async function post(operation, body, said) {
  try {
    await ask(`/admin/${operation}`, { method: "POST", body: JSON.stringify(body) });
    if (said) say(said);
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  } finally {
    await look();
  }
}

const drawn = new Map();

async function look() {
  let parts;
  try {
    parts = await ask("/live");
  } catch (error) {
    say(error.message, true);
    return;
  }
  for (const [id, html] of Object.entries(parts)) {
    if (drawn.get(id) === html) continue;
    drawn.set(id, html);
    const place = document.getElementById(id);
    const held = place.contains(document.activeElement) ? hold(document.activeElement) : null;
    place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    if (held) place.querySelector(held)?.focus();
  }
}

/** How to find again what has the focus. */
function hold(node) {
  for (const name of ["fault", "body", "copy"]) {
    if (name in node.dataset) return `[data-${name}='${CSS.escape(node.dataset[name])}']`;
  }
  return null;
}

/** What was filled in. */
function given(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ""));
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (!(await post(form.dataset.post, given(form), form.dataset.said))) return;
  form.reset();
  if (form.classList.contains("sheet")) form.hidden = true;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { opens, post: operation, body, said, copy } = button.dataset;
  if (opens) {
    const sheet = document.getElementById(opens);
    sheet.hidden = !sheet.hidden;
    if (!sheet.hidden) sheet.querySelector("input").focus();
  } else if (operation) {
    post(operation, JSON.parse(body ?? "{}"), said);
  } else if (copy) {
    navigator.clipboard.writeText(copy).then(
      () => say("The code is copied."),
      () => say("Your browser does not let pages copy.", true),
    );
  }
});

document.addEventListener("change", (event) => {
  const { fault, seconds, scoped } = event.target.dataset;
  if (!fault) return;
  const scope = scoped === undefined ? "all" : document.getElementById("scope").value;
  post("fault", { fault, on: event.target.checked, scope, seconds: Number(seconds) });
});

setInterval(() => document.hidden || look(), PAUSE);
document.addEventListener("visibilitychange", () => document.hidden || look());

// What pages do beyond showing: times by the reader's clock, and parts that follow what happens.

const spoken = document.documentElement.lang;
const locale = navigator.languages.find((each) => each.split("-")[0] === spoken) ?? spoken;
const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const spans = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit" });

const MINUTE = 60_000; // milliseconds
const HOUR = 60 * MINUTE;

function localise(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const age = Date.now() - moment;
    time.title = moments.format(moment);
    if (age < 0 || age >= 24 * HOUR) time.textContent = time.title;
    else if (age < HOUR) time.textContent = spans.format(-Math.floor(age / MINUTE), "minute");
    else time.textContent = spans.format(-Math.floor(age / HOUR), "hour");
  }
  for (const hour of within.querySelectorAll("[data-hour]")) {
    hour.textContent = hours.format(Number(hour.dataset.hour));
  }
  countDown(within);
}

function countDown(within) {
  for (const end of within.querySelectorAll("[data-until]")) {
    end.textContent = spans.format(Math.max(0, Math.ceil((end.dataset.until - Date.now()) / 1000)), "second");
  }
}

const RETRY = 30_000; // milliseconds after a refusal, which a browser takes for the end

function follow(part) {
  const state = document.querySelector(".live-state");
  let stream = null;
  let again = 0;

  const say = (on) => {
    if (!state || state.dataset.state === (on ? "on" : "off")) return;
    state.dataset.state = on ? "on" : "off";
    state.querySelector(".word").textContent = on ? state.dataset.on : state.dataset.off;
  };

  const show = (html) => {
    const focused = document.activeElement?.closest("[data-live] [id]")?.id;
    const touched = [...part.querySelectorAll("input[id], details[id]")];
    part.innerHTML = html;
    localise(part);
    for (const before of touched) {
      const now = document.getElementById(before.id);
      if (now?.matches("details")) now.open = before.open;
      else if (now) now.value = before.value;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const open = () => {
    clearTimeout(again);
    if (stream || document.hidden) return;
    stream = new EventSource(location.href);
    stream.onopen = () => say(true);
    stream.onmessage = (event) => show(event.data);
    stream.onerror = () => {
      say(false);
      if (stream?.readyState === EventSource.CLOSED) {
        stream = null;
        again = setTimeout(open, RETRY);
      }
    };
  };

  const close = () => {
    clearTimeout(again);
    stream?.close();
    stream = null;
    say(false);
  };

  // A browser has few connections for one server: pages that nobody sees keep none.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

localise(document);
setInterval(() => localise(document), MINUTE / 2);
setInterval(() => countDown(document), 1000);
for (const part of document.querySelectorAll("[data-live]")) follow(part);

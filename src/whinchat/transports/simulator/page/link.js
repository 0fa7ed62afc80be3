// The connection to the world: a websocket that comes back by itself, and requests with answers.

const FIRST_WAIT = 400; // milliseconds
const LONGEST_WAIT = 8_000;

class Refusal extends Error {
  constructor({ code, message, hint }) {
    super(message);
    this.code = code;
    this.hint = hint ?? "";
  }
}

const away = () =>
  new Refusal({ code: "away", message: "the world cannot be reached", hint: "it was not sent; try again in a moment" });

export class Link {
  /** `hear` gets every frame that is no answer; `turned` gets `online`, `away` or `shut`: a new link is needed. */
  constructor(address, hear, turned) {
    this.address = address;
    this.hear = hear;
    this.turned = turned;
    this.asked = new Map();
    this.number = 0;
    this.tries = 0;
    this.socket = null;
    window.addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.retry());
  }

  open() {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.lost(socket));
  }

  /** Ask for an operation. Rejects with a Refusal. */
  request(op, args) {
    if (this.socket?.readyState !== WebSocket.OPEN) return Promise.reject(away());
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, op, args }));
    });
  }

  take(frame) {
    if (frame.type === "result") this.answer(frame.id)?.resolve(frame.value);
    else if (frame.type === "error") this.answer(frame.id ?? this.oldest)?.reject(new Refusal(frame.error));
    else {
      if (frame.type === "state") {
        this.tries = 0;
        this.turned("online");
      }
      this.hear(frame);
    }
  }

  /** Answers come in the order of the requests: one that could not be read, and has no `id`, was the oldest. */
  get oldest() {
    return this.asked.keys().next().value;
  }

  answer(id) {
    const waiting = this.asked.get(id);
    this.asked.delete(id);
    return waiting;
  }

  lost(socket) {
    if (socket !== this.socket) return;
    for (const waiting of this.asked.values()) waiting.reject(away());
    this.asked.clear();
    this.turned("away");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries++);
    this.timer = setTimeout(() => this.again(), wait * (0.75 + Math.random() / 2));
  }

  retry() {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.again();
  }

  /** A websocket does not tell why it was refused; a plain request does. */
  async again() {
    this.timer = undefined;
    try {
      const response = await fetch("api/transcript?limit=1", { cache: "no-store" });
      if (response.status === 401) return this.turned("shut");
    } catch {
      // not there yet: the websocket fails in the same way and asks for the next try
    }
    this.open();
  }
}

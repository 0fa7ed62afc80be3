// What the page knows of the world, kept up to date by the frames that come.

const MOST = 3_000; // messages of a chat; the world itself keeps fewer
const TYPED = 10_000; // milliseconds until a typing person is forgotten

/** Senders choose message ids, so the sender belongs to the key. */
export const keyOf = ({ sender, id }) => `${sender} ${id}`;

/** The messages of one chat that are known here, oldest first. */
class Thread {
  constructor() {
    this.messages = [];
    this.places = new Map();
    this.whole = false; // nothing older is left in the world
  }

  find(sender, id) {
    return this.places.get(keyOf({ sender, id }));
  }

  /** The index of the first message with a `seq` of at least this. */
  index(seq) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  put(message) {
    const at = this.index(message.seq);
    const known = this.messages[at]?.seq === message.seq;
    this.messages.splice(at, known ? 1 : 0, message);
    this.places.set(keyOf(message), message);
    if (this.messages.length > MOST) this.forget(this.messages.splice(0, MOST / 3));
  }

  forget(messages) {
    messages.forEach((message) => this.places.delete(keyOf(message)));
    this.whole = false;
  }

  get last() {
    return this.messages[this.messages.length - 1];
  }
}

/** What changed: `all`, `people`, `world` (faults, script, switches); sets of chats: `chats`, `threads`, `typing`. */
class Changes {
  constructor() {
    this.clear();
  }

  clear() {
    this.all = this.people = this.world = false;
    this.chats = new Set();
    this.threads = new Set();
    this.typing = new Set();
  }
}

export class World {
  /** `changed()` is called after every change; `changes` says what it was, and is cleared by the reader. */
  constructor(changed) {
    this.changed = changed;
    this.changes = new Changes();
    this.clear();
  }

  clear() {
    this.nonce = "";
    this.people = new Map();
    this.chats = new Map();
    this.threads = new Map();
    this.former = new Map(); // chat to those who have left it
    this.typists = new Map(); // chat to person to timer
    this.faults = [];
    this.script = null;
    this.dedupe = false;
  }

  hear(frame) {
    if (frame.type === "state") {
      for (const timers of this.typists.values()) timers.forEach(clearTimeout);
      this.clear();
      this.nonce = frame.nonce;
      this.changes.all = true;
    }
    this.take(frame);
    this.changed();
  }

  take({ people = [], chats = [], messages = [], typing = [], faults, script, dedupe }) {
    for (const person of people) this.people.set(person.id, person);
    for (const chat of chats) this.chats.set(chat.id, chat);
    for (const message of messages) this.put(message);
    for (const { chat, person, on } of typing) this.setTyping(chat, person, on);
    if (faults !== undefined) this.faults = faults;
    if (script !== undefined) this.script = script;
    if (dedupe !== undefined) this.dedupe = dedupe;
    this.changes.people ||= people.length > 0;
    this.changes.world ||= faults !== undefined || script !== undefined || dedupe !== undefined;
    for (const chat of chats) this.changes.chats.add(chat.id);
  }

  put(message) {
    this.thread(message.chat).put(message);
    this.changes.threads.add(message.chat);
    this.setTyping(message.chat, message.sender, false);
    const { what, people = [] } = message.notice ?? {};
    if (what === "leave" || what === "remove") {
      const left = this.former.get(message.chat) ?? new Set();
      people.forEach((person) => left.add(person));
      this.former.set(message.chat, left);
    }
  }

  /** Older messages that were asked for. */
  putHistory(chat, messages, whole) {
    messages.forEach((message) => this.put(message));
    this.thread(chat).whole ||= whole;
    this.changed();
  }

  setTyping(chat, person, on) {
    const timers = this.typists.get(chat) ?? new Map();
    if (!on && !timers.has(person)) return;
    clearTimeout(timers.get(person));
    timers.delete(person);
    if (on) {
      timers.set(
        person,
        setTimeout(() => {
          this.setTyping(chat, person, false);
          this.changed();
        }, TYPED),
      );
    }
    this.typists.set(chat, timers);
    this.changes.typing.add(chat);
  }

  // --- questions ---

  thread(chat) {
    if (!this.threads.has(chat)) this.threads.set(chat, new Thread());
    return this.threads.get(chat);
  }

  person(id) {
    return this.people.get(id) ?? { id, name: "Somebody", phone: "", colour: "#808080", online: true };
  }

  humans() {
    return [...this.people.values()].filter((person) => !person.bot);
  }

  bots() {
    return [...this.people.values()].filter((person) => person.bot);
  }

  /** Everybody who types there, except the one who looks. */
  typing(chat, viewer) {
    return [...(this.typists.get(chat)?.keys() ?? [])].filter((person) => person !== viewer);
  }

  /** Everybody to whom somebody has written something in a direct chat that they have not read. */
  wanted() {
    const direct = [...this.chats.values()].filter(({ kind }) => kind === "direct");
    return new Set(direct.flatMap((chat) => chat.members.filter((member) => this.unread(chat, member, 1) > 0)));
  }

  isMember(chat, person) {
    return chat.members.includes(person);
  }

  isAdmin(chat, person) {
    return (chat.admins ?? []).includes(person);
  }

  /** Chats that the person is in or was in, the liveliest first. */
  chatsOf(person) {
    const mine = [...this.chats.values()].filter(
      (chat) => this.isMember(chat, person) || this.former.get(chat.id)?.has(person),
    );
    const place = (chat) => this.thread(chat.id).last?.seq ?? 0;
    return mine.sort((one, other) => place(other) - place(one) || other.created - one.created);
  }

  /** How the chat is called by that person. */
  title(chat, person) {
    if (chat.kind === "group") return chat.subject || "Group";
    return this.person(this.other(chat, person)).name;
  }

  /** The other one of a direct chat. */
  other(chat, person) {
    return chat.members.find((member) => member !== person) ?? person;
  }

  readUpto(chat, person) {
    return chat.read?.[person] ?? 0;
  }

  /** How many messages of others the person has not read; counts to `most`. */
  unread(chat, person, most = 100) {
    if (!this.isMember(chat, person)) return 0;
    const read = this.readUpto(chat, person);
    const { messages } = this.thread(chat.id);
    let count = 0;
    for (let at = messages.length - 1; at >= 0 && messages[at].seq > read && count < most; at--) {
      if (messages[at].sender !== person && !messages[at].notice) count += 1;
    }
    return count;
  }
}

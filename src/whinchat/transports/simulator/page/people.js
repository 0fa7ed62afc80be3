// Choosing people, and making new people, groups and direct chats.
import { personAvatar } from "./avatar.js";
import { el, isolated } from "./dom.js";
import { dialog, field, switchBox } from "./overlays.js";

/** A searchable list of people with check boxes, or radio buttons when only one is to be chosen. */
export function peopleField(people, { name = "people", one = false, checked = [] } = {}) {
  const search = el("input", {
    type: "search",
    class: "input",
    placeholder: "Search people",
    "aria-label": "Search people",
    on: { input: () => filter() },
  });
  const entries = people.map((person) =>
    el(
      "label",
      { class: "pick" },
      el("input", { type: one ? "radio" : "checkbox", name, value: person.id, checked: checked.includes(person.id) }),
      personAvatar(person, "small"),
      el("span", { class: "grow" }, isolated(person.name), el("small", {}, person.bot ? "the bot" : person.phone)),
    ),
  );
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    entries.forEach((entry, at) => (entry.hidden = !matches(people[at], wanted)));
  };
  return el("div", { class: "picker" }, people.length > 7 && search, el("div", { class: "picks" }, entries));
}

export function matches(person, wanted) {
  return person.name.toLowerCase().includes(wanted) || person.phone.includes(wanted);
}

export function newPerson(app) {
  const name = el("input", {
    class: "input",
    name: "name",
    required: true,
    maxlength: 80,
    autocomplete: "off",
    autofocus: true,
  });
  const phone = el("input", {
    class: "input",
    name: "phone",
    type: "tel",
    placeholder: "+5511900000001",
    pattern: "\\+[1-9][0-9]{5,14}",
    autocomplete: "off",
  });
  const act = async () => {
    const person = await app.do(
      "person",
      phone.value ? { name: name.value, phone: phone.value } : { name: name.value },
    );
    if (!person) return false;
    app.become(person.id);
    return true;
  };
  dialog("New person", [field("Name", name), field("Phone number", phone, "Left empty, one is made up.")], {
    submit: "Create",
    act,
    className: "small",
  });
}

export function newDirect(app, person) {
  const others = [...app.world.people.values()].filter((other) => other.id !== person).sort(botsFirst);
  const act = async (form) => {
    const other = form.get("people");
    const chat = other && (await app.do("direct", { people: [person, other] }));
    if (!chat) return false;
    app.open(person, chat.id);
    return true;
  };
  const title = `New chat of ${app.world.person(person).name}`;
  dialog(title, peopleField(others, { one: true }), { submit: "Open chat", act });
}

export function newGroup(app, person) {
  const others = [...app.world.people.values()].filter((other) => other.id !== person).sort(botsFirst);
  const subject = el("input", {
    class: "input",
    name: "subject",
    required: true,
    maxlength: 100,
    autocomplete: "off",
    autofocus: true,
  });
  const act = async (form) => {
    const args = {
      subject: subject.value,
      by: person,
      members: form.getAll("people"),
      announce_only: form.has("announce"),
    };
    const chat = await app.do("group", args);
    if (!chat) return false;
    app.open(person, chat.id);
    return true;
  };
  const content = [
    field("Name of the group", subject),
    el("span", { class: "legend" }, "Members"),
    peopleField(others, { checked: others.filter((other) => other.bot).map((other) => other.id) }),
    switchBox("Only admins may write", { name: "announce" }),
  ];
  dialog("New group", content, { submit: "Create group", act });
}

const botsFirst = (one, other) =>
  Number(other.bot ?? false) - Number(one.bot ?? false) || one.name.localeCompare(other.name);

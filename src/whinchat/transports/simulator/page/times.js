// When things happened, in the reader's own language and clock.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const short = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", year: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** A number that is the same for all moments of one day where the reader is. */
export function dayOf(time) {
  const moment = new Date(time);
  return Math.round(Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / 86_400_000);
}

export const timeOfDay = (time) => clock.format(time);
export const exactTime = (time) => exact.format(time);

export function dayName(time, now = Date.now()) {
  const ago = dayOf(now) - dayOf(time);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return ago > 1 && ago < 7 ? weekday.format(time) : date.format(time);
}

/** For lists: the time of today, else the day. */
export function moment(time, now = Date.now()) {
  const ago = dayOf(now) - dayOf(time);
  if (ago === 0) return clock.format(time);
  return ago === 1 || (ago > 1 && ago < 7) ? dayName(time, now) : short.format(time);
}

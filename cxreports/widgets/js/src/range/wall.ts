/** Times on a zone's clocks: walls are milliseconds at which UTC's clocks would show the same.
 *
 * Where clocks show a time twice the first one is meant, and a time that they skip counts from before
 * the change, as in Python; the second one is written with its offset. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const WRITTEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (!clock) {
    const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric" } as const;
    const rest = { minute: "numeric", second: "numeric", hourCycle: "h23", timeZone: zone } as const;
    clock = new Intl.DateTimeFormat("en-u-nu-latn", { ...digits, ...rest });
    clocks.set(zone, clock);
  }
  return clock;
}

/** What the zone's clocks show at an instant. */
export function wallOf(instant: number, zone: string): number {
  const parts = clockOf(zone).formatToParts(instant);
  const read = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  return (
    Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"), read("second")) +
    (((instant % 1000) + 1000) % 1000)
  );
}

/** Instant at which the zone's clocks show a time. */
export function instantOf(wall: number, zone: string): number {
  const offset = (instant: number) => wallOf(instant, zone) - instant;
  const [before, after] = [offset(wall - DAY), offset(wall + DAY)];
  for (const shift of [before, after]) {
    if (offset(wall - shift) === shift) return wall - shift;
  }
  return wall - before;
}

/** Read a time as the view has it; undefined where it is none. */
export function read(text: string, zone: string): number | undefined {
  const match = WRITTEN.exec(text);
  if (!match) return undefined;
  const shown = Date.parse(match[1] ? text : `${text}Z`);
  if (Number.isNaN(shown)) return undefined;
  return match[1] ? shown : instantOf(shown, zone);
}

/** Write a time as the view has it. */
export function written(instant: number, zone: string): string {
  const wall = wallOf(instant, zone);
  const text = new Date(wall).toISOString().slice(0, 16);
  if (instantOf(wall, zone) === instant) return text;
  const minutes = Math.abs(wall - instant) / MINUTE;
  const two = (number: number) => String(number).padStart(2, "0");
  return `${text}${wall < instant ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Midnight that a time's day began with. */
export const dayOf = (wall: number): number => Math.floor(wall / DAY) * DAY;

/** The first of a month, so many months later. */
export function monthOf(wall: number, later = 0): number {
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1);
}

/** The same day of another month, or its last one. */
export function sameDay(wall: number, later: number): number {
  const month = monthOf(wall, later);
  const last = monthOf(month, 1) - DAY;
  return Math.min(last, month + (new Date(wall).getUTCDate() - 1) * DAY);
}

/** Periods in words: the dates of a range, its length, a day. */

import { isEnglish, t, TAG, tn } from "../language";
import { type Stretch } from "./step";
import { DAY, dayOf, HOUR, MINUTE, wallOf } from "./wall";

type Parts = Intl.DateTimeFormatOptions;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(parts: Parts): Intl.DateTimeFormat {
  const key = JSON.stringify(parts);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(TAG, { ...parts, timeZone: "UTC" }));
  return formats.get(key)!;
}

/** A time on the clocks; in English without commas. */
export function dated(wall: number, parts: Parts): string {
  const text = formatOf(parts).format(wall);
  return isEnglish ? text.replaceAll(",", "") : text;
}

/** A day as the fields of a range have it: `Fri 13 Nov 2026`. */
export const dayText = (day: number): string =>
  dated(day, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

/** A day in full, as it is read out. */
export const dayInFull = (day: number): string =>
  dated(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const monthText = (month: number): string => dated(month, { month: "long", year: "numeric" });

const clockText = (wall: number) => new Date(wall).toISOString().slice(11, 16);

/** Dates of a range: `28 Nov 12:45 – 29 Nov 12:45`, `1 – 31 Oct`, `28 Nov`.
 *
 * @param now What the clocks show: its year goes without saying. */
export function rangeText({ from, to }: Stretch, zone: string, now: number): string {
  const [start, end] = [wallOf(from, zone), wallOf(to, zone)];
  const year = new Date(now).getUTCFullYear();
  const isThisYear = [start, end - 1].every((wall) => new Date(wall).getUTCFullYear() === year);
  const parts: Parts = { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }) };
  if (start === dayOf(start) && end === dayOf(end)) {
    const last = end - DAY;
    if (last === start) return dated(start, parts);
    const both = formatOf(parts).formatRange(start, last);
    return isEnglish ? both.replace(/\s?–\s?/, " – ") : both;
  }
  if (dayOf(start) === dayOf(end)) return `${dated(start, parts)} ${clockText(start)} – ${clockText(end)}`;
  return [start, end].map((wall) => `${dated(wall, parts)} ${clockText(wall)}`).join(" – ");
}

/** When a period that ends now began: `28 Nov 12:45 – now`. */
export function sinceText(from: number, zone: string): string {
  const start = wallOf(from, zone);
  const day = dated(start, { day: "numeric", month: "short" });
  return t("{start} – now", { start: start === dayOf(start) ? day : `${day} ${clockText(start)}` });
}

/** How long a range is: `2 days 19 h 30 min`; over a clock change in hours, with a word about it. */
export function lengthText({ from, to }: Stretch, zone: string): string {
  const exact = to - from;
  const shown = wallOf(to, zone) - wallOf(from, zone);
  const hours = Math.floor(exact / HOUR);
  const minutes = Math.floor((exact % HOUR) / MINUTE);
  const rest = minutes ? t("{count} min", { count: minutes }) : "";
  if (shown !== exact) {
    const length = [tn("{count} hour", "{count} hours", hours), rest].filter(Boolean).join(" ");
    return shown < exact
      ? t("{length}: the clocks go back", { length })
      : t("{length}: the clocks go forward", { length });
  }
  const days = Math.floor(hours / 24);
  if (!days && !minutes) return tn("{count} hour", "{count} hours", hours);
  return [
    days ? tn("{count} day", "{count} days", days) : "",
    hours % 24 ? t("{count} h", { count: hours % 24 }) : "",
    rest,
  ]
    .filter(Boolean)
    .join(" ");
}

/** Dates and times as people type them. */

import { DAY, dayOf, MINUTE } from "./wall";

const DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/g;
const ZEROS = [0x0660, 0x06f0, 0x0966];

/** Digits of other scripts as 0 to 9. */
function latin(text: string): string {
  return text.replace(DIGITS, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - ZEROS.find((zero) => code >= zero && code < zero + 10)!);
  });
}

const plain = (text: string) => text.toLowerCase().replace(/[.,]/g, "").trim();

const byTag = new Map<string, { name: string; month: number }[]>();

/** Names of the months in a language, long and short. Where they are numbers, as in Japanese, there are none. */
function namesOf(tag: string): { name: string; month: number }[] {
  let names = byTag.get(tag);
  if (!names) {
    names = (["long", "short"] as const).flatMap((width) => {
      const format = new Intl.DateTimeFormat(tag, { month: width, day: "numeric", timeZone: "UTC" });
      return Array.from({ length: 12 }, (_, month) => {
        const parts = format.formatToParts(Date.UTC(2023, month, 1));
        return { name: plain(parts.find((part) => part.type === "month")!.value), month };
      });
    });
    names = names.filter(({ name }) => !/\d/.test(name));
    byTag.set(tag, names);
  }
  return names;
}

/** Number of the month, from 0, that a text names in a language.
 *
 * The last name counts, and of those there the longest: in Spanish "mar" is Tuesday too. */
function monthIn(text: string, tag: string): number | undefined {
  let found: { month: number; end: number; length: number } | undefined;
  const words = ` ${plain(text)} `;
  for (const { name, month } of namesOf(tag)) {
    const start = words.lastIndexOf(name);
    const end = start + name.length;
    if (start < 0 || /[\p{L}\p{M}]/u.test(words[start - 1]! + words[end]!)) continue;
    const isLater = !found || end > found.end || (end === found.end && name.length > found.length);
    if (isLater) found = { month, end, length: name.length };
  }
  return found?.month;
}

/** Order of day, month and year in a language. */
function orderOf(tag: string): string[] {
  const parts = new Intl.DateTimeFormat(tag, { timeZone: "UTC" }).formatToParts(0);
  return parts.map((part) => part.type).filter((type) => ["day", "month", "year"].includes(type));
}

function dayFrom(year: number, month: number, day: number): number | undefined {
  const wall = Date.UTC(year < 100 ? 2000 + year : year, month, day);
  const date = new Date(wall);
  const is = date.getUTCDate() === day && date.getUTCMonth() === month;
  return is && date.getUTCFullYear() >= 1900 && date.getUTCFullYear() < 2200 ? wall : undefined;
}

/** Read a day, `13 Nov 2026`, `2026-11-13`, `13.11.`; without a year it is the latest that was.
 *
 * @param today Wall of today. */
export function dayTyped(text: string, tag: string, today: number): number | undefined {
  const numbers = (latin(text).match(/\d+/g) ?? []).map(Number);
  const named = monthIn(text, tag);
  const this_year = new Date(today).getUTCFullYear();
  const past = (month: number, day: number) => {
    const found = dayFrom(this_year, month, day);
    return found !== undefined && found > dayOf(today) ? dayFrom(this_year - 1, month, day) : found;
  };
  if (named !== undefined) {
    const [first, second] = numbers;
    if (first === undefined || numbers.length > 2) return undefined;
    if (second === undefined) return past(named, first);
    return first > 31 ? dayFrom(first, named, second) : dayFrom(second, named, first);
  }
  const order = orderOf(tag);
  if (numbers.length === 2) {
    const isDayFirst = order.indexOf("day") < order.indexOf("month");
    const [day, month] = isDayFirst ? numbers : [...numbers].reverse();
    return past(month! - 1, day!);
  }
  if (numbers.length !== 3) return undefined;
  const places = numbers[0]! > 31 ? ["year", "month", "day"] : order;
  const at = (type: string) => numbers[places.indexOf(type)]!;
  return dayFrom(at("year"), at("month") - 1, at("day"));
}

/** Read a time of the 24-hour clock, `14:30`, `9.05`, `0930`, `7`; 24:00 is the day's end. */
export function timeTyped(text: string): number | undefined {
  const match = /^(\d{1,2})(?:[:.h ]?(\d\d))?$/.exec(latin(text).trim());
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[1]), Number(match[2] ?? 0)];
  const time = (60 * hours + minutes) * MINUTE;
  return minutes < 60 && time <= DAY ? time : undefined;
}

/** Write a time of the 24-hour clock. */
export function timeWritten(time: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(Math.floor(time / (60 * MINUTE)))}:${two((time / MINUTE) % 60)}`;
}

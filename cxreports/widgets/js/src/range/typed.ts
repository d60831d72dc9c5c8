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

/** Number of the month, from 0, that a text names in a language; the longest name counts. */
function monthIn(text: string, tag: string): number | undefined {
  let found: number | undefined;
  let longest = 0;
  for (const width of ["long", "short"] as const) {
    const names = new Intl.DateTimeFormat(tag, { month: width, day: "numeric", timeZone: "UTC" });
    for (let month = 0; month < 12; month++) {
      const parts = names.formatToParts(Date.UTC(2023, month, 1));
      const name = plain(parts.find((part) => part.type === "month")!.value);
      // In some languages a month is a number with a word, "11月": its digits are read as such.
      if (/\d/.test(name) || name.length <= longest || !plain(text).includes(name)) continue;
      [found, longest] = [month, name.length];
    }
  }
  return found;
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
  if (/\p{L}{3}/u.test(text)) return undefined;
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

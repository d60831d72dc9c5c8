/** Times, microseconds since 1970, as a zone's clocks show them. */

import { isEnglish, TAG } from "../language";

export type Precision = "month" | "day" | "minute" | "second" | "millisecond" | "microsecond";

const LENGTHS: Record<Precision, number> = {
  month: 7,
  day: 10,
  minute: 16,
  second: 19,
  millisecond: 23,
  microsecond: 26,
};
const US_PER_MS = 1000n;
/** By so much clocks are put back: an hour, or half of one. */
const PUT_BACK_MS = [3_600_000, 1_800_000];

/** What tells a time apart that the clocks show twice, as in autumn: " +2" and " +1"; else nothing. */
function offsets(precision: Precision, zone: string): (ms: number) => string {
  if (zone === "UTC" || precision === "month" || precision === "day") return () => "";
  const clock = clocks(zone);
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  return (ms) => {
    const shown = clock(ms);
    if (!PUT_BACK_MS.some((by) => clock(ms - by) === shown || clock(ms + by) === shown)) return "";
    const name = format.formatToParts(ms).find((part) => part.type === "timeZoneName")!.value;
    return ` ${name.replace("GMT", "") || "+0"}`;
  };
}

function clocks(zone: string): (ms: number) => string {
  if (zone === "UTC") return (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
    return `${part["year"]}-${part["month"]}-${part["day"]} ${part["hour"]}:${part["minute"]}:${part["second"]}`;
  };
}

const TO_THE_DAY = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
const TO_THE_MINUTE = { ...TO_THE_DAY, hour: "2-digit", minute: "2-digit" } as const;
const TO_THE_SECOND = { ...TO_THE_MINUTE, second: "2-digit" } as const;

const PARTS: Partial<Record<Precision, Intl.DateTimeFormatOptions>> = {
  month: { year: "numeric", month: "2-digit" },
  day: TO_THE_DAY,
  minute: TO_THE_MINUTE,
  second: TO_THE_SECOND,
  millisecond: { ...TO_THE_SECOND, fractionalSecondDigits: 3 },
};

/** For eyes: as the page's language writes times; in English, and to the microsecond, as they are copied. */
export function timeTeller(precision: Precision, zone: string): (us: bigint) => string {
  const parts = PARTS[precision];
  if (isEnglish || !parts) return timeWriter(precision, zone);
  const format = new Intl.DateTimeFormat(TAG, { ...parts, hourCycle: "h23", timeZone: zone });
  const offset = offsets(precision, zone);
  return (us) => format.format(Number(us / US_PER_MS)) + offset(Number(us / US_PER_MS));
}

/** For programs: `2026-03-29 14:30`. */
export function timeWriter(precision: Precision, zone: string): (us: bigint) => string {
  const [clock, offset] = [clocks(zone), offsets(precision, zone)];
  return (us) => {
    const fraction = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
    const ms = Number((us - fraction) / US_PER_MS);
    const text = `${clock(ms)}.${fraction.toString().padStart(6, "0")}`;
    return text.slice(0, LENGTHS[precision]) + offset(ms);
  };
}

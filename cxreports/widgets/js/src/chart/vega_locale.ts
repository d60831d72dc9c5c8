/** The page's language as Vega takes it: how its graphs write numbers and dates. */

import { DECIMAL, GROUP, GROUP_DIGITS, TAG } from "../language";

const MOST_GROUPS = 8;

/** Names of seven days or twelve months, as they stand in a date. */
function names(
  part: "weekday" | "month",
  width: "short" | "long",
  dates: [month: number, day: number][],
): string[] {
  const format = new Intl.DateTimeFormat(TAG, { day: "numeric", [part]: width, timeZone: "UTC" });
  return dates.map(
    ([month, day]) =>
      format.formatToParts(Date.UTC(2023, month, day)).find((each) => each.type === part)!.value,
  );
}

/** Definitions of numbers and of times, as Vega's configuration has them. */
export function vegaLocale(): { number: object; time: object } {
  // The first of January 2023 was a Sunday.
  const days = Array.from({ length: 7 }, (_, i): [number, number] => [0, i + 1]);
  const months = Array.from({ length: 12 }, (_, i): [number, number] => [i, 1]);
  return {
    number: {
      decimal: DECIMAL,
      thousands: GROUP,
      grouping: [3, ...Array.from({ length: MOST_GROUPS }, () => GROUP_DIGITS)],
      currency: ["", ""],
    },
    time: {
      dateTime: "%x, %X",
      date: "%x",
      time: "%H:%M:%S",
      periods: ["AM", "PM"],
      days: names("weekday", "long", days),
      shortDays: names("weekday", "short", days),
      months: names("month", "long", months),
      shortMonths: names("month", "short", months),
    },
  };
}

/** The days of a month as a calendar shows them: six weeks that begin as the language's do. */

import { DAY, monthOf } from "./wall";

const WEEKS = 6;

/** First day of the week where the browser does not know it, 1 for Monday: by language. */
const FIRST_DAYS: Record<string, number> = { ar: 6, hi: 7, ja: 7, pt: 7 };

interface WeekInfo {
  firstDay: number;
}

/** First day of the week in a language, 1 for Monday to 7 for Sunday. */
export function weekStart(tag: string): number {
  const locale = new Intl.Locale(tag) as Intl.Locale & {
    getWeekInfo?: () => WeekInfo;
    weekInfo?: WeekInfo;
  };
  const info = locale.getWeekInfo?.() ?? locale.weekInfo;
  return info?.firstDay ?? FIRST_DAYS[locale.language] ?? 1;
}

/** Day of the week, 1 for Monday to 7 for Sunday. */
export const weekday = (day: number): number => new Date(day).getUTCDay() || 7;

/** First day of the week that a day lies in. */
export const weekOf = (day: number, first: number): number => day - ((weekday(day) - first + 7) % 7) * DAY;

/** Weeks of seven days each, from the one in which the month begins. */
export function weeksOf(month: number, first: number): number[][] {
  const begin = weekOf(monthOf(month), first);
  return Array.from({ length: WEEKS }, (_, week) =>
    Array.from({ length: 7 }, (_, at) => begin + (7 * week + at) * DAY),
  );
}

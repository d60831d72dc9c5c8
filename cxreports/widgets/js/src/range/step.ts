/** One period back or forward: months by months, days by days of the clocks, all else by its length. */

import { DAY, dayOf, instantOf, monthOf, wallOf } from "./wall";

/** Instants, the end not included. */
export interface Stretch {
  from: number;
  to: number;
}

export type Unit = { months: number } | { days: number } | { ms: number };

export interface Preset extends Stretch {
  id: string;
}

const CALENDAR: Record<string, Unit> = {
  today: { days: 1 },
  yesterday: { days: 1 },
  this_month: { months: 1 },
  last_month: { months: 1 },
};

/** Whether an instant is the first of its day. */
function beginsDay(instant: number, zone: string): boolean {
  return instantOf(dayOf(wallOf(instant, zone)), zone) === instant;
}

/** The day that begins at an instant, on the clocks; its midnight may be one that they skipped. */
const firstDay = (instant: number, zone: string) => dayOf(wallOf(instant, zone));

/** Length of a period as people count it. */
export function unitOf(period: string, { from, to }: Stretch, zone: string): Unit {
  const calendar = CALENDAR[period];
  if (calendar) return calendar;
  if (period !== "custom" || !beginsDay(from, zone) || !beginsDay(to, zone)) return { ms: to - from };
  const [first, last] = [firstDay(from, zone), firstDay(to, zone)];
  if (first === monthOf(first) && last === monthOf(last)) {
    const [a, b] = [new Date(first), new Date(last)];
    return {
      months: 12 * (b.getUTCFullYear() - a.getUTCFullYear()) + b.getUTCMonth() - a.getUTCMonth(),
    };
  }
  return { days: (last - first) / DAY };
}

/** The period before (-1) or after (1) one. */
export function stepped(stretch: Stretch, unit: Unit, by: 1 | -1, zone: string): Stretch {
  if ("ms" in unit) return { from: stretch.from + by * unit.ms, to: stretch.to + by * unit.ms };
  const first = firstDay(stretch.from, zone);
  const days = [by, by + 1].map((units) =>
    "months" in unit ? monthOf(first, units * unit.months) : first + units * unit.days * DAY,
  );
  return { from: instantOf(days[0]!, zone), to: instantOf(days[1]!, zone) };
}

/** What an arrow leads to: a preset where it is one, else a period of its own; undefined past now.
 *
 * @param now End of the hour that runs. */
export function next(
  period: string,
  stretch: Stretch,
  by: 1 | -1,
  zone: string,
  presets: Preset[],
  now: number,
): Stretch | Preset | undefined {
  const unit = unitOf(period, stretch, zone);
  let found = stepped(stretch, unit, by, zone);
  if (by === 1) {
    if (stretch.to >= now || found.from >= now) return undefined;
    if ("ms" in unit && found.to > now) found = { from: now - unit.ms, to: now };
  }
  const same = presets.find((preset) => {
    if (preset.from !== found.from) return false;
    const own = CALENDAR[preset.id];
    if (!own) return preset.to === found.to && "ms" in unit;
    return JSON.stringify(own) === JSON.stringify(unit);
  });
  return same ?? found;
}

/** Ends of a range as a person gives them, in two fields each, and what is wrong with them. */

import { h, uid } from "../dom";
import { t, TAG } from "../language";
import { type Stretch } from "./step";
import { dayTyped, timeTyped, timeWritten } from "./typed";
import { DAY, dayOf, instantOf, wallOf } from "./wall";
import { dayText } from "./words";

export interface Wrong {
  field: HTMLInputElement;
  text: string;
}

export interface Fields {
  element: HTMLElement;
  /** Days that the range touches, as far as they can be read. */
  days(): { first: number | undefined; last: number | undefined };
  fill(stretch: Stretch): void;
  /** Choose the days; whole ones, where no time was typed. */
  choose(first: number, last: number): void;
  /** The range, or what is wrong with it. */
  stretch(): Stretch | Wrong;
  focus(): void;
}

export function fields(zone: () => string, today: () => number, changed: () => void): Fields {
  const make = (label: string, id?: string) =>
    h("input", {
      id,
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      "data-lm-suppress-shortcuts": "true",
    });
  const ids = [uid("cx-from"), uid("cx-to")];
  const from = { day: make(t("From"), ids[0]), time: make(t("From, time, 24 hours")) };
  const to = { day: make(t("To"), ids[1]), time: make(t("To, time, 24 hours")) };
  let isTimeTyped = false;
  const read = (input: HTMLInputElement) => dayTyped(input.value, TAG, today());
  const tidy = (input: HTMLInputElement, isDay: boolean) => {
    const value = isDay ? read(input) : timeTyped(input.value);
    if (value !== undefined) input.value = isDay ? dayText(value) : timeWritten(value);
  };
  for (const { day, time } of [from, to]) {
    for (const input of [day, time]) input.addEventListener("input", changed);
    time.addEventListener("input", () => (isTimeTyped = true));
    day.addEventListener("change", () => tidy(day, true));
    time.addEventListener("change", () => tidy(time, false));
  }
  const set = (end: typeof from, day: number, time: number) => {
    end.day.value = dayText(day);
    end.time.value = timeWritten(time);
  };

  /** One end as an instant, or what is wrong with it. */
  const instant = ({ day, time }: typeof from): number | Wrong => {
    for (const field of [day, time]) {
      if (!field.value.trim()) return { field, text: t("Give both times.") };
    }
    const date = read(day);
    if (date === undefined) {
      return { field: day, text: t("Write a date such as {example}.", { example: dayText(today()) }) };
    }
    const clock = timeTyped(time.value);
    if (clock === undefined) return { field: time, text: t("Write a time such as 14:30.") };
    if (date > today()) return { field: day, text: t("This day is still to come.") };
    return instantOf(date + clock, zone());
  };
  return {
    element: h(
      "div",
      { class: "cx-fromto" },
      h("label", { for: ids[0] }, t("From")),
      from.day,
      from.time,
      h("label", { for: ids[1] }, t("To")),
      to.day,
      to.time,
    ),
    days: () => ({ first: read(from.day), last: read(to.day) }),
    fill: (stretch) => {
      isTimeTyped = false;
      const [start, end] = [wallOf(stretch.from, zone()), wallOf(stretch.to, zone())];
      set(from, dayOf(start), start - dayOf(start));
      // Midnight is the end of the day before.
      const last = dayOf(end - 1);
      set(to, last, end - last);
    },
    choose: (first, last) => {
      const times = isTimeTyped ? [from, to].map((end) => timeTyped(end.time.value)) : [];
      set(from, first, times[0] ?? 0);
      set(to, last, times[1] ?? DAY);
    },
    stretch: () => {
      const [start, end] = [instant(from), instant(to)];
      if (typeof start === "object") return start;
      if (typeof end === "object") return end;
      if (end > start) return { from: start, to: end };
      const field = read(from.day) === read(to.day) ? to.time : to.day;
      return { field, text: t("“To” must be later than “From”.") };
    },
    focus: () => from.day.focus(),
  };
}

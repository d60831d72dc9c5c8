/** A month to choose the first and the last day of a range from (ARIA grid). */

import { h, icon, setText } from "../dom";
import { t, TAG } from "../language";
import { weekday, weekOf, weeksOf, weekStart } from "./month";
import { DAY, monthOf, sameDay } from "./wall";
import { dated, dayInFull, monthText } from "./words";

export interface Marked {
  first: number | undefined;
  last: number | undefined;
}

export interface Calendar {
  element: HTMLElement;
  /** Show the month of a day, which the keys go on from. */
  show(day: number): void;
  /** Draw again. */
  draw(): void;
}

const EARLIER = "m15 6-6 6 6 6";
const LATER = "m9 6 6 6-6 6";

/** @param marked Days between which the range lies. @param today Days after it are off. */
export function calendar(marked: () => Marked, today: () => number, pick: (day: number) => void): Calendar {
  const first = weekStart(TAG);
  let active = 0;
  const title = h("span", { "aria-live": "polite" });
  const turn = (by: number) => {
    show(sameDay(active, by));
  };
  const step = (path: string, label: string, by: number) =>
    h(
      "button",
      { type: "button", class: "cx-bare", "aria-label": label, onClick: () => turn(by) },
      icon(path),
    );
  const [earlier, later] = [step(EARLIER, t("The month before"), -1), step(LATER, t("The month after"), 1)];
  const grid = h("div", { class: "cx-cal", role: "grid", "aria-label": t("Days") });
  const element = h("div", {}, h("div", { class: "cx-cal-head" }, earlier, title, later), grid);

  const cellOf = (day: number, month: number) => {
    const { first: from, last: to } = marked();
    const isOff = day > today();
    const isChosen = from !== undefined && to !== undefined && day >= from && day <= to;
    const classes = [
      monthOf(day) === month ? "" : "cx-out",
      isChosen ? "cx-in" : "",
      day === from ? "cx-first" : "",
      day === to ? "cx-last" : "",
    ];
    return h(
      "button",
      {
        type: "button",
        role: "gridcell",
        class: classes.filter(Boolean).join(" "),
        "data-day": new Date(day).toISOString().slice(0, 10),
        tabindex: day === active ? 0 : -1,
        "aria-label": dayInFull(day),
        "aria-selected": String(isChosen),
        "aria-disabled": isOff && "true",
        "aria-current": day === today() && "date",
        onClick: () => choose(day),
      },
      String(new Date(day).getUTCDate()),
    );
  };
  const draw = () => {
    const month = monthOf(active);
    setText(title, monthText(month));
    later.disabled = monthOf(month, 1) > today();
    const names = Array.from({ length: 7 }, (_, at) => weekOf(active, first) + at * DAY);
    const head = names.map((day) =>
      h(
        "span",
        { role: "columnheader", "aria-label": dated(day, { weekday: "long" }) },
        dated(day, { weekday: "short" }),
      ),
    );
    const weeks = weeksOf(month, first).map((week) =>
      h("div", { role: "row" }, ...week.map((day) => cellOf(day, month))),
    );
    grid.replaceChildren(h("div", { role: "row" }, ...head), ...weeks);
  };
  const show = (day: number) => {
    active = Math.min(day, today());
    draw();
  };
  const choose = (day: number) => {
    if (day > today()) return;
    active = day;
    pick(day);
    draw();
    grid.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  };
  grid.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(grid).direction === "rtl" ? -DAY : DAY;
    const within = (weekday(active) - first + 7) % 7;
    const moves: Record<string, number> = {
      ArrowLeft: active - forward,
      ArrowRight: active + forward,
      ArrowUp: active - 7 * DAY,
      ArrowDown: active + 7 * DAY,
      Home: active - within * DAY,
      End: active + (6 - within) * DAY,
      PageUp: sameDay(active, event.shiftKey ? -12 : -1),
      PageDown: sameDay(active, event.shiftKey ? 12 : 1),
    };
    const day = moves[event.key];
    if (day === undefined) return;
    event.preventDefault();
    show(day);
    grid.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });
  return { element, show, draw };
}

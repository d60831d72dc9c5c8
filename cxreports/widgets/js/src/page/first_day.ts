/** Cards of a company's first day: steps with the action that settles each, and words explained. */

import { h, icon } from "../dom";
import { t } from "../language";

interface Step {
  title: string;
  text: string;
  /** Null for what nobody has to do. */
  done: boolean | null;
  action: string;
  url: string;
}

export interface Card {
  title: string;
  steps: Step[];
}

function stepOf({ title, text, done, action, url }: Step): HTMLElement {
  const mark = done === null ? false : h("span", { class: "cx-todo-mark", "data-done": String(done) });
  if (mark && done) mark.append(icon("M5 13l4 4L19 7"));
  return h(
    "li",
    { class: "cx-todo" },
    mark,
    h(
      "div",
      {},
      h(done ? "span" : "strong", {}, title),
      done !== null && h("span", { class: "cx-hidden" }, done ? ` – ${t("done")}` : ` – ${t("to do")}`),
      text && h("p", { class: "cx-muted cx-small" }, text),
    ),
    action && h("a", { class: "cx-btn", href: url }, action),
  );
}

export function cardOf({ title, steps }: Card): HTMLElement {
  const due = steps.filter(({ done }) => done !== null);
  const count = due.filter(({ done }) => done).length;
  return h(
    "section",
    { class: "cx-card cx-first-day", "aria-label": title },
    h(
      "div",
      { class: "cx-head" },
      h("h2", {}, title),
      h("span", { class: "cx-spring" }),
      due.length > 0 &&
        h("span", { class: "cx-muted cx-small" }, t("{count} of {every} done", { count, every: due.length })),
    ),
    h("ul", {}, ...steps.map(stepOf)),
  );
}

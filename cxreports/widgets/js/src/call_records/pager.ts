/** Under the calls: which ones these are, the way to the others, and all of them as a file. */

import { watch, type Model } from "../afm";
import { h, icon, setText } from "../dom";
import { downloads } from "./download";
import { t, written } from "../language";
import { change, chosen, watchView } from "../page/view";

function step(label: string, path: string, act: () => void): HTMLButtonElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "cx-btn cx-cdr-step",
      "aria-label": label,
      title: label,
      onClick: act,
    },
    icon(...path.split("|")),
  );
  return button;
}

export function pager(model: Model, signal?: AbortSignal): HTMLElement {
  const range = h("span", { class: "cx-cdr-range", role: "status" });
  /** Go to a page; the first one is 1. */
  const go = (page: number) => {
    const last = Math.max(1, model.get<number>("pages"));
    change(model, { page: String(Math.max(1, Math.min(last, page))) });
  };
  const at = () => Number(chosen(model, "page"));
  const first = step(t("First page"), "M17 6l-6 6 6 6|M8 6v12", () => go(1));
  const back = step(t("Previous page"), "M15 6l-6 6 6 6", () => go(at() - 1));
  const next = step(t("Next page"), "M9 6l6 6-6 6", () => go(at() + 1));
  const last = step(t("Last page"), "M7 6l6 6-6 6|M16 6v12", () => go(model.get<number>("pages")));
  const page = h("input", {
    type: "number",
    min: 1,
    step: 1,
    "aria-label": t("Page"),
    "data-lm-suppress-shortcuts": "true",
  });
  page.addEventListener("change", () => {
    if (page.value) go(Math.trunc(Number(page.value)));
    page.value = String(at());
  });
  const of = h("span", { class: "cx-muted" });
  const size = h(
    "select",
    { "aria-label": t("Calls on a page"), "data-lm-suppress-shortcuts": "true" },
    ...model.get<number[]>("sizes").map((n) => h("option", { value: n }, t("{count} a page", { count: n }))),
  );
  size.addEventListener("change", () => change(model, { size: size.value }));
  const draw = () => {
    const pages = model.get<number>("pages");
    setText(range, model.get("range"));
    setText(of, t("of {pages}", { pages: written(String(pages)) }));
    page.value = String(at());
    page.max = String(Math.max(1, pages));
    first.disabled = back.disabled = at() <= 1;
    next.disabled = last.disabled = at() >= pages;
    size.value = chosen(model, "size");
  };
  watch(model, ["pages", "range"], draw, signal);
  watchView(model, ["page", "size"], draw, signal);
  return h(
    "nav",
    { class: "cx-card cx-cdr-pager", "aria-label": t("Pages and downloads") },
    range,
    h("span", { class: "cx-cdr-steps" }, first, back, page, of, next, last),
    size,
    h("span", { class: "cx-spring" }),
    ...downloads(model, signal),
  );
}

/** What stands above the table: tabs, and the columns to show. */

import { choose, watch, type Model } from "../afm";
import { h } from "../dom";
import { t } from "../language";
import { popover } from "../popover";
import type { Column } from "./rows";

interface Tab {
  id: string;
  label: string;
}

/** The tabs of tables to choose from, worked with arrow keys. */
export function tabsOf(model: Model, signal?: AbortSignal): HTMLElement {
  const list = h("div", { class: "cx-seg", role: "tablist", "aria-label": t("Table") });
  const show = (id: string) => {
    if (id !== model.get("tab")) choose(model, { tab: id });
  };
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = model.get<Tab[]>("tabs");
    if (!step || !all.length) return;
    const at = all.findIndex((tab) => tab.id === model.get("tab"));
    show(all[(at + step + all.length) % all.length]!.id);
    list.querySelectorAll<HTMLElement>("button")[(at + step + all.length) % all.length]?.focus();
  });
  watch(
    model,
    ["tabs", "tab"],
    () => {
      const all = model.get<Tab[]>("tabs");
      const chosen = model.get<string>("tab");
      list.hidden = !all.length;
      if (list.children.length !== all.length) {
        list.replaceChildren(
          ...all.map(({ id, label }) =>
            h(
              "button",
              {
                type: "button",
                role: "tab",
                "data-tab": id,
                "data-lm-suppress-shortcuts": "true",
                onClick: () => show(id),
              },
              label,
            ),
          ),
        );
      }
      for (const button of list.querySelectorAll<HTMLElement>("button")) {
        const isChosen = button.dataset["tab"] === chosen;
        button.setAttribute("aria-selected", String(isChosen));
        button.setAttribute("tabindex", isChosen ? "0" : "-1");
      }
    },
    signal,
  );
  return list;
}

/** The button and panel in which columns are chosen; one always stays. */
export function chooser(model: Model): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "cx-btn", "data-lm-suppress-shortcuts": "true" },
    t("Columns"),
  );
  const panel = h("div", { class: "cx-grid-columns", "aria-label": t("Columns to show") });
  const fill = () => {
    const hidden = new Set(model.get<string[]>("hidden"));
    panel.replaceChildren(
      ...model.get<Column[]>("columns").map((column) => {
        const box = h("input", {
          type: "checkbox",
          checked: !hidden.has(column.name),
          "data-lm-suppress-shortcuts": "true",
          onChange: () => {
            const left = model.get<Column[]>("columns").filter((c) => !hidden.has(c.name));
            if (!box.checked && left.length === 1) {
              box.checked = true;
              return;
            }
            if (box.checked) hidden.delete(column.name);
            else hidden.add(column.name);
            choose(model, { hidden: [...hidden] });
          },
        });
        return h("label", { title: column.title || null }, box, h("span", {}, column.label));
      }),
    );
    panel.querySelector("input")?.focus();
  };
  popover(button, panel, "dialog", fill);
  return h("div", { class: "cx-grid-chooser" }, button, panel);
}

/** Summary: one table per tab, newest bucket first, with its totals. Texts come from Python. */

import { choose, watch, type RenderProps, type Widget } from "./afm";
import { h, setText, uid } from "./dom";

interface Column {
  key: string;
  label: string;
  title: string;
}

interface Table {
  id: string;
  label: string;
  columns: Column[];
  rows: string[][];
  total: string[];
  empty: string;
}

function tableOf(table: Table, caption: string): HTMLElement {
  if (!table.rows.length) return h("p", { class: "cx-none" }, table.empty);
  const head = table.columns.map((c) =>
    h("th", { scope: "col", title: c.title || null, "data-column": c.key }, c.label),
  );
  const line = (cells: string[]) =>
    h(
      "tr",
      {},
      ...cells.map((text, i) => (i ? h("td", {}, text) : h("th", { scope: "row" }, text))),
    );
  return h(
    "table",
    { class: "cx-table" },
    h("caption", { class: "cx-hidden" }, caption),
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...table.rows.map(line)),
    h("tfoot", {}, line(table.total)),
  );
}

function render({ model, el, signal }: RenderProps): void {
  const tabs = h("div", { class: "cx-seg", role: "tablist", "aria-label": "Summary by" });
  const note = h("span", { class: "cx-muted cx-small" });
  const panel = h("div", { class: "cx-scroll", role: "tabpanel", tabindex: 0, id: uid("cx-sum") });
  el.classList.add("cx", "cx-card", "cx-summary");
  el.replaceChildren(h("div", { class: "cx-head" }, h("h2", {}, "Summary"), tabs, note), panel);

  const show = (id: string) => {
    if (id !== model.get("tab")) choose(model, { tab: id });
  };
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = model.get<Table[]>("tables");
    const at = all.findIndex((t) => t.id === model.get("tab"));
    const next = all[(at + step + all.length) % all.length];
    if (next) show(next.id);
    requestAnimationFrame(() => tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
  });
  watch(model, ["note"], () => setText(note, model.get("note")), signal);
  let drawn = "";
  watch(
    model,
    ["tables", "tab"],
    () => {
      const all = model.get<Table[]>("tables");
      const tab = model.get<string>("tab");
      const names = JSON.stringify([all.map((t) => t.id), tab]);
      if (names !== drawn) {
        drawn = names;
        tabs.replaceChildren(
          ...all.map((t) =>
            h(
              "button",
              {
                type: "button",
                role: "tab",
                "data-tab": t.id,
                "aria-selected": String(t.id === tab),
                "aria-controls": panel.id,
                tabindex: t.id === tab ? 0 : -1,
                onClick: () => show(t.id),
              },
              t.label,
            ),
          ),
        );
        panel.scrollTop = 0;
      }
      const table = all.find((t) => t.id === tab);
      panel.setAttribute("aria-label", `Summary: ${table?.label ?? ""}`);
      panel.replaceChildren(
        ...(table ? [tableOf(table, `${table.label}, ${model.get<string>("note")}`)] : []),
      );
    },
    signal,
  );
}

export default { render } satisfies Widget;

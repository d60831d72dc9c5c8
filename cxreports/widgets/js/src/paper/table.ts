/** A grid on paper: a plain table of all its rows and columns, of which a screen draws those in sight alone. */

import { h } from "../dom";
import { isRight, type Shown } from "../grid/layout";
import { onPaper } from "./paper";

const SMALLEST = 0.5;

function cell({ rows }: Shown, at: number, column: Shown["columns"][number]): HTMLElement {
  const note = rows.note(at, column);
  const side = isRight(column) ? "cx-number" : null;
  return h("td", { class: side }, rows.text(at, column.name), note && h("span", { class: "cx-note" }, note));
}

function tableOf(shown: Shown): HTMLElement {
  const { rows, columns, totalsLabel } = shown;
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: isRight(column) ? "cx-number" : null }, column.label),
  );
  const every = Array.from({ length: rows.count }, (_, at) =>
    h("tr", {}, ...columns.map((column) => cell(shown, at, column))),
  );
  const totals = columns.map((column, at) =>
    at ? cell(shown, -1, column) : h("th", { scope: "row" }, totalsLabel),
  );
  return h(
    "table",
    { class: "cx-paper-table" },
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...every, totalsLabel ? h("tr", { class: "cx-totals" }, ...totals) : null),
  );
}

/** Print a grid's rows in place of its body, small enough for all columns to have room. */
export function printTable(body: HTMLElement, shown: () => Shown | null, signal?: AbortSignal): void {
  let table: HTMLElement | undefined;
  const end = () => {
    table?.remove();
    table = undefined;
  };
  const begin = () => {
    end();
    const now = shown();
    if (!now?.rows.count) return;
    table = tableOf(now);
    body.after(table);
    const room = table.parentElement!.clientWidth / table.scrollWidth;
    if (room < 1) table.style.fontSize = `${Math.max(SMALLEST, room)}em`;
  };
  onPaper(begin, end, signal);
}

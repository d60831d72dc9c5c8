/** The status bar: what is selected, and for each column its sum, average and true average. */

import { h } from "./dom";
import { divided, power, written } from "./grid_number";
import type { Column, Rows, Run } from "./grid_rows";
import type { Selection } from "./grid_selection";

const AVERAGE_DECIMALS = 2;
const HINT = matchMedia("(hover: none)").matches
  ? "Tap a cell, a heading or a row number to add up; hold and drag for more of them."
  : "Drag over cells, or click a heading or a row number, to add up.";

export interface Figure {
  label: string;
  value: string;
  detail?: string;
  title?: string;
}

export interface Group {
  column: Column;
  figures: Figure[];
}

function average(above: bigint, places: number, below: bigint, decimals: number): string {
  const count = divided(above * power(decimals), below * power(places));
  return written(count, decimals, decimals);
}

function figuresOf(rows: Rows, column: Column, runs: Run[], cells: number): Figure[] {
  const { name } = column;
  const count = rows.filled(name, runs);
  const figures: Figure[] = [];
  if (count < cells) figures.push({ label: "Values", value: written(BigInt(count), 0, 0) });
  if (!count || !["number", "ratio"].includes(column.kind)) return figures;
  const places = rows.places(name);
  const decimals = Math.max(column.decimals, AVERAGE_DECIMALS);
  const sum = rows.sum(name, runs);
  if (column.kind === "number") {
    figures.push({ label: "Sum", value: written(sum, places, column.decimals) });
  }
  figures.push({
    label: "Average",
    value: average(sum, places, BigInt(count), decimals),
    title: "Average of the cells: each cell weighs the same.",
  });
  if (column.denominator) {
    const above = rows.sum(column.numerator, runs, name);
    const below = rows.sum(column.denominator, runs, name);
    if (below) {
      const scale = rows.places(column.numerator) - rows.places(column.denominator);
      const [a, b] = scale < 0 ? [above * power(-scale), below] : [above, below * power(scale)];
      figures.push({
        label: "True average",
        value: average(a, 0, b, decimals),
        detail: `by ${column.weight_label}`,
        title: `Of all these calls together: each cell weighs as much as its ${column.weight_label}.`,
      });
    }
  }
  return figures;
}

/** Say what is selected: `4 × 3 cells`, or how many in how many ranges. */
export function extent(selection: Selection): string {
  const { areas } = selection;
  if (areas.length === 1) {
    const { top, left, bottom, right } = areas[0]!;
    const [height, width] = [bottom - top, right - left];
    if (height * width === 1) return "1 cell";
    return `${written(BigInt(height), 0, 0)} × ${width} cells`;
  }
  const cells = selection
    .selectedColumns()
    .flatMap((column) => selection.runs(column))
    .reduce((sum, [top, bottom]) => sum + bottom - top, 0);
  return `${written(BigInt(cells), 0, 0)} cells in ${areas.length} ranges`;
}

export function groups(rows: Rows, columns: Column[], selection: Selection): Group[] {
  return selection.selectedColumns().map((at) => {
    const column = columns[at]!;
    const runs = selection.runs(at);
    const cells = runs.reduce((sum, [top, bottom]) => sum + bottom - top, 0);
    return { column, figures: figuresOf(rows, column, runs, cells) };
  });
}

function shown({ label, value, detail, title }: Figure): HTMLElement {
  return h(
    "span",
    { class: "cx-grid-figure", title, "data-figure": label.toLowerCase().replace(" ", "-") },
    `${label} `,
    h("b", {}, value),
    detail && h("span", { class: "cx-muted" }, ` ${detail}`),
  );
}

/** Draw the status bar anew. */
export function tell(
  bar: HTMLElement,
  rows: Rows | null,
  columns: Column[],
  selection: Selection,
): void {
  if (!rows || !selection.areas.length) {
    bar.replaceChildren(h("span", { class: "cx-muted cx-grid-hint" }, rows?.count ? HINT : ""));
    return;
  }
  const [number = "", ...unit] = extent(selection).split(/ (?=cell)/);
  const every = groups(rows, columns, selection);
  const one = every.length === 1 && every[0]!.column;
  bar.replaceChildren(
    h("span", { class: "cx-grid-extent" }, h("b", {}, number), ` ${unit.join(" ")}`),
    ...every
      .filter(({ figures }) => figures.length || one)
      .map(({ column, figures }) =>
        h(
          "span",
          { class: "cx-grid-group", "data-column": column.name },
          h("span", { class: "cx-muted" }, column.label),
          ...figures.map(shown),
        ),
      ),
  );
}

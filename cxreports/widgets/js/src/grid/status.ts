/** The status bar: what is selected, and for each column its sum, average and true average. */

import { h, setText, uid } from "../dom";
import { t, tn } from "../language";
import { divided, power, unrounded, written } from "./number";
import type { Column, Rows, Run } from "./rows";
import type { Selection } from "./selection";

const AVERAGE_DECIMALS = 2;
const HINT = matchMedia("(hover: none)").matches
  ? t("Tap a cell, a heading or a row number to add up; hold and drag for more of them.")
  : t("Drag over cells, or click a heading or a row number, to add up.");

export interface Figure {
  key: string;
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
  if (count < cells) figures.push({ key: "values", label: t("Values"), value: written(BigInt(count), 0, 0) });
  if (!count || !["number", "ratio"].includes(column.kind)) return figures;
  const places = rows.places(name);
  const decimals = Math.max(column.decimals, AVERAGE_DECIMALS);
  const sum = rows.sum(name, runs);
  if (column.kind === "number") {
    const title = unrounded(sum, places, column.decimals);
    figures.push({ key: "sum", label: t("Sum"), value: written(sum, places, column.decimals), title });
  }
  figures.push({
    key: "average",
    label: t("Average"),
    value: average(sum, places, BigInt(count), decimals),
    title: t("Average of the cells: each cell weighs the same."),
  });
  if (column.denominator) {
    const above = rows.sum(column.numerator, runs, name);
    const below = rows.sum(column.denominator, runs, name);
    if (below) {
      const scale = rows.places(column.numerator) - rows.places(column.denominator);
      const [a, b] = scale < 0 ? [above * power(-scale), below] : [above, below * power(scale)];
      figures.push({
        key: "true-average",
        label: t("True average"),
        value: average(a, 0, b, decimals),
        // For translators: what weighs a weighted average: "by attempts"
        detail: t("by {weight}", { weight: column.weight_label }),
        title: t("Of all these calls together: each cell weighs as much as its {weight}.", {
          weight: column.weight_label,
        }),
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
    if (height * width === 1) return tn("{count} cell", "{count} cells", 1);
    return t("{height} × {width} cells", { height: written(BigInt(height), 0, 0), width });
  }
  const cells = selection
    .selectedColumns()
    .flatMap((column) => selection.runs(column))
    .reduce((sum, [top, bottom]) => sum + bottom - top, 0);
  return tn("{count} cell in {ranges} ranges", "{count} cells in {ranges} ranges", cells, {
    ranges: areas.length,
  });
}

export function groups(rows: Rows, columns: Column[], selection: Selection): Group[] {
  return selection.selectedColumns().map((at) => {
    const column = columns[at]!;
    const runs = selection.runs(at);
    const cells = runs.reduce((sum, [top, bottom]) => sum + bottom - top, 0);
    return { column, figures: figuresOf(rows, column, runs, cells) };
  });
}

function shown({ key, label, value, detail, title }: Figure): HTMLElement {
  return h(
    "span",
    { class: "cx-grid-figure", title: title || null, "data-figure": key },
    `${label} `,
    h("b", {}, value),
    detail && h("span", { class: "cx-muted" }, ` ${detail}`),
  );
}

/** Draw the status bar anew. */
export function tell(bar: HTMLElement, rows: Rows | null, columns: Column[], selection: Selection): void {
  if (!rows || !selection.areas.length) {
    bar.replaceChildren(h("span", { class: "cx-muted cx-grid-hint" }, rows?.count ? HINT : ""));
    return;
  }
  const every = groups(rows, columns, selection);
  const one = every.length === 1 && every[0]!.column;
  bar.replaceChildren(
    h("b", { class: "cx-grid-extent" }, extent(selection)),
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

/** A bar that shows two lines, and the button that shows all of them where there are more. */
export class Unfolding {
  readonly button: HTMLButtonElement;

  constructor(private readonly bar: HTMLElement) {
    bar.id ||= uid("cx-figures");
    this.button = h("button", {
      type: "button",
      class: "cx-grid-unfold cx-link",
      hidden: true,
      "aria-controls": bar.id,
      "aria-expanded": "false",
      "data-lm-suppress-shortcuts": "true",
      onClick: () => this.set(!this.isOpen),
    });
    this.set(false);
  }

  private get isOpen(): boolean {
    return this.bar.classList.contains("cx-open");
  }

  private set(isOpen: boolean): void {
    this.bar.classList.toggle("cx-open", isOpen);
    this.button.setAttribute("aria-expanded", String(isOpen));
    setText(this.button, isOpen ? t("Less") : t("More"));
    if (!isOpen) this.bar.scrollTop = 0;
  }

  /** Offer the button where figures are out of sight; an open bar closes when all fit. */
  fit(): void {
    const was = this.isOpen;
    this.bar.classList.remove("cx-open");
    const isCut = this.bar.scrollHeight > this.bar.clientHeight + 1;
    this.button.hidden = !isCut;
    this.set(was && isCut);
  }
}

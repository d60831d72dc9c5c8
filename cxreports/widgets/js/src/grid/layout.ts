/** How wide the columns are and how high the table: what they need, and what is left over shared out; and from
 * which side they stand. */

import { SlickGrid } from "slickgrid";
import { h } from "../dom";
import type { Column, Rows } from "./rows";

export const ROW_PX = 32;
export const HEAD_PX = 36;
export const NARROWEST_PX = 48;
const GUTTER_PX = 30;
const DIGIT_PX = 7;
const CELL_PAD_PX = 26;
const SORT_PX = 18;
const NOTE_PX = 14;
const WIDEST_PX = 340;
const SAMPLE_ROWS = 60;
/** Of the table's width, the most that columns may take that stay while the rest scrolls. */
const MOST_FIXED = 0.62;
/** Headings and totals are bolder than cells, and so wider. */
const [HEADING, TOTAL] = [1.06, 1.08];

/** Rows under columns; `most` is the height in pixels that the rows may take. */
export interface Shown {
  rows: Rows;
  columns: Column[];
  totalsLabel: string;
  most: number;
  /** Address of the calls behind a column's total; empty for none. */
  behindTotal(column: string): string;
}

export const isRight = ({ align, kind }: Column): boolean =>
  align ? align === "right" : ["number", "ratio", "amount"].includes(kind);

export const sum = (widths: number[]): number => widths.reduce((total, width) => total + width, 0);

export class Layout {
  /** Widths that a person chose, by column. */
  readonly chosen = new Map<string, number>();
  private readonly measure = document.createElement("canvas").getContext("2d")!;

  constructor(private readonly body: HTMLElement) {}

  /** Width of the row numbers. */
  gutter(shown: Shown | null): number {
    const digits = String(shown ? shown.rows.first + shown.rows.count : 0).length;
    return GUTTER_PX + DIGIT_PX * Math.max(0, digits - 2);
  }

  /** Width that a column's heading and values need; of many rows, a sample is measured. */
  natural({ rows, columns, totalsLabel }: Shown, column: Column): number {
    const { fontSize, fontFamily } = getComputedStyle(this.body);
    this.measure.font = `${fontSize} ${fontFamily}`;
    const width = (text: string) => this.measure.measureText(text).width;
    const step = Math.max(1, Math.floor(rows.count / SAMPLE_ROWS));
    let widest = width(column.label) * HEADING + SORT_PX;
    for (let at = -1; at < rows.count; at += at < 0 ? 1 : step) {
      widest = Math.max(widest, width(rows.text(at, column.name)) * (at < 0 ? TOTAL : 1));
      const note = rows.note(at, column);
      if (note) widest = Math.max(widest, width(`${rows.text(at, column.name)} ${note}`) + NOTE_PX);
    }
    if (column === columns[0]) widest = Math.max(widest, width(totalsLabel) * TOTAL + SORT_PX);
    return Math.ceil(Math.min(WIDEST_PX, widest + CELL_PAD_PX));
  }

  /** Width of each column; those that nobody chose share what is left over. */
  fitted(shown: Shown): number[] {
    const { rows, columns, most } = shown;
    const wanted = columns.map((c) => this.chosen.get(c.name) ?? this.natural(shown, c));
    const bar = rows.count * ROW_PX > most ? this.scrollbar : 0;
    const spare = this.body.clientWidth - this.gutter(shown) - bar - sum(wanted);
    const free = columns.filter((c) => !this.chosen.has(c.name)).length;
    if (spare <= 0 || !free) return wanted;
    const share = Math.floor(spare / free);
    let rest = spare - share * free;
    return wanted.map((width, i) => {
      if (this.chosen.has(columns[i]!.name)) return width;
      const more = rest-- > 0 ? 1 : 0;
      return width + share + more;
    });
  }

  /** Make the table as high as its rows, its heading, its totals and its scroll bar are. */
  setHeight(shown: Shown): void {
    const width = this.gutter(shown) + sum(this.fitted(shown));
    const bar = width > this.body.clientWidth ? this.scrollbar : 0;
    const rows = Math.min(shown.most, Math.max(1, shown.rows.count) * ROW_PX);
    const totals = shown.totalsLabel ? HEAD_PX : 0;
    this.body.style.height = `${HEAD_PX + rows + bar + totals}px`;
  }

  /** Tell the style sheet how wide the columns are that stay while the rest scrolls. */
  setFixed(gutter: number, first: number): void {
    this.body.style.setProperty("--cx-gutter", `${gutter}px`);
    this.body.style.setProperty("--cx-first", `${first}px`);
    this.body.classList.toggle("cx-narrow", gutter + first > this.body.clientWidth * MOST_FIXED);
  }

  private get scrollbar(): number {
    const probe = h("div", { class: "cx-grid-probe" });
    this.body.append(probe);
    const width = probe.offsetWidth - probe.clientWidth;
    probe.remove();
    return width;
  }
}

/** Scrolling of an element from where its lines begin; the browser counts down from 0 from right to left. */
export const scrolled = (element: Element): number => Math.abs(element.scrollLeft);

export function scrollTo(element: Element, along: number, isMirrored: boolean): void {
  element.scrollLeft = isMirrored ? -along : along;
}

/** SlickGrid whose first column stands at the right where people read from right to left. */
export class Mirrored extends SlickGrid {
  /** Stretch in sight, from where the columns begin; SlickGrid takes the scrolling for a positive one. */
  override getVisibleRange(top?: number, left?: number): ReturnType<SlickGrid["getVisibleRange"]> {
    const begin = Math.abs(left ?? this.scrollLeft);
    return { ...super.getVisibleRange(top, left), leftPx: begin, rightPx: begin + this.viewportW };
  }
}

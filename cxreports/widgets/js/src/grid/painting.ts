/** The selection drawn on the cells that are in sight. */

import { isRightToLeft } from "../language";
import type { Column, Rows } from "./rows";
import type { Place, Selection } from "./selection";

const EDGES = ["cx-top", "cx-right", "cx-bottom", "cx-left"];
const ACTIVE = 32;

/** A cell, with its column and what is drawn on it already. */
interface Cell extends HTMLElement {
  cxColumn?: number;
  cxState?: number;
}

export class Painting {
  constructor(
    private readonly body: HTMLElement,
    private readonly selection: Selection,
    private readonly cellId: (place: Place) => string,
  ) {}

  paint(columns: Column[]): void {
    const { selection } = this;
    const covered = new Set(selection.selectedColumns());
    const canvas = this.body.querySelector(".grid-canvas-top.grid-canvas-left");
    for (const line of canvas?.children ?? []) this.paintRow(line as HTMLElement, covered);
    for (const node of this.body.querySelectorAll<HTMLElement>(".slick-header-column")) {
      const at = columns.findIndex((column) => column.name === node.dataset["id"]);
      const isWhole = covered.has(at) && this.isWhole(at);
      node.classList.toggle("cx-touched", covered.has(at));
      node.classList.toggle("cx-whole", isWhole);
      node.setAttribute("aria-selected", String(isWhole));
      node.classList.toggle("cx-active", this.isActive(-1, at));
    }
    this.body.setAttribute("aria-activedescendant", this.cellId(selection.active));
  }

  private paintRow(line: HTMLElement, covered: Set<number>): void {
    const row = Number(line.dataset["row"]);
    if (line.getAttribute("aria-rowindex") !== String(row + 2)) {
      line.setAttribute("aria-rowindex", String(row + 2));
    }
    let touched = false;
    for (const cell of line.children as HTMLCollectionOf<Cell>) {
      cell.cxColumn ??= Number(/\bl(\d+)\b/.exec(cell.className)![1]) - 1;
      const column = cell.cxColumn;
      if (column < 0) continue;
      const state = covered.has(column) ? this.stateOf(row, column) : 0;
      touched ||= state > 0;
      this.mark(cell, row, column, state);
    }
    const gutter = line.firstElementChild as Cell;
    gutter.setAttribute("role", "rowheader");
    gutter.classList.toggle("cx-touched", touched);
  }

  private isWhole(column: number): boolean {
    const [run] = this.selection.runs(column);
    return run?.[0] === 0 && run[1] === this.selection.rows;
  }

  private isActive(row: number, column: number): boolean {
    const { active } = this.selection;
    return active.row === row && active.column === column;
  }

  /** Bits: selected, then on which sides the selection ends. */
  private stateOf(row: number, column: number): number {
    const { selection } = this;
    if (!selection.has(row, column)) return 0;
    const rightwards = isRightToLeft() ? -1 : 1;
    const around = [
      selection.has(row - 1, column),
      selection.has(row, column + rightwards),
      selection.has(row + 1, column),
      selection.has(row, column - rightwards),
    ];
    return around.reduce((bits, inside, i) => bits | (inside ? 0 : 2 << i), 1);
  }

  private mark(cell: Cell, row: number, column: number, state: number): void {
    const marked = state | (this.isActive(row, column) ? ACTIVE : 0);
    if (cell.cxState === marked) return;
    if (cell.cxState === undefined) {
      cell.id = this.cellId({ row, column });
      cell.setAttribute("aria-colindex", String(column + 2));
      cell.removeAttribute("tabindex");
    }
    cell.cxState = marked;
    cell.setAttribute("aria-selected", String(state > 0));
    cell.classList.toggle("cx-selected", state > 0);
    cell.classList.toggle("cx-active", marked >= ACTIVE);
    EDGES.forEach((name, i) => cell.classList.toggle(name, (state & (2 << i)) > 0));
  }
}

/** Mark the row that is open beside the table, among those in sight. */
export function markOpened(body: HTMLElement, rows: Rows, opened: number): void {
  for (const line of body.querySelectorAll<HTMLElement>(".slick-row")) {
    const row = Number(line.dataset["row"]);
    const isOpen = opened >= 0 && rows.source(row) === opened;
    line.classList.toggle("cx-opened", isOpen);
    if (isOpen) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

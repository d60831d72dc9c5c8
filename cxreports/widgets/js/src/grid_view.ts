/** The table itself: SlickGrid draws the rows in sight; roles, selection and layout are ours. */

import { SlickEventHandler, SlickGrid, type Column as SlickColumn } from "slickgrid";
import { h, icon, setText, uid } from "./dom";
import type { Column, Direction, Rows } from "./grid_rows";
import type { Place, Selection } from "./grid_selection";
import { t } from "./language";

export const ROW_PX = 32;
const HEAD_PX = 36;
const GUTTER_PX = 30;
const DIGIT_PX = 7;
const CELL_PAD_PX = 26;
const SORT_PX = 18;
const WIDEST_PX = 340;
const NARROWEST_PX = 48;
const SAMPLE_ROWS = 60;
const ROWS_AROUND = 12;
const GUTTER = "#";

const EDGES = ["cx-top", "cx-right", "cx-bottom", "cx-left"];

interface Cell extends HTMLElement {
  cxColumn?: number;
  cxState?: number;
}

const SORT_ICONS = {
  none: ["M8 10l4-4 4 4", "M8 14l4 4 4-4"],
  ascending: ["M7 14l5-6 5 6"],
  descending: ["M7 10l5 6 5-6"],
};

/** What a sort button does, with the column's name and without. */
function sortWords(next: Direction | null, column: string): [string, string] {
  if (!next) return [t("Sort by {column}, as before", { column }), t("Sort as before")];
  return next.descending
    ? [t("Sort by {column}, descending", { column }), t("Sort descending")]
    : [t("Sort by {column}, ascending", { column }), t("Sort ascending")];
}

export class View {
  readonly body: HTMLElement;
  private readonly id = uid("cx-grid");
  private readonly handler = new SlickEventHandler();
  private readonly measure = document.createElement("canvas").getContext("2d")!;
  /** Widths that a person chose. */
  private readonly widths = new Map<string, number>();
  private slick: SlickGrid | undefined;
  private rows: Rows | null = null;
  private columns: Column[] = [];
  private totalsLabel = "";
  private sorted: Direction | null = null;
  private most = 0;

  constructor(
    private readonly selection: Selection,
    label: string,
  ) {
    this.body = h("div", {
      class: "cx-grid-body",
      tabindex: 0,
      "aria-label": label || t("Table"),
      "aria-multiselectable": "true",
      "data-lm-suppress-shortcuts": "true",
    });
  }

  /** Show rows under columns; `most` is the height in pixels that the rows may take. */
  show(rows: Rows, columns: Column[], totalsLabel: string, hasTotals: boolean, most: number): void {
    const { scrollTop, scrollLeft } = this.viewport ?? { scrollTop: 0, scrollLeft: 0 };
    [this.rows, this.columns, this.totalsLabel, this.most] = [rows, columns, totalsLabel, most];
    this.layOut();
    this.draw(hasTotals);
    if (this.viewport) {
      this.viewport.scrollLeft = scrollLeft;
      this.viewport.scrollTop = scrollTop;
    }
  }

  get viewport(): HTMLElement | null {
    return this.body.querySelector(".slick-viewport-top.slick-viewport-left");
  }

  private get gutter(): number {
    return (
      GUTTER_PX +
      DIGIT_PX * Math.max(0, String(this.rows ? this.rows.first + this.rows.count : 0).length - 2)
    );
  }

  private get frozen(): number {
    return this.gutter + (this.slick?.getColumns()[1]?.width ?? 0);
  }

  // Layout

  private natural(column: Column): number {
    const rows = this.rows!;
    this.measure.font = `13px ${getComputedStyle(this.body).fontFamily}`;
    const width = (text: string) => this.measure.measureText(text).width;
    const step = Math.max(1, Math.floor(rows.count / SAMPLE_ROWS));
    let widest = width(column.label) * 1.06 + SORT_PX;
    for (let at = -1; at < rows.count; at += at < 0 ? 1 : step) {
      widest = Math.max(widest, width(rows.text(at, column.name)) * (at < 0 ? 1.08 : 1));
    }
    if (column === this.columns[0])
      widest = Math.max(widest, width(this.totalsLabel) * 1.08 + SORT_PX);
    return Math.ceil(Math.min(WIDEST_PX, widest + CELL_PAD_PX));
  }

  /** Find each column's width: what it needs, and what is left over shared out. */
  private fitted(): number[] {
    const wanted = this.columns.map((c) => this.widths.get(c.name) ?? this.natural(c));
    const scrolls = (this.rows?.count ?? 0) * ROW_PX > this.most;
    const bar = scrolls ? this.scrollbar : 0;
    const spare =
      this.body.clientWidth - this.gutter - bar - wanted.reduce((sum, width) => sum + width, 0);
    const free = this.columns.filter((c) => !this.widths.has(c.name)).length;
    if (spare <= 0 || !free) return wanted;
    const share = Math.floor(spare / free);
    let rest = spare - share * free;
    return wanted.map((width, i) => {
      if (this.widths.has(this.columns[i]!.name)) return width;
      const more = rest-- > 0 ? 1 : 0;
      return width + share + more;
    });
  }

  private get scrollbar(): number {
    const probe = h("div", { class: "cx-grid-probe" });
    this.body.append(probe);
    const width = probe.offsetWidth - probe.clientWidth;
    probe.remove();
    return width;
  }

  private slickColumns(): SlickColumn[] {
    const gutter: SlickColumn = {
      id: GUTTER,
      field: GUTTER,
      name: "",
      width: this.gutter,
      minWidth: this.gutter,
      resizable: false,
      alwaysRenderColumn: true,
      cssClass: "cx-gutter",
      headerCssClass: "cx-gutter",
      formatter: (row) => String(this.rows!.first + row + 1),
    };
    const widths = this.fitted();
    return [
      gutter,
      ...this.columns.map((column, i): SlickColumn => {
        const side = this.isRight(column) ? "cx-right-side" : "cx-left-side";
        const frozen = i === 0 ? " cx-frozen" : "";
        return {
          id: column.name,
          field: column.name,
          name: column.label,
          toolTip: column.title,
          width: widths[i]!,
          minWidth: NARROWEST_PX,
          resizable: true,
          alwaysRenderColumn: i === 0,
          cssClass: `${side}${frozen}${column.tone ? ` cx-tone-${column.tone}` : ""}`,
          headerCssClass: side + frozen,
          formatter: (row) => this.content(row, column),
        };
      }),
    ];
  }

  /** What stands in a cell: its text, which may lead somewhere. */
  private content(row: number, column: Column): string | HTMLElement {
    const text = this.rows!.text(row, column.name);
    const href = this.rows!.link(row, column);
    if (!href) return text;
    return h("a", { class: "cx-grid-link", href, tabindex: -1, draggable: "false" }, text);
  }

  /** Go where a cell leads to; whether it leads anywhere. */
  follow({ row, column }: Place): boolean {
    const href = this.rows?.link(row, this.columns[column]!);
    if (href) location.assign(href);
    return !!href;
  }

  private isRight({ align, kind }: Column): boolean {
    return align ? align === "right" : ["number", "ratio", "amount"].includes(kind);
  }

  private layOut(): void {
    const rows = this.rows!;
    const columns = this.fitted().reduce((sum, width) => sum + width, this.gutter);
    const bar = columns > this.body.clientWidth ? this.scrollbar : 0;
    const height = Math.min(this.most, Math.max(1, rows.count) * ROW_PX);
    this.body.style.height = `${HEAD_PX + height + bar + (this.totalsLabel ? HEAD_PX : 0)}px`;
  }

  private draw(hasTotals: boolean): void {
    const data = { getLength: () => this.rows!.count, getItem: (row: number) => row + 1 };
    if (this.slick) {
      this.slick.setData(data as any);
      this.slick.setColumns(this.slickColumns());
      this.slick.setFooterRowVisibility(hasTotals);
      this.slick.resizeCanvas();
      this.slick.invalidate();
      this.named();
      return;
    }
    this.slick = new SlickGrid(this.body, data as any, this.slickColumns(), {
      rowHeight: ROW_PX,
      explicitInitialization: true,
      enableCellNavigation: false,
      enableColumnReorder: false,
      enableHtmlRendering: false,
      enableMouseWheelScrollHandler: false,
      createFooterRow: true,
      showFooterRow: hasTotals,
      footerRowHeight: HEAD_PX,
      minRowBuffer: ROWS_AROUND,
      showCellSelection: false,
      dataItemColumnValueExtractor: () => null,
    });
    const { slick, handler } = this;
    handler.subscribe(slick.onHeaderCellRendered, (_, { node, column }) =>
      this.head(node, String(column.id)),
    );
    handler.subscribe(slick.onFooterRowCellRendered, (_, { node, column }) =>
      this.foot(node, String(column.id)),
    );
    handler.subscribe(slick.onRendered, () => this.paint());
    handler.subscribe(slick.onColumnsDrag, () => this.stick());
    handler.subscribe(slick.onColumnsResized, () => this.resized());
    handler.subscribe(slick.onColumnsResizeDblClick, (_, { triggeredByColumn }) => {
      this.widths.set(triggeredByColumn, this.natural(this.column(triggeredByColumn)!));
      this.refit();
    });
    slick.init();
    this.named();
  }

  private column(name: string): Column | undefined {
    return this.columns.find((each) => each.name === name);
  }

  private resized(): void {
    for (const { id, width } of this.slick!.getColumns()) {
      const now = this.fittedBefore.get(String(id));
      if (id !== GUTTER && width !== now) this.widths.set(String(id), width!);
    }
    this.stick();
    this.slick!.invalidate();
  }

  private fittedBefore = new Map<string, number>();

  /** Tell the style sheet how wide the columns are that stay when the rest scrolls. */
  private stick(): void {
    const first = this.slick!.getColumns()[1]?.width ?? 0;
    const narrow = this.gutter + first > this.body.clientWidth * 0.62;
    this.body.style.setProperty("--cx-gutter", `${this.gutter}px`);
    this.body.style.setProperty("--cx-first", `${first}px`);
    this.body.classList.toggle("cx-narrow", narrow);
  }

  /** Fit the columns to the width there is. */
  refit(): void {
    if (!this.slick || !this.rows || !this.body.clientWidth) return;
    this.layOut();
    this.slick.setColumns(this.slickColumns());
    this.slick.resizeCanvas();
    this.named();
  }

  // Names and roles

  /** Say what SlickGrid's elements are; the grid itself is the one stop of the Tab key. */
  private named(): void {
    this.fittedBefore = new Map(this.slick!.getColumns().map((c) => [String(c.id), c.width!]));
    this.stick();
    for (const each of this.body.querySelectorAll("[tabindex='0']"))
      each.setAttribute("tabindex", "-1");
    for (const each of this.body.querySelectorAll(".slick-header-columns-right")) {
      each.setAttribute("role", "presentation");
    }
    for (const each of this.body.querySelectorAll(":scope > div[style*='fixed']")) {
      each.setAttribute("aria-hidden", "true");
    }
    for (const each of this.body.querySelectorAll(".slick-resizable-handle")) {
      each.setAttribute("aria-hidden", "true");
    }
    this.body.querySelector(".slick-header-columns-left")?.setAttribute("aria-rowindex", "1");
    this.body.querySelector(".grid-canvas-top.grid-canvas-left")?.setAttribute("role", "rowgroup");
    const count = this.rows!.count;
    const foot = this.body.querySelector(".slick-footerrow-columns-left");
    foot?.setAttribute("role", "row");
    foot?.setAttribute("aria-rowindex", String(count + 2));
    this.body.setAttribute("aria-rowcount", String(count + (this.totalsLabel ? 2 : 1)));
    this.body.setAttribute("aria-colcount", String(this.columns.length + 1));
    this.paint();
  }

  private head(node: HTMLElement, name: string): void {
    const at = this.columns.findIndex((each) => each.name === name);
    node.setAttribute("aria-colindex", String(at + 2));
    const label = node.querySelector<HTMLElement>(".slick-column-name")!;
    if (at < 0) {
      node.setAttribute("aria-label", t("Row; click to select everything"));
      node.title = t("Select all");
      return;
    }
    label.className = "cx-grid-label";
    const state = this.sorted?.column === name ? this.sortState : "none";
    node.setAttribute("aria-label", this.columns[at]!.label);
    node.setAttribute("aria-sort", state);
    const next = this.nextSort(name);
    const [words, title] = sortWords(next, this.columns[at]!.label);
    const button = h("button", {
      type: "button",
      class: "cx-grid-sort",
      tabindex: -1,
      "aria-label": words,
      title,
    });
    button.append(icon(...SORT_ICONS[state]));
    if (this.isRight(this.columns[at]!)) label.before(button);
    else label.after(button);
  }

  private foot(node: HTMLElement, name: string): void {
    const at = this.columns.findIndex((each) => each.name === name);
    node.setAttribute("role", "gridcell");
    node.setAttribute("aria-colindex", String(at + 2));
    if (at < 0) node.classList.add("cx-gutter");
    else node.classList.add(this.isRight(this.columns[at]!) ? "cx-right-side" : "cx-left-side");
    if (at === 0) node.classList.add("cx-frozen");
    if (at >= 0) setText(node, at === 0 ? this.totalsLabel : this.rows!.text(-1, name));
  }

  // Sorting

  private get sortState(): "ascending" | "descending" {
    return this.sorted!.descending ? "descending" : "ascending";
  }

  /** What the next click on a sort button does: figures start with the largest. */
  nextSort(name: string): Direction | null {
    const { kind } = this.column(name)!;
    const descending = kind === "number" || kind === "ratio";
    if (this.sorted?.column !== name) return { column: name, descending };
    return this.sorted.descending === descending ? { column: name, descending: !descending } : null;
  }

  set sort(by: Direction | null) {
    this.sorted = by;
  }

  get sort(): Direction | null {
    return this.sorted;
  }

  // Selection

  private cellId({ row, column }: Place): string {
    if (row < 0) return `${this.slick!.getUID()}${this.columns[column]?.name ?? ""}`;
    return `${this.id}-${row}-${column}`;
  }

  /** Draw the selection on the cells that are in sight. */
  paint(): void {
    if (!this.slick) return;
    const { selection } = this;
    const covered = new Set(selection.selectedColumns());
    const whole = new Set(
      [...covered].filter((c) => {
        const [run] = selection.runs(c);
        return run?.[0] === 0 && run[1] === selection.rows;
      }),
    );
    const canvas = this.body.querySelector(".grid-canvas-top.grid-canvas-left");
    for (const line of canvas?.children ?? []) {
      const row = Number((line as HTMLElement).dataset["row"]);
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
    for (const node of this.body.querySelectorAll<HTMLElement>(".slick-header-column")) {
      const at = this.columns.findIndex((each) => each.name === node.dataset["id"]);
      node.classList.toggle("cx-touched", covered.has(at));
      node.classList.toggle("cx-whole", whole.has(at));
      node.setAttribute("aria-selected", String(whole.has(at)));
      node.classList.toggle("cx-active", this.isActive(-1, at));
    }
    this.body.setAttribute("aria-activedescendant", this.cellId(selection.active));
  }

  private isActive(row: number, column: number): boolean {
    const { active } = this.selection;
    return active.row === row && active.column === column;
  }

  /** Bits: selected, then on which sides the selection ends. */
  private stateOf(row: number, column: number): number {
    const { selection } = this;
    if (!selection.has(row, column)) return 0;
    const around = [
      selection.has(row - 1, column),
      selection.has(row, column + 1),
      selection.has(row + 1, column),
      selection.has(row, column - 1),
    ];
    return around.reduce((bits, inside, i) => bits | (inside ? 0 : 2 << i), 1);
  }

  private mark(cell: Cell, row: number, column: number, state: number): void {
    const marked = state | (this.isActive(row, column) ? 32 : 0);
    if (cell.cxState === marked) return;
    if (cell.cxState === undefined) {
      cell.id = this.cellId({ row, column });
      cell.setAttribute("aria-colindex", String(column + 2));
      cell.removeAttribute("tabindex");
    }
    cell.cxState = marked;
    cell.setAttribute("aria-selected", String(state > 0));
    cell.classList.toggle("cx-selected", state > 0);
    cell.classList.toggle("cx-active", marked >= 32);
    EDGES.forEach((name, i) => cell.classList.toggle(name, (state & (2 << i)) > 0));
  }

  // Places

  /** Find the cell under a point; beyond an edge, the nearest one. Column -1 is the row number. */
  placeAt(x: number, y: number): Place {
    const box = this.viewport!.getBoundingClientRect();
    const { scrollTop, scrollLeft, clientWidth } = this.viewport!;
    const inside = Math.max(0, Math.min(x - box.left, clientWidth - 1));
    const sticks = !this.body.classList.contains("cx-narrow");
    const fixed = inside < this.gutter || (sticks && inside < this.frozen);
    const along = fixed ? inside : inside + scrollLeft;
    let column = -1;
    let right = this.gutter;
    for (const { width } of this.slick!.getColumns().slice(1)) {
      if (along < right) break;
      column += 1;
      right += width!;
    }
    const row = Math.floor((y - box.top + scrollTop) / ROW_PX);
    return {
      row: Math.max(0, Math.min(row, (this.rows?.count ?? 1) - 1)),
      column: Math.min(column, this.columns.length - 1),
    };
  }

  /** Scroll by what a pointer is beyond an edge; whether there was anything to scroll. */
  pull(x: number, y: number): boolean {
    const view = this.viewport!;
    const box = view.getBoundingClientRect();
    const beyond = (at: number, low: number, high: number) =>
      at < low ? at - low : at > high ? at - high : 0;
    const dx = beyond(x, box.left + this.frozen, box.left + view.clientWidth);
    const dy = beyond(y, box.top, box.top + view.clientHeight);
    view.scrollLeft += Math.sign(dx) * Math.min(24, Math.abs(dx) / 4);
    view.scrollTop += Math.sign(dy) * Math.min(96, Math.abs(dy) / 2);
    return dx !== 0 || dy !== 0;
  }

  reveal({ row, column }: Place): void {
    const view = this.viewport;
    if (!view || !this.slick) return;
    if (row >= 0) {
      const top = row * ROW_PX;
      if (top < view.scrollTop) view.scrollTop = top;
      else if (top + ROW_PX > view.scrollTop + view.clientHeight) {
        view.scrollTop = top + ROW_PX - view.clientHeight;
      }
    }
    if (column > 0) {
      const widths = this.slick.getColumns().map((each) => each.width!);
      const left = widths.slice(0, column + 1).reduce((sum, width) => sum + width, 0);
      const right = left + widths[column + 1]!;
      const kept = this.body.classList.contains("cx-narrow") ? this.gutter : this.frozen;
      if (left < view.scrollLeft + kept) view.scrollLeft = left - kept;
      else if (right > view.scrollLeft + view.clientWidth) {
        view.scrollLeft = right - view.clientWidth;
      }
    }
    // The cell must be there before it can be named as the active one.
    this.slick.render();
  }

  /** How many rows a page key moves by. */
  get page(): number {
    return Math.max(1, Math.floor((this.viewport?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
  }

  /** Where the menu opens that was asked for with a key. */
  activePoint(): [x: number, y: number] {
    const cell = document.getElementById(this.cellId(this.selection.active));
    const box = (cell ?? this.body).getBoundingClientRect();
    return [box.left + Math.min(24, box.width / 2), box.top + box.height / 2];
  }

  redraw(): void {
    this.slick?.setColumns(this.slickColumns());
    this.slick?.invalidate();
    this.named();
  }

  remove(): void {
    this.handler.unsubscribeAll();
    this.slick?.destroy();
  }
}

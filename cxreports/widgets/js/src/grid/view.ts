/** The table itself: SlickGrid draws the rows in sight; layout, roles and painting are ours. */

import { SlickEventHandler, type Column as SlickColumn, type SlickGrid } from "slickgrid";
import { h, uid } from "../dom";
import { isRightToLeft, t } from "../language";
import {
  HEAD_PX,
  isRight,
  Layout,
  Mirrored,
  NARROWEST_PX,
  ROW_PX,
  scrolled,
  scrollTo,
  sum,
  type Shown,
} from "./layout";
import { markOpened, Painting } from "./painting";
import { nameFoot, nameHead, nameParts } from "./roles";
import type { Column, Direction } from "./rows";
import type { Place, Selection } from "./selection";

const ROWS_AROUND = 12;
const GUTTER = "#";

/** What a pointer may pull the table by in a frame, in pixels, and the part of its way beyond the edge. */
const [PULL_ACROSS, PULL_DOWN] = [
  { most: 24, part: 1 / 4 },
  { most: 96, part: 1 / 2 },
];

const pulled = (beyond: number, { most, part }: typeof PULL_DOWN): number =>
  Math.sign(beyond) * Math.min(most, Math.abs(beyond) * part);

export class View {
  readonly body: HTMLElement;
  /** What the rows are sorted by, as the headings show it. */
  sort: Direction | null = null;
  /** Row of the data that is open beside the table; -1 for none. */
  opened = -1;
  private readonly isMirrored = isRightToLeft();
  private readonly id = uid("cx-grid");
  private readonly handler = new SlickEventHandler();
  private readonly layout: Layout;
  private readonly painting: Painting;
  private slick: SlickGrid | undefined;
  private shown: Shown | null = null;
  private fittedBefore = new Map<string, number>();

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
    this.layout = new Layout(this.body);
    this.painting = new Painting(this.body, selection, (place) => this.cellId(place));
  }

  /** Show rows; the place that was scrolled to stays. */
  show(shown: Shown, hasTotals: boolean): void {
    const { scrollTop, scrollLeft } = this.viewport ?? { scrollTop: 0, scrollLeft: 0 };
    this.shown = shown;
    this.layout.setHeight(shown);
    if (this.slick) this.refill(this.slick, hasTotals);
    else this.begin(hasTotals);
    this.named();
    if (this.viewport) {
      this.viewport.scrollLeft = scrollLeft;
      this.viewport.scrollTop = scrollTop;
    }
  }

  private get viewport(): HTMLElement | null {
    return this.body.querySelector(".slick-viewport-top.slick-viewport-left");
  }

  private get data(): any {
    return { getLength: () => this.shown!.rows.count, getItem: (row: number) => row + 1 };
  }

  private refill(slick: SlickGrid, hasTotals: boolean): void {
    slick.setData(this.data);
    slick.setColumns(this.slickColumns());
    slick.setFooterRowVisibility(hasTotals);
    slick.resizeCanvas();
    slick.invalidate();
  }

  private begin(hasTotals: boolean): void {
    const slick: SlickGrid = new Mirrored(this.body, this.data, this.slickColumns(), {
      rtl: this.isMirrored,
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
    this.slick = slick;
    const { handler, layout } = this;
    handler.subscribe(slick.onHeaderCellRendered, (_, { node, column }) =>
      nameHead(node, this.shown!, String(column.id), this.sort, (name) => this.nextSort(name)),
    );
    handler.subscribe(slick.onFooterRowCellRendered, (_, { node, column }) =>
      nameFoot(node, this.shown!, String(column.id)),
    );
    handler.subscribe(slick.onRendered, () => this.paint());
    handler.subscribe(slick.onColumnsDrag, () => this.stick());
    handler.subscribe(slick.onColumnsResized, () => this.resized());
    handler.subscribe(slick.onColumnsResizeDblClick, (_, { triggeredByColumn }) => {
      layout.chosen.set(triggeredByColumn, layout.natural(this.shown!, this.column(triggeredByColumn)));
      this.refit();
    });
    slick.init();
  }

  private column(name: string): Column {
    return this.shown!.columns.find((column) => column.name === name)!;
  }

  private slickColumns(): SlickColumn[] {
    const shown = this.shown!;
    const width = this.layout.gutter(shown);
    const gutter: SlickColumn = {
      id: GUTTER,
      field: GUTTER,
      name: "",
      width,
      minWidth: width,
      resizable: false,
      alwaysRenderColumn: true,
      cssClass: "cx-gutter",
      headerCssClass: "cx-gutter",
      formatter: (row) => String(this.shown!.rows.first + row + 1),
    };
    const widths = this.layout.fitted(shown);
    return [gutter, ...shown.columns.map((column, at) => this.slickColumn(column, at, widths[at]!))];
  }

  private slickColumn(column: Column, at: number, width: number): SlickColumn {
    const side = isRight(column) ? "cx-right-side" : "cx-left-side";
    const frozen = at === 0 ? " cx-frozen" : "";
    return {
      id: column.name,
      field: column.name,
      name: column.label,
      toolTip: column.title,
      width,
      minWidth: NARROWEST_PX,
      resizable: true,
      alwaysRenderColumn: at === 0,
      cssClass: `${side}${frozen}${column.tone ? ` cx-tone-${column.tone}` : ""}`,
      headerCssClass: side + frozen,
      formatter: (row) => this.content(row, column),
    };
  }

  /** What stands in a cell: its text, which may lead somewhere, and under the pointer what was rounded away. */
  private content(row: number, column: Column): string | HTMLElement | { text: string; toolTip: string } {
    const { rows } = this.shown!;
    const text = rows.text(row, column.name);
    const toolTip = rows.full(row, column.name);
    const href = rows.link(row, column);
    const note = rows.note(row, column);
    if (note) return h("span", {}, text, " ", h("span", { class: "cx-note" }, note));
    if (!href) return toolTip ? { text, toolTip } : text;
    const title = toolTip || null;
    return h("a", { class: "cx-grid-link", href, title, tabindex: -1, draggable: "false" }, text);
  }

  /** Go where a cell leads to; whether it leads anywhere. */
  follow({ row, column }: Place): boolean {
    const href = this.shown?.rows.link(row, this.shown.columns[column]!);
    if (href) location.assign(href);
    return !!href;
  }

  // Widths that change

  private resized(): void {
    for (const { id, width } of this.slick!.getColumns()) {
      const now = this.fittedBefore.get(String(id));
      if (id !== GUTTER && width !== now) this.layout.chosen.set(String(id), width!);
    }
    this.stick();
    this.slick!.invalidate();
  }

  private stick(): void {
    this.layout.setFixed(this.gutter, this.widths[1] ?? 0);
  }

  /** Fit the columns to the width there is. */
  refit(): void {
    if (!this.slick || !this.shown || !this.body.clientWidth) return;
    this.layout.setHeight(this.shown);
    this.slick.setColumns(this.slickColumns());
    this.slick.resizeCanvas();
    this.named();
  }

  redraw(): void {
    this.slick?.setColumns(this.slickColumns());
    this.slick?.invalidate();
    this.named();
  }

  private named(): void {
    this.fittedBefore = new Map(this.slick!.getColumns().map((c) => [String(c.id), c.width!]));
    this.stick();
    nameParts(this.body, this.shown!);
    this.paint();
  }

  /** What the next click on a sort button does: figures start with the largest. */
  nextSort(name: string): Direction | null {
    const { kind } = this.column(name);
    const descending = kind === "number" || kind === "ratio";
    if (this.sort?.column !== name) return { column: name, descending };
    return this.sort.descending === descending ? { column: name, descending: !descending } : null;
  }

  /** Draw the selection on the cells that are in sight. */
  paint(): void {
    if (!this.slick || !this.shown) return;
    this.painting.paint(this.shown.columns);
    markOpened(this.body, this.shown.rows, this.opened);
  }

  private cellId({ row, column }: Place): string {
    if (row < 0) return `${this.slick!.getUID()}${this.shown!.columns[column]?.name ?? ""}`;
    return `${this.id}-${row}-${column}`;
  }

  // Places

  private get gutter(): number {
    return this.layout.gutter(this.shown);
  }

  /** Widths of the row numbers and of the columns, as they are drawn. */
  private get widths(): number[] {
    return this.slick?.getColumns().map((column) => column.width!) ?? [];
  }

  /** Width of what stays while the rest scrolls: the row numbers and, unless narrow, the first column. */
  private get fixed(): number {
    return this.isNarrow ? this.gutter : this.frozen;
  }

  private get frozen(): number {
    return this.gutter + (this.widths[1] ?? 0);
  }

  private get isNarrow(): boolean {
    return this.body.classList.contains("cx-narrow");
  }

  /** Find the cell under a point; beyond an edge, the nearest one. Column -1 is the row number. */
  placeAt(x: number, y: number): Place {
    const { rows, columns } = this.shown!;
    const box = this.viewport!.getBoundingClientRect();
    const { scrollTop, clientWidth } = this.viewport!;
    const from = this.isMirrored ? box.right - x : x - box.left;
    const inside = Math.max(0, Math.min(from, clientWidth - 1));
    const along = inside < this.fixed ? inside : inside + scrolled(this.viewport!);
    let column = -1;
    let end = this.gutter;
    for (const width of this.widths.slice(1)) {
      if (along < end) break;
      column += 1;
      end += width;
    }
    const row = Math.floor((y - box.top + scrollTop) / ROW_PX);
    return {
      row: Math.max(0, Math.min(row, rows.count - 1)),
      column: Math.min(column, columns.length - 1),
    };
  }

  /** Scroll by what a pointer is beyond an edge, where it may be: whether there was anything to scroll. */
  pull(x: number, y: number, { across, down } = { across: true, down: true }): boolean {
    const view = this.viewport!;
    const box = view.getBoundingClientRect();
    const beyond = (at: number, low: number, high: number) =>
      at < low ? at - low : at > high ? at - high : 0;
    const dx = this.isMirrored
      ? beyond(x, box.right - view.clientWidth, box.right - this.frozen)
      : beyond(x, box.left + this.frozen, box.left + view.clientWidth);
    const dy = beyond(y, box.top, box.top + view.clientHeight);
    const { scrollLeft, scrollTop } = view;
    if (across) view.scrollLeft += pulled(dx, PULL_ACROSS);
    if (down) view.scrollTop += pulled(dy, PULL_DOWN);
    return view.scrollLeft !== scrollLeft || view.scrollTop !== scrollTop;
  }

  /** Scroll a place into sight. */
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
      const begin = sum(this.widths.slice(0, column + 1));
      const end = begin + this.widths[column + 1]!;
      const along = scrolled(view);
      if (begin < along + this.fixed) scrollTo(view, begin - this.fixed, this.isMirrored);
      else if (end > along + view.clientWidth) scrollTo(view, end - view.clientWidth, this.isMirrored);
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
    const inside = Math.min(24, box.width / 2);
    return [this.isMirrored ? box.right - inside : box.left + inside, box.top + box.height / 2];
  }

  remove(): void {
    this.handler.unsubscribeAll();
    this.slick?.destroy();
  }
}

/** Which cells are selected: areas of rows and columns as shown. Overlaps count once. */

import type { Run } from "./rows";

export interface Place {
  row: number;
  column: number;
}

/** A rectangle of cells, half-open. */
export interface Area {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export type Shape = "cells" | "rows" | "columns";

/** What lies around a selection: the rows and columns that hold a selected cell. */
export interface Hull {
  rows: number[];
  columns: number[];
  /** The areas by position in `rows` and `columns`. */
  areas: Area[];
}

export class Selection {
  areas: Area[] = [];
  /** Where the keyboard is; row -1 is the heading. */
  active: Place = { row: 0, column: 0 };
  private anchor: Place = { row: 0, column: 0 };
  private shape: Shape = "cells";

  constructor(
    private height: number,
    private width: number,
  ) {}

  get rows(): number {
    return this.height;
  }

  get columns(): number {
    return this.width;
  }

  resize(height: number, width: number): void {
    [this.height, this.width] = [height, width];
    this.areas = this.areas.filter((area) => area.bottom <= height && area.right <= width);
    this.active = this.clamped(this.active);
    this.anchor = this.clamped(this.anchor);
  }

  clamped({ row, column }: Place): Place {
    return {
      row: Math.max(-1, Math.min(row, this.height - 1)),
      column: Math.max(0, Math.min(column, this.width - 1)),
    };
  }

  /** Select from here on: alone, or beside what is selected already. */
  start(place: Place, shape: Shape = "cells", beside = false): void {
    if (!this.height || !this.width) return;
    if (!beside) this.areas = [];
    this.anchor = this.active = this.clamped(place);
    this.shape = shape;
    this.areas.push(this.between(this.anchor, this.active));
  }

  /** Let the last area reach from where it was started to here. */
  extend(place: Place, shape: Shape = this.shape): void {
    if (!this.areas.length) return this.start(place, shape);
    this.active = this.clamped(place);
    this.shape = shape;
    this.areas[this.areas.length - 1] = this.between(this.anchor, this.active);
  }

  move(place: Place): void {
    this.areas = [];
    this.anchor = this.active = this.clamped(place);
  }

  all(): void {
    if (!this.height || !this.width) return;
    this.areas = [{ top: 0, left: 0, bottom: this.height, right: this.width }];
    this.shape = "cells";
  }

  clear(): void {
    this.areas = [];
    this.anchor = this.active;
  }

  /** Widen the last area to whole rows or columns. */
  widen(shape: "rows" | "columns"): void {
    if (!this.areas.length) this.start(this.active);
    const area = this.areas.at(-1)!;
    if (shape === "rows") [area.left, area.right] = [0, this.width];
    else [area.top, area.bottom] = [0, this.height];
    this.shape = shape;
  }

  /** Whether one whole column is selected, and nothing else. */
  get isColumn(): boolean {
    const [area, ...others] = this.areas;
    if (!area || others.length) return false;
    return area.right - area.left === 1 && area.top === 0 && area.bottom === this.height;
  }

  /** Keep whole columns, which mean the same in any order of rows. */
  reordered(): void {
    this.areas = this.areas.filter((area) => area.top === 0 && area.bottom === this.height);
  }

  has(row: number, column: number): boolean {
    return this.areas.some((a) => row >= a.top && row < a.bottom && column >= a.left && column < a.right);
  }

  /** Selected stretches of a column, in order, none touching another. */
  runs(column: number): Run[] {
    const own = this.areas.filter((a) => column >= a.left && column < a.right).sort((a, b) => a.top - b.top);
    const runs: [number, number][] = [];
    for (const { top, bottom } of own) {
      const last = runs.at(-1);
      if (last && top <= last[1]) last[1] = Math.max(last[1], bottom);
      else runs.push([top, bottom]);
    }
    return runs;
  }

  selectedColumns(): number[] {
    const columns = new Set<number>();
    for (const { left, right } of this.areas) {
      for (let column = left; column < right; column++) columns.add(column);
    }
    return [...columns].sort((a, b) => a - b);
  }

  hull(): Hull {
    const columns = this.selectedColumns();
    const touched = new Uint8Array(this.height);
    for (const { top, bottom } of this.areas) touched.fill(1, top, bottom);
    const rows: number[] = [];
    const position = new Uint32Array(this.height + 1);
    for (let row = 0; row < this.height; row++) {
      position[row] = rows.length;
      if (touched[row]) rows.push(row);
    }
    position[this.height] = rows.length;
    const across = (column: number) => columns.filter((each) => each < column).length;
    const areas = this.areas.map((a) => ({
      top: position[a.top]!,
      left: across(a.left),
      bottom: position[a.bottom]!,
      right: across(a.right),
    }));
    return { rows, columns, areas };
  }

  private between(a: Place, b: Place): Area {
    const rows = this.shape === "columns" ? [0, this.height - 1] : [a.row, b.row];
    const columns = this.shape === "rows" ? [0, this.width - 1] : [a.column, b.column];
    return {
      top: Math.max(0, Math.min(...rows)),
      left: Math.min(...columns),
      bottom: Math.max(0, Math.max(...rows)) + 1,
      right: Math.max(...columns) + 1,
    };
  }
}

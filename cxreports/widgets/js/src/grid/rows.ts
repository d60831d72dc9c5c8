/** Rows of a grid as columns of exact values, in the order in which they are shown. */

import { tableFromIPC } from "@uwdata/flechette";
import { exactly, unrounded, written } from "./number";
import { timeTeller, timeWriter, type Precision } from "./time";

export interface Column {
  name: string;
  label: string;
  title: string;
  kind: "text" | "number" | "ratio" | "amount" | "time";
  decimals: number;
  align: "left" | "right" | "";
  numerator: string;
  denominator: string;
  weight_label: string;
  precision: Precision;
  link: string;
  tone: "" | "warn";
  note: string;
}

export interface RowsTrait {
  key: number;
  count: number;
  first: number;
  totals: boolean;
  places: Record<string, number>;
  inline: string;
}

/** Half-open stretch of rows as shown. */
export type Run = readonly [top: number, bottom: number];

/** A whole column. Numbers are 64- or 128-bit integers, read as 32-bit limbs to be added fast. */
interface Values {
  length: number;
  empty: Uint8Array | null;
  limbs: Int32Array | null;
  width: number;
  at(row: number): unknown;
}

export interface Direction {
  column: string;
  descending: boolean;
}

/** How values are written, with the writers of times that were made so far, by column. */
interface Wording {
  time: typeof timeWriter;
  number: typeof written;
  times: Map<string, (us: bigint) => string>;
}

const wording = (time: typeof timeWriter, number: typeof written): Wording => ({
  time,
  number,
  times: new Map(),
});

// Of so many 32-bit limbs the sum is exact in floating point.
const CHUNK = 1 << 20;
const LIMB = 32n;

async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function valuesOf(batches: readonly any[], length: number): Values {
  const [batch] = batches;
  if (batches.length > 1) throw new Error("The rows came in several pieces.");
  let empty: Uint8Array | null = null;
  if (batch?.nullCount) {
    empty = new Uint8Array(length);
    for (let i = 0; i < length; i++) empty[i] = batch.isValid(i) ? 0 : 1;
  }
  const numbers = batch?.values;
  const width = numbers instanceof BigInt64Array ? 2 : numbers instanceof BigUint64Array ? 4 : 0;
  return {
    length,
    empty,
    width,
    limbs: width ? new Int32Array(numbers.buffer, numbers.byteOffset, length * width) : null,
    at: (row) => (empty?.[row] ? null : batch.at(row)),
  };
}

export class Rows {
  /** Row of the data at each shown position; the data's own order when null. */
  private order: Uint32Array | null = null;
  private readonly columns: Map<string, Column>;
  private readonly values: Map<string, Values>;
  private readonly forEyes = wording(timeTeller, written);
  private readonly forPrograms = wording(timeWriter, exactly);
  private readonly keys = new Map<string, Float64Array>();

  private constructor(
    table: ReturnType<typeof tableFromIPC>,
    columns: Column[],
    private readonly trait: RowsTrait,
    readonly zone: string,
  ) {
    this.columns = new Map(columns.map((column) => [column.name, column]));
    const every = trait.count + (trait.totals ? 1 : 0);
    this.values = new Map(table.names.map((name) => [name, valuesOf(table.getChild(name).data, every)]));
  }

  static async unpack(packed: Uint8Array, columns: Column[], trait: RowsTrait, zone: string): Promise<Rows> {
    const options = { useBigInt: true, useDecimalInt: true } as const;
    return new Rows(tableFromIPC(await inflated(packed), options), columns, trait, zone);
  }

  get count(): number {
    return this.trait.count;
  }

  /** Number of the first row, from 0: not 0 on the later pages of more rows. */
  get first(): number {
    return this.trait.first;
  }

  get key(): number {
    return this.trait.key;
  }

  /** Number of the data's row that is shown at a position. */
  source(at: number): number {
    return this.order ? this.order[at]! : at;
  }

  /** What stands in a cell; -1 is the line of totals. */
  text(at: number, name: string): string {
    return this.say(at, name, this.forEyes);
  }

  /** A cell's value with every digit, as it is copied. */
  exact(at: number, name: string): string {
    return this.say(at, name, this.forPrograms);
  }

  /** A number's every digit, for eyes; empty where the cell shows them all. */
  full(at: number, name: string): string {
    const { kind, decimals } = this.columns.get(name)!;
    if (kind === "text" || kind === "time") return "";
    const value = this.values.get(name)!.at(at < 0 ? this.count : this.source(at));
    return value === null || value === undefined
      ? ""
      : unrounded(value as bigint, this.places(name), decimals);
  }

  /** What stands beside a cell's text, as "so far, to 11:41". */
  note(at: number, { note }: Column): string {
    return note && at >= 0 ? String(this.values.get(note)!.at(this.source(at)) ?? "") : "";
  }

  private say(at: number, name: string, { times, time, number }: Wording): string {
    const value = this.values.get(name)!.at(at < 0 ? this.count : this.source(at));
    if (value === null || value === undefined) return "";
    const column = this.columns.get(name)!;
    if (column.kind === "text") return String(value);
    if (column.kind !== "time") {
      return number(value as bigint, this.places(name), column.decimals);
    }
    if (!times.has(name)) times.set(name, time(column.precision, this.zone));
    return times.get(name)!(value as bigint);
  }

  /** Where a cell leads to, empty for nowhere: the row's values stand in its column's link. */
  link(at: number, column: Column): string {
    if (!column.link || at < 0 || !this.text(at, column.name)) return "";
    return column.link.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(this.exact(at, name)));
  }

  places(name: string): number {
    return this.trait.places[name] ?? 0;
  }

  /** How many cells of a column have a value. */
  filled(name: string, runs: readonly Run[]): number {
    const { empty } = this.values.get(name)!;
    let count = 0;
    for (const [top, bottom] of runs) {
      if (!empty) count += bottom - top;
      else for (let at = top; at < bottom; at++) count += empty[this.source(at)] ? 0 : 1;
    }
    return count;
  }

  /** Add up a column, exactly, over rows in which another one has a value. */
  sum(name: string, runs: readonly Run[], where: string = name): bigint {
    const { limbs, width, empty: own } = this.values.get(name)!;
    const { empty } = this.values.get(where)!;
    if (!limbs) return 0n;
    let total = 0n;
    for (const [top, bottom] of runs) {
      for (let from = top; from < bottom; from += CHUNK) {
        const sums = new Float64Array(width);
        const until = Math.min(bottom, from + CHUNK);
        for (let at = from; at < until; at++) {
          const row = this.order ? this.order[at]! : at;
          if (empty?.[row] || own?.[row]) continue;
          const first = row * width;
          for (let i = 0; i < width - 1; i++) sums[i]! += limbs[first + i]! >>> 0;
          sums[width - 1]! += limbs[first + width - 1]!;
        }
        sums.forEach((sum, i) => (total += BigInt(sum) << (LIMB * BigInt(i))));
      }
    }
    return total;
  }

  /** Show the rows by a column's values, empty cells last; null restores the data's order. */
  sort(by: Direction | null): void {
    if (!by) {
      this.order = null;
      return;
    }
    const key = this.sortKey(by.column);
    const sign = by.descending ? -1 : 1;
    // Sorting by (value, row) keeps rows of the same value in their order.
    this.order = Uint32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => {
      const x = key[a]!;
      const y = key[b]!;
      if (x === y) return a - b;
      if (x !== x || y !== y) return x === x ? -1 : y === y ? 1 : a - b;
      return x < y ? -sign : sign;
    });
  }

  /** Ranks of a column's values; empty cells are NaN. */
  private sortKey(name: string): Float64Array {
    const kept = this.keys.get(name);
    if (kept) return kept;
    const { at } = this.values.get(name)!;
    const all = Array.from({ length: this.count }, (_, row) => at(row) as bigint | string | null);
    const distinct = [...new Set(all)].filter((value) => value !== null) as (bigint | string)[];
    distinct.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const ranks = new Map(distinct.map((value, rank) => [value, rank]));
    const key = Float64Array.from(all, (value) => (value === null ? NaN : ranks.get(value)!));
    this.keys.set(name, key);
    return key;
  }
}

/** Ways from figures to the calls behind them: Python makes the addresses, this only joins their parts. */

/** Ways from the points of a graph, or from its bars, as `pages.calls.behind` gives them. */
export interface GraphWays {
  whole?: string;
  base?: string;
  edges?: string[];
  bars?: string[];
}

/** Ways from the cells of a table. */
export interface CellWays {
  columns?: Record<string, string>;
  rows?: [begin: string, end: string][];
  total?: [begin: string, end: string];
}

/** Only a portal has a page of calls to go to. */
export const isPortal = (): boolean => document.documentElement.dataset["cxPortal"] !== undefined;

const between = (base: string, begin: string, end: string): string =>
  `${base}&from=${encodeURIComponent(begin)}&to=${encodeURIComponent(end)}`;

/** Address of the calls of a bucket, which are counted from 0; empty for none. */
export function behindBucket({ base, edges }: GraphWays, bucket: number): string {
  const [begin, end] = [edges?.[bucket], edges?.[bucket + 1]];
  return base && begin && end ? between(base, begin, end) : "";
}

/** Address of the calls of a bar, by its rank; empty for none. */
export const behindBar = ({ bars }: GraphWays, rank: number | undefined): string => bars?.[rank ?? -1] ?? "";

/** Address of the calls behind a cell, of the line of totals where no row is named; empty for none. */
export function behindCell(ways: CellWays, row: number | null, column: string): string {
  const ends = row === null ? ways.total : ways.rows?.[row];
  const base = ways.columns?.[column];
  return ends && base ? between(base, ...ends) : "";
}

/** Go to an address, or open it in a new tab where that is how it was clicked. */
export function go(address: string, event?: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): void {
  if (event && (event.ctrlKey || event.metaKey || event.shiftKey)) window.open(address, "_blank", "noopener");
  else location.assign(address);
}

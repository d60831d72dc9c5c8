/** Ways from figures to the calls behind them: Python makes the addresses, this only joins their parts. */

/** Ways from the points of a graph, or from its bars, as `pages.calls.behind` gives them. */
export interface GraphWays {
  whole?: string;
  base?: string;
  clocks?: number[];
  edges?: string[];
  bars?: string[];
}

/** Ways from the cells of a table. */
export interface CellWays {
  columns?: Record<string, string>;
  rows?: [begin: string, end: string][];
}

/** What a click on a graph hits: a point has the time on the clocks, a bar its rank. */
export interface Hit {
  start?: unknown;
  again?: boolean;
  rank?: number;
}

const between = (base: string, begin: string, end: string): string =>
  `${base}&from=${encodeURIComponent(begin)}&to=${encodeURIComponent(end)}`;

/** Address of the calls behind a point or a bar; empty for none. */
export function behindGraph(ways: GraphWays, hit: Hit | undefined): string {
  if (!hit) return "";
  if (ways.bars) return ways.bars[hit.rank ?? -1] ?? "";
  const { base, clocks, edges } = ways;
  if (!base || !clocks || !edges || hit.start === undefined) return "";
  const start = Number(hit.start);
  // Clocks that were put back show the same time twice.
  const at = hit.again ? clocks.lastIndexOf(start) : clocks.indexOf(start);
  return at < 0 ? "" : between(base, edges[at]!, edges[at + 1]!);
}

/** Address of the calls behind a cell; empty for none. */
export function behindCell(ways: CellWays, row: number, column: string): string {
  const ends = ways.rows?.[row];
  const base = ways.columns?.[column];
  return ends && base ? between(base, ...ends) : "";
}

/** Go to an address, or open it in a new tab where that is how it was clicked. */
export function go(address: string, event?: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): void {
  if (event && (event.ctrlKey || event.metaKey || event.shiftKey)) window.open(address, "_blank", "noopener");
  else location.assign(address);
}

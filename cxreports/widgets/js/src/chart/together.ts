/** What the graphs of a page do together: one crosshair, one zoom. In JupyterLab each widget loads a
 * copy of this module, so what they share is the page's. */

import type { Crosshair } from "./crosshair";

interface Shared {
  vega?: Promise<typeof import("./vega")>;
  plots: Set<Crosshair>;
  shown: boolean;
}

export function shared(): Shared {
  const all = globalThis as { __cxreports?: Shared };
  return (all.__cxreports ??= { plots: new Set(), shown: false });
}

/** Let the crosshair stand at one time in all graphs; the leading one says what it is. */
export function pointAt(leader: Crosshair, at: number): void {
  const { starts } = leader.told!;
  shared().shown = true;
  for (const plot of shared().plots) {
    const same = plot === leader ? at : (plot.told?.starts.indexOf(starts[at]!) ?? -1);
    // A time that clocks show twice stands at the same place of graphs with the same buckets.
    const place = plot.told?.starts[at] === starts[at] ? at : same;
    if (place < 0) plot.hide();
    else plot.show(place, plot === leader);
  }
}

export function hideAll(): void {
  shared().shown = false;
  for (const plot of shared().plots) plot.hide();
}

/** Mark the stretch of a drag in all graphs, or nothing. */
export function markAll(leader: Crosshair, from?: number, to?: number): void {
  for (const plot of shared().plots) {
    if (plot === leader || plot.told?.starts.length === leader.told?.starts.length) plot.mark(from, to);
  }
}

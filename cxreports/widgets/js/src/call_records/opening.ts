/** Opening what is behind a cell or a row: by a click, twice where a click selects, or by Enter. */

import type { Model } from "../afm";
import { behindCell, go, isPortal, type CellWays } from "../calls";
import { spotOf, type Spot } from "../grid/input";
import type { Rows } from "../grid/rows";
import type { Place } from "../grid/selection";
import type { View } from "../grid/view";

const STILL_PX = 4;

/** Address of the calls behind a cell, of the line of totals where no row is named; empty for none. */
export function addressOf(
  model: Model,
  rows: Rows | null,
  row: number | null,
  column: string | undefined,
): string {
  if (!rows || (row !== null && row < 0) || !column || !isPortal()) return "";
  return behindCell(model.get<CellWays>("behind"), row === null ? null : rows.source(row), column);
}

/** Open the calls behind a cell or a total, or the row where the grid's rows open; whether there was anything. */
export function open(
  model: Model,
  rows: Rows | null,
  row: number | null,
  column: string | undefined,
  event?: MouseEvent | KeyboardEvent,
): boolean {
  if (model.get("opens") && rows && row !== null && row >= 0) {
    model.send({ open: rows.source(row), key: rows.key });
    return true;
  }
  const address = addressOf(model, rows, row, column);
  if (address) go(address, event);
  return !!address;
}

/** Call `opened` for a plain click on a cell that moved nothing, and for a double click. */
export function listenToOpening(
  view: View,
  opened: (place: Place, isDouble: boolean, event: MouseEvent) => void,
): void {
  let spot: Spot | null = null;
  let at: [x: number, y: number] = [0, 0];
  view.body.addEventListener(
    "pointerdown",
    (event) => {
      const isPlain = event.button === 0 && !event.shiftKey && !event.ctrlKey && !event.metaKey;
      spot = isPlain ? spotOf(event, view) : null;
      at = [event.clientX, event.clientY];
    },
    true,
  );
  const act = (event: MouseEvent, isDouble: boolean) => {
    if (spot?.kind !== "cell") return;
    if (Math.hypot(event.clientX - at[0], event.clientY - at[1]) <= STILL_PX) opened(spot, isDouble, event);
  };
  view.body.addEventListener("click", (event) => act(event, false), true);
  view.body.addEventListener("dblclick", (event) => act(event, true), true);
}

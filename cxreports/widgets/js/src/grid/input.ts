/** Pointer and keyboard: how cells are selected by hand. */

import { isRightToLeft } from "../language";
import type { Place, Selection } from "./selection";
import type { View } from "./view";

export interface Acts {
  changed(): void;
  copy(headers: boolean): void;
  menu(x: number, y: number): void;
  sort(column: number): void;
  /** Open what is behind the active cell; whether there is anything. */
  open(event: KeyboardEvent): boolean;
}

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

export const COPY_KEYS = isMac ? "⌘ C" : "Ctrl C";
export const COPY_HEADERS_KEYS = isMac ? "⌘ Shift C" : "Ctrl Shift C";

export type Spot = Place & { kind: "cell" | "gutter" | "head" | "corner" };

/** Find what an event or a finger is at. */
export function spotOf(event: MouseEvent | Touch, view: View): Spot | null {
  const target = event.target as Element;
  if (target.closest(".slick-footerrow, .slick-resizable-handle")) return null;
  const head = target.closest<HTMLElement>(".slick-header-column");
  if (head) {
    const column = Number(head.getAttribute("aria-colindex")) - 2;
    return { row: 0, column: Math.max(0, column), kind: column < 0 ? "corner" : "head" };
  }
  if (!target.closest(".slick-row")) return null;
  const place = view.placeAt(event.clientX, event.clientY);
  return place.column < 0 ? { row: place.row, column: 0, kind: "gutter" } : { ...place, kind: "cell" };
}

const SHAPES = { cell: "cells", gutter: "rows", head: "columns" } as const;

export function select(selection: Selection, spot: Spot, extend: boolean, beside: boolean): void {
  if (spot.kind === "corner") selection.all();
  else if (extend) selection.extend(spot, SHAPES[spot.kind]);
  else selection.start(spot, SHAPES[spot.kind], beside);
}

/** A pointer that is pressed: where it is, and whether it has been on what scrolls across. */
interface Drag {
  x: number;
  y: number;
  kind: Spot["kind"];
  id: number;
  wasOnMoving: boolean;
}

export function listenToPointer(view: View, selection: Selection, acts: Acts): void {
  const { body } = view;
  let dragging: Drag | null = null;
  let frame = 0;

  const follow = () => {
    if (!dragging) return;
    const place = view.placeAt(dragging.x, dragging.y);
    dragging.wasOnMoving ||= place.column > 0;
    selection.extend({ ...place, column: Math.max(0, place.column) });
    acts.changed();
  };
  const pull = () => {
    if (!dragging || dragging.kind === "corner") return;
    // Headings are above the rows, and the first column is beside what scrolls: to press there is no pull.
    const { x, y, kind, wasOnMoving } = dragging;
    if (view.pull(x, y, { across: kind !== "gutter" && wasOnMoving, down: kind !== "head" })) follow();
    frame = requestAnimationFrame(pull);
  };
  const end = () => {
    if (!dragging) return;
    dragging = null;
    cancelAnimationFrame(frame);
    body.removeAttribute("data-dragging");
    acts.changed();
  };

  body.addEventListener("pointerdown", (event) => {
    const target = event.target as Element;
    const spot = spotOf(event, view);
    if (!spot || event.pointerType === "touch" || target.closest(".cx-grid-sort, .cx-grid-link")) return;
    body.focus({ preventScroll: true });
    body.parentElement!.removeAttribute("data-touch");
    const isMenu = event.button === 2 || (isMac && event.ctrlKey);
    if (isMenu) {
      if (!isSelected(selection, spot)) select(selection, spot, false, false);
      return acts.changed();
    }
    if (event.button !== 0) return;
    event.preventDefault();
    select(selection, spot, event.shiftKey, event.ctrlKey || event.metaKey);
    const { clientX: x, clientY: y, pointerId: id } = event;
    dragging = { x, y, kind: spot.kind, id, wasOnMoving: spot.column > 0 };
    body.setPointerCapture(event.pointerId);
    body.dataset["dragging"] = "";
    frame = requestAnimationFrame(pull);
    acts.changed();
  });
  body.addEventListener("pointermove", (event) => {
    if (dragging?.id !== event.pointerId || dragging.kind === "corner") return;
    [dragging.x, dragging.y] = [event.clientX, event.clientY];
    follow();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    body.addEventListener(name, end);
  }

  // SlickGrid would take the focus and start gestures of its own.
  const keep = (event: Event) => {
    if ((event.target as Element).closest(".slick-viewport, .slick-footerrow")) {
      event.stopPropagation();
    }
  };
  for (const name of ["mousedown", "touchstart", "dblclick"]) {
    body.addEventListener(name, keep, { capture: true, passive: true });
  }
  body.addEventListener(
    "click",
    (event) => {
      keep(event);
      const button = (event.target as Element).closest(".cx-grid-sort");
      const spot = spotOf(event, view);
      if (button) acts.sort(spot!.column);
      else if (spot && (event as PointerEvent).pointerType === "touch") {
        body.focus({ preventScroll: true });
        body.parentElement!.dataset["touch"] = "";
        select(selection, spot, false, false);
        acts.changed();
      }
    },
    true,
  );
  body.addEventListener(
    "contextmenu",
    (event) => {
      const spot = spotOf(event, view);
      if (!spot) return;
      event.preventDefault();
      event.stopPropagation();
      // A finger that holds may go on to move; its menu opens when it is lifted.
      if ((event as PointerEvent).pointerType === "touch") return;
      if (!isSelected(selection, spot)) select(selection, spot, false, false);
      acts.changed();
      acts.menu(event.clientX, event.clientY);
    },
    true,
  );
}

export function isSelected(selection: Selection, { row, column, kind }: Spot): boolean {
  if (kind === "corner") return selection.areas.length > 0;
  if (kind === "cell") return selection.has(row, column);
  const last: Place =
    kind === "head" ? { row: selection.rows - 1, column } : { row, column: selection.columns - 1 };
  return selection.has(row, column) && selection.has(last.row, last.column);
}

/** Where a key moves to; null when it does not move. */
function moved(event: KeyboardEvent, from: Place, view: View, selection: Selection): Place | null {
  const far = event.ctrlKey || event.metaKey;
  const { row, column } = from;
  const [bottom, last] = [selection.rows - 1, selection.columns - 1];
  switch (event.key) {
    case "ArrowDown":
      return { row: far ? bottom : row + 1, column };
    case "ArrowUp":
      return { row: far ? 0 : row - 1, column };
    case "ArrowLeft":
    case "ArrowRight":
      return (event.key === "ArrowLeft") === isRightToLeft()
        ? { row, column: far ? last : column + 1 }
        : { row, column: far ? 0 : column - 1 };
    case "Home":
      return { row: far ? 0 : row, column: 0 };
    case "End":
      return { row: far ? bottom : row, column: last };
    case "PageDown":
      return { row: row + view.page, column };
    case "PageUp":
      return { row: Math.max(0, row - view.page), column };
    default:
      return null;
  }
}

export function listenToKeys(view: View, selection: Selection, acts: Acts): void {
  view.body.addEventListener("keydown", (event) => {
    if (event.target !== view.body || event.altKey) return;
    if (!act(event, view, selection, acts)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Do what a key means here; whether it meant anything. */
function act(event: KeyboardEvent, view: View, selection: Selection, acts: Acts): boolean {
  const command = event.ctrlKey || event.metaKey;
  const { active } = selection;
  if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
    if (!selection.areas.length) selection.start({ ...active, row: Math.max(0, active.row) });
    view.reveal(active);
    acts.changed();
    acts.menu(...view.activePoint());
    return true;
  }
  if (command && event.key.toLowerCase() === "c") {
    if (!selection.areas.length) return false;
    acts.copy(event.shiftKey);
    return true;
  }
  if (command && event.key.toLowerCase() === "a" && !event.shiftKey) {
    selection.all();
    acts.changed();
    return true;
  }
  if (event.key === " " && (command || event.shiftKey)) {
    if (active.row < 0) selection.start({ ...active, row: 0 });
    selection.widen(command ? "columns" : "rows");
    acts.changed();
    return true;
  }
  if (active.row < 0 && (event.key === "Enter" || event.key === " ")) {
    acts.sort(active.column);
    return true;
  }
  if (event.key === "Enter" && active.row >= 0) return view.follow(active) || acts.open(event);
  if (event.key === "Escape" && selection.areas.length) {
    selection.clear();
    acts.changed();
    return true;
  }
  const place = moved(event, active, view, selection);
  if (!place) return false;
  const { row, column } = selection.clamped(place);
  if (event.shiftKey) selection.extend({ row: Math.max(0, row), column });
  else if (row < 0) selection.move({ row, column });
  else selection.start({ row, column });
  view.reveal(selection.active);
  acts.changed();
  return true;
}

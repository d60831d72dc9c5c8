/** Fingers: a tap selects, a swipe scrolls, holding begins a range or opens the menu, and the mark at the
 * selection's end moves that end. */

import { isSelected, select, spotOf, type Acts, type Spot } from "./input";
import type { Selection } from "./selection";
import type { View } from "./view";

const HOLD_MS = 350;
const STILL_PX = 9;
const MARK_PX = 30;

interface Finger {
  id: number;
  begun: { x: number; y: number };
  x: number;
  y: number;
  /** Whether it moves the selection's end; a finger that only touches may still scroll. */
  holds: boolean;
  onMark: boolean;
  moved: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

/** Whether a point is at the mark of the selection's end. */
function isOnMark(x: number, y: number, body: HTMLElement): boolean {
  const cell = body.querySelector("[data-touch] .slick-cell.cx-active.cx-selected");
  if (!cell) return false;
  const box = cell.getBoundingClientRect();
  const { classList: ends } = cell;
  const atLeft = ends.contains("cx-left") && !ends.contains("cx-right");
  const atTop = ends.contains("cx-top") && !ends.contains("cx-bottom");
  return Math.hypot(x - (atLeft ? box.left : box.right), y - (atTop ? box.top : box.bottom)) < MARK_PX;
}

export function listenToTouch(view: View, selection: Selection, acts: Acts): void {
  const { body } = view;
  let finger: Finger | null = null;
  let frame = 0;

  const follow = () => {
    if (!finger) return;
    const place = view.placeAt(finger.x, finger.y);
    selection.extend({ ...place, column: Math.max(0, place.column) });
    acts.changed();
  };
  const pull = () => {
    if (!finger?.holds) return;
    if (finger.moved && view.pull(finger.x, finger.y)) follow();
    frame = requestAnimationFrame(pull);
  };
  const hold = (spot: Spot) => {
    if (!finger) return;
    finger.holds = true;
    body.focus({ preventScroll: true });
    body.parentElement!.dataset["touch"] = "";
    if (!finger.onMark && !isSelected(selection, spot)) select(selection, spot, false, false);
    body.dataset["dragging"] = "";
    frame = requestAnimationFrame(pull);
    acts.changed();
  };
  const lift = () => {
    clearTimeout(finger?.timer);
    cancelAnimationFrame(frame);
    if (finger?.holds) body.removeAttribute("data-dragging");
    finger = null;
  };
  const own = (event: TouchEvent) =>
    [...event.changedTouches].find((touch) => touch.identifier === finger?.id);

  body.addEventListener(
    "touchstart",
    (event) => {
      lift();
      const touch = event.changedTouches[0]!;
      const spot = spotOf(touch, view);
      if (event.touches.length > 1 || !spot) return;
      if ((event.target as Element).closest(".cx-grid-sort")) return;
      const [x, y] = [touch.clientX, touch.clientY];
      const onMark = isOnMark(x, y, body);
      finger = { id: touch.identifier, begun: { x, y }, x, y, holds: false, onMark, moved: false };
      if (onMark) hold(spot);
      else finger.timer = setTimeout(hold, HOLD_MS, spot);
    },
    { capture: true, passive: true },
  );
  body.addEventListener(
    "touchmove",
    (event) => {
      const touch = own(event);
      if (!finger || !touch) return;
      [finger.x, finger.y] = [touch.clientX, touch.clientY];
      finger.moved ||= Math.hypot(finger.x - finger.begun.x, finger.y - finger.begun.y) > STILL_PX;
      if (!finger.holds) {
        if (finger.moved) lift();
        return;
      }
      event.preventDefault();
      if (finger.moved) follow();
    },
    { passive: false },
  );
  body.addEventListener("touchend", (event) => {
    if (!finger || !own(event)) return;
    const { holds, moved, onMark, x, y } = finger;
    lift();
    if (!holds) return;
    // No click may follow, which would select the cell under the finger alone.
    event.preventDefault();
    acts.changed();
    if (!moved && !onMark) acts.menu(x, y);
  });
  body.addEventListener("touchcancel", lift);
}

/** What pointer, finger and keys do on a graph over time: the crosshair follows, a drag zooms. */

import type { Crosshair } from "./crosshair";
import { spoken } from "./crosshair_tip";
import { hideAll, markAll, pointAt, shared } from "./together";
import { between, closer, nearest, type Stretch, wider, writtenZoom } from "./zoom_window";

/** A stretch that somebody zoomed to, as the view has it; empty for all. It bubbles up to the page. */
export const ZOOM_EVENT = "cx-zoom";

/** A bucket whose calls somebody wants to see: its number, and what asked for it. */
export const OPEN_EVENT = "cx-open";

export interface Opened {
  bucket: number;
  event: MouseEvent | KeyboardEvent;
}

const LEAST_DRAG_PX = 5;
const FAR = 10;

export function gestures(plot: HTMLElement, hair: Crosshair, signal?: AbortSignal): void {
  let at: number | undefined;
  let down: { x: number; at: number } | undefined;
  let isDrag = false;
  /** Where the crosshair stood before a finger came down: its first tap only shows the figures. */
  let before: number | undefined;

  const zoom = (stretch: Stretch | undefined) => {
    const detail = stretch ? writtenZoom(stretch) : "";
    plot.dispatchEvent(new CustomEvent(ZOOM_EVENT, { bubbles: true, detail }));
  };
  const open = (bucket: number, event: Opened["event"]) =>
    plot.dispatchEvent(new CustomEvent<Opened>(OPEN_EVENT, { detail: { bucket, event } }));
  const isReady = () => !!hair.told?.starts.length;
  const bucketAt = (event: PointerEvent) => nearest(hair.told!.starts, hair.wallAt(event.clientX));
  const point = (bucket: number) => {
    at = bucket;
    pointAt(hair, bucket);
    plot.setAttribute("aria-valuenow", String(bucket));
    plot.setAttribute("aria-valuetext", spoken(hair.told!, bucket));
  };
  const release = () => {
    down = undefined;
    markAll(hair);
  };
  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    act: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => plot.addEventListener(name, act, { signal, ...options });

  on("pointerdown", (event) => {
    if (!isReady() || !event.isPrimary || event.button !== 0) return;
    isDrag = false;
    before = shared().shown ? at : undefined;
    down = { x: event.clientX, at: bucketAt(event) };
    plot.setPointerCapture(event.pointerId);
  });
  on("pointermove", (event) => {
    if (!isReady() || !event.isPrimary) return;
    const bucket = bucketAt(event);
    if (down && Math.abs(event.clientX - down.x) >= LEAST_DRAG_PX) isDrag = true;
    if (down && isDrag) markAll(hair, down.at, bucket);
    if (down || event.pointerType === "mouse") point(bucket);
  });
  on("pointerup", (event) => {
    if (!down) return;
    const [first, last] = [down.at, bucketAt(event)];
    release();
    if (isDrag) {
      hideAll();
      zoom(between(hair.told!.instants, first, last));
    } else point(last);
  });
  on("pointercancel", release);
  on("pointerleave", (event) => {
    if (!down && event.pointerType === "mouse") hideAll();
  });
  // A drag is no click.
  on(
    "click",
    (event) => {
      if (isDrag) event.stopImmediatePropagation();
      else if (isReady() && at !== undefined) {
        const isTouch = (event as PointerEvent).pointerType === "touch";
        if (!isTouch || before === at) open(at, event);
      }
      isDrag = false;
    },
    { capture: true },
  );
  on("dblclick", () => zoom(undefined));
  on("blur", () => hideAll());
  on(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !isReady() || at === undefined || !shared().shown) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      open(at, event);
    },
    { capture: true },
  );
  on("keydown", (event) => {
    if (!isReady() || event.altKey || event.ctrlKey || event.metaKey) return;
    const { starts, instants, whole } = hair.told!;
    const last = starts.length - 1;
    const now = Math.min(at ?? last, last);
    const moves: Record<string, number> = {
      ArrowLeft: now - (event.shiftKey ? FAR : 1),
      ArrowRight: now + (event.shiftKey ? FAR : 1),
      PageUp: now - FAR,
      PageDown: now + FAR,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      // The first key shows where the crosshair is.
      point(at === undefined || !shared().shown ? now : Math.max(0, Math.min(last, to)));
    } else if (event.key === "+" || event.key === "=") {
      const stretch = closer(instants, now);
      if (stretch) zoom(stretch);
    } else if (event.key === "-") zoom(wider(instants, now, whole as Stretch));
    else return;
    event.preventDefault();
  });
}

/** Say how a graph is used, and how many times it has. */
export function describe(plot: HTMLElement, { starts, heads, lines }: NonNullable<Crosshair["told"]>): void {
  const last = starts.length - 1;
  plot.setAttribute("role", last < 0 ? "img" : "slider");
  if (last < 0) return;
  plot.setAttribute("aria-valuemin", "0");
  plot.setAttribute("aria-valuemax", String(last));
  plot.setAttribute("aria-valuenow", String(last));
  plot.setAttribute("aria-valuetext", spoken({ starts, heads, lines } as never, last));
}

/** Escape hides the crosshair, wherever the focus is; before anything else hears of the key. */
export function escapeHides(signal?: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !shared().shown) return;
      event.stopPropagation();
      event.preventDefault();
      hideAll();
    },
    { capture: true, signal },
  );
}

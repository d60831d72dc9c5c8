/** Clicks on a graph, which open the calls behind a point or a bar. */

import type { Model } from "../afm";
import { behindBar, behindBucket, go, isPortal, type GraphWays } from "../calls";
import type { Item } from "../grid/menu";
import { t } from "../language";
import { OPEN_EVENT, type Opened } from "./gestures";

/** How long a click waits for a second one: two of them reset the zoom. */
const TWICE_MS = 250;

interface Clickable {
  addEventListener(name: string, listener: (event: any, item?: any) => void): unknown;
}

const ways = (model: Model): GraphWays => (isPortal() ? model.get<GraphWays>("behind") : {});

/** Open the calls of the bar that is clicked. */
export function listenToBars(view: Clickable, model: Model): void {
  view.addEventListener("click", (event: MouseEvent, item?: { datum?: { rank?: number } }) => {
    const address = behindBar(ways(model), item?.datum?.rank);
    if (address) go(address, event);
  });
}

/** Open the calls of a bucket that a click or Enter names, and with Enter before that all of a graph's. */
export function listenToOpening(plot: HTMLElement, model: Model, signal?: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  plot.addEventListener(OPEN_EVENT, (opened) => {
    const { bucket, event } = (opened as CustomEvent<Opened>).detail;
    const address = behindBucket(ways(model), bucket);
    clearTimeout(timer);
    if (!address) return;
    if (event instanceof KeyboardEvent) go(address, event);
    else timer = setTimeout(() => go(address, event), TWICE_MS);
  });
  plot.addEventListener("dblclick", () => clearTimeout(timer));
  plot.addEventListener("keydown", (event) => {
    const { whole } = ways(model);
    if (event.key !== "Enter" || event.target !== plot || !whole) return;
    event.preventDefault();
    go(whole, event);
  });
  signal?.addEventListener("abort", () => clearTimeout(timer));
}

/** Entry of a graph's menu that opens all of its calls. */
export function callsItem(model: Model): Item[] {
  const { whole } = ways(model);
  return whole ? [{ label: t("Show the calls"), act: () => go(whole) }] : [];
}

/** Show that points can be clicked. */
export function markOpening(plot: HTMLElement, model: Model): void {
  plot.classList.toggle("cx-opens", !!ways(model).whole);
}

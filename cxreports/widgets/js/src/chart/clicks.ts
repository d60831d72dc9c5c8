/** Clicks on a graph, which open the calls behind a point or a bar. */

import type { Model } from "../afm";
import { behindGraph, go, type GraphWays, type Hit } from "../calls";
import type { Item } from "../grid/menu";
import { t } from "../language";

/** What a pointer may move by between press and release and still click, in pixels. */
const STILL_PX = 4;

interface Clickable {
  addEventListener(name: string, listener: (event: any, item?: any) => void): unknown;
}

/** Only a portal has a page of calls to go to. */
const isPortal = (): boolean => document.documentElement.dataset["cxPortal"] !== undefined;

const ways = (model: Model): GraphWays => (isPortal() ? model.get<GraphWays>("behind") : {});

/** Open the calls of what is clicked; a pointer that was dragged has moved the graph instead. */
export function listenToClicks(view: Clickable, model: Model): void {
  let pressed: [x: number, y: number] | undefined;
  view.addEventListener("pointerdown", (event: PointerEvent) => (pressed = [event.clientX, event.clientY]));
  view.addEventListener("click", (event: MouseEvent, item?: { datum?: Hit }) => {
    const [x, y] = pressed ?? [event.clientX, event.clientY];
    if (Math.hypot(event.clientX - x, event.clientY - y) > STILL_PX) return;
    const address = behindGraph(ways(model), item?.datum);
    if (address) go(address, event);
  });
}

/** Entry of a graph's menu that opens all of its calls. */
export function callsItem(model: Model): Item[] {
  const { whole } = ways(model);
  return whole ? [{ label: t("Show the calls"), act: () => go(whole) }] : [];
}

/** Show that points can be clicked, and let Enter open all calls of the graph. */
export function markOpening(plot: HTMLElement, model: Model): void {
  const { whole } = ways(model);
  plot.classList.toggle("cx-opens", !!whole);
}

export function listenToEnter(plot: HTMLElement, model: Model): void {
  plot.addEventListener("keydown", (event) => {
    const { whole } = ways(model);
    if (event.key !== "Enter" || event.target !== plot || !whole) return;
    event.preventDefault();
    go(whole, event);
  });
}

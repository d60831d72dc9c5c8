/** The view in the page's address: another range or zoom is a step that the browser's Back undoes. */

import { type Model } from "../afm";
import { change, type View } from "./view";

const STEPS = ["period", "from", "to", "zoom"];

const range = (address: URLSearchParams | View): string =>
  JSON.stringify(
    STEPS.map((name) => (address instanceof URLSearchParams ? address.get(name) : address[name]) ?? ""),
  );

/** Keep the view that Python answers with in the address, and show what Back leads to. */
export function keepInAddress(model: Model, signal?: AbortSignal): void {
  // What a page opens with, and what Back leads to, is no step of its own.
  let hasActed = false;
  const acted = () => (hasActed = true);
  const remember = () => {
    const address = model.get<View>("address");
    const query = new URLSearchParams(address)
      .toString()
      .replaceAll("%2F", "/")
      .replaceAll("%3A", ":")
      .replaceAll("%2C", ",");
    if (!query) return;
    const url = `${location.pathname}?${query}${location.hash}`;
    const isStep = hasActed && range(address) !== range(new URLSearchParams(location.search));
    if (isStep) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  };
  const goBack = () => {
    hasActed = false;
    const asked = new URLSearchParams(location.search);
    change(model, Object.fromEntries(STEPS.map((name) => [name, asked.get(name) ?? ""])));
  };
  for (const event of ["pointerdown", "keydown"]) {
    addEventListener(event, acted, { capture: true, signal });
  }
  addEventListener("popstate", goBack, { signal });
  model.on("change:address", remember);
  signal?.addEventListener("abort", () => model.off("change:address", remember));
  // The first drawing may be what is wished already: then nothing changes any more.
  remember();
}

/** The open call in the browser's history, so that Back closes it or opens the one before. */

import type { Model } from "../afm";
import { change, chosen } from "../page/view";

const openCall = (): string => new URLSearchParams(location.search).get("call") ?? "";

/** Begin a step of the history where a call opens or closes; the page then keeps its address in it. */
export function keepOpenCall(model: Model, signal?: AbortSignal): void {
  if (document.documentElement.dataset["cxPortal"] === undefined) return;
  // The page replaces its address when Python answers: the step must be there before.
  model.on("change:address", () => {
    const call = model.get<Record<string, string>>("address")["call"] ?? "";
    if (call !== openCall()) history.pushState(null, "", location.href);
  });
  const follow = () => {
    if (openCall() !== chosen(model, "call")) change(model, { call: openCall() });
  };
  addEventListener("popstate", follow);
  signal?.addEventListener("abort", () => removeEventListener("popstate", follow));
}

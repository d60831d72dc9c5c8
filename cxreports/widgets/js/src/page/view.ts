/** The view: all that a person has chosen on a page, one value that goes both ways. */

import { choose, watch, type Model } from "../afm";

/** Choices by name, written as the page's address has them. */
export type View = Record<string, string>;

/** Give one of the choices. */
export const chosen = (model: Model, name: string): string => model.get<View>("view")[name] ?? "";

/** Choose, and tell Python; what comes of it comes back as another view. */
export function change(model: Model, choices: View): void {
  choose(model, { view: { ...model.get<View>("view"), ...choices } });
}

/** Call `draw` now and whenever one of these choices is another one. */
export function watchView(model: Model, names: string[], draw: () => void, signal?: AbortSignal): void {
  let drawn: string | undefined;
  watch(
    model,
    ["view"],
    () => {
      const now = JSON.stringify(names.map((name) => chosen(model, name)));
      if (now === drawn) return;
      drawn = now;
      draw();
    },
    signal,
  );
}

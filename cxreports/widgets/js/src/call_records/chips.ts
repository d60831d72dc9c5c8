/** Chips that name what figures or calls are narrowed to; each has an × that takes it away. */

import { watch, type Model } from "../afm";
import { h, icon } from "../dom";
import { t } from "../language";
import { change, chosen, watchView } from "../page/view";

const CROSS = ["M6 6l12 12", "M18 6 6 18"];

function chip(text: string, away: string, act: () => void): HTMLElement {
  return h(
    "span",
    { class: "cx-chip" },
    text,
    h("button", { type: "button", "aria-label": away, title: away, onClick: act }, icon(...CROSS)),
  );
}

/** The figure whose calls are listed; its × shows the whole period again. */
export function originChip(model: Model, signal?: AbortSignal): HTMLElement {
  const place = h("span", { class: "cx-origin", hidden: true });
  watch(
    model,
    ["chip"],
    () => {
      const { label, text } = model.get<{ label?: string; text?: string }>("chip");
      place.hidden = !text;
      place.replaceChildren(
        h("span", { class: "cx-muted cx-small" }, label ?? ""),
        chip(text ?? "", t("Show the whole period again"), () => change(model, { origin: "" })),
      );
    },
    signal,
  );
  return place;
}

const NAMES = ["destination", "sip", "direction", "number"] as const;

/** What a choice of the narrowing says, and of what. */
function worded(name: string, value: string): [label: string, value: string] {
  if (name === "number") return [t("Number"), `${value}…`];
  if (name === "sip") return [t("SIP code"), value === "none" ? t("not said by the switch") : value];
  if (name === "direction") {
    return [t("Direction"), value === "inbound" ? t("Inbound") : t("Outbound")];
  }
  return [t("Destination"), value];
}

/** What the page is narrowed to, a chip for each choice. */
export function narrowingChips(model: Model, signal?: AbortSignal): HTMLElement {
  const place = h("div", { class: "cx-chips", role: "group", "aria-label": t("Narrowed to") });
  watchView(
    model,
    [...NAMES],
    () => {
      const chips = NAMES.filter((name) => chosen(model, name)).map((name) => {
        const [label, value] = worded(name, chosen(model, name));
        const away = t("{choice}: show all again", { choice: label });
        return chip(t("{choice}: {value}", { choice: label, value }), away, () =>
          change(model, { [name]: "" }),
        );
      });
      place.hidden = !chips.length;
      place.replaceChildren(h("span", { class: "cx-muted cx-small" }, t("Narrowed to")), ...chips);
    },
    signal,
  );
  return place;
}

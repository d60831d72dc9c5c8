/** Range control: its dates and zone, presets beside it and in its panel, arrows to step by its length. */

import { type Model, watch } from "../afm";
import { h, icon, setText } from "../dom";
import { t } from "../language";
import { change, chosen } from "../page/view";
import { popover } from "../popover";
import { type Named, panelOf, type Range } from "./panel";
import { next, type Stretch } from "./step";
import { read, wallOf, written } from "./wall";
import { rangeText } from "./words";

interface Written {
  id: string;
  label: string;
  title: string;
  from: string;
  to: string;
}

const BESIDE = 3;
const CALENDAR = [
  "M6 5h12a2.5 2.5 0 0 1 2.5 2.5V18a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 18V7.5A2.5 2.5 0 0 1 6 5",
  "M3.5 10h17M8 3v4M16 3v4",
];

/** What the page's model says about its range. */
function rangeOf(model: Model): Range {
  const zone = () => chosen(model, "zone") || "UTC";
  const stretchOf = (ends: { from: string; to: string }): Stretch => ({
    from: read(ends.from, zone()) ?? 0,
    to: read(ends.to, zone()) ?? 0,
  });
  const presets = (): Named[] =>
    model.get<Written[]>("periods").map((preset) => ({ ...preset, ...stretchOf(preset) }));
  return {
    zone,
    presets,
    period: () => chosen(model, "period"),
    stretch: () => stretchOf({ from: chosen(model, "from"), to: chosen(model, "to") }),
    now: () => presets().find((preset) => preset.id === "today")?.to ?? Date.now(),
    choose: (range) => {
      if ("period" in range) return change(model, { period: range.period, zoom: "" });
      const [from, to] = [written(range.from, zone()), written(range.to, zone())];
      change(model, { period: "custom", from, to, zoom: "" });
    },
  };
}

export function rangeControl(model: Model, signal?: AbortSignal): HTMLElement {
  const range = rangeOf(model);
  const beside = h("div", { class: "cx-seg" });
  const dates = h("span", { class: "cx-range-dates" });
  const zone = h("small", {});
  const button = h(
    "button",
    { type: "button", class: "cx-btn cx-range-btn" },
    icon(...CALENDAR),
    dates,
    zone,
    icon("m6 9 6 6 6-6"),
  );
  const after = (by: 1 | -1) =>
    next(range.period(), range.stretch(), by, range.zone(), range.presets(), range.now());
  const step = (path: string, label: string, by: 1 | -1) =>
    h(
      "button",
      {
        type: "button",
        class: "cx-step",
        "aria-label": label,
        title: label,
        onClick: () => {
          const found = after(by);
          if (found) range.choose("id" in found ? { period: found.id } : found);
        },
      },
      icon(path),
    );
  const back = step("m15 6-6 6 6 6", t("The period before"), -1);
  const forward = step("m9 6 6 6-6 6", t("The period after"), 1);
  const panel = panelOf(range, () => pop.close(true));
  const pop = popover(button, panel.element, "dialog", panel.open, "end");
  const draw = () => {
    const presets = range.presets();
    const isReady = presets.length > 0 && !!chosen(model, "from");
    for (const each of [button, back, forward]) each.disabled = !isReady;
    beside.replaceChildren(
      ...presets.slice(0, BESIDE).map(({ id, label, title }) =>
        h(
          "button",
          {
            type: "button",
            "data-period": id,
            title,
            "aria-pressed": String(id === range.period()),
            onClick: () => range.choose({ period: id }),
          },
          label,
        ),
      ),
    );
    if (!isReady) return;
    setText(dates, rangeText(range.stretch(), range.zone(), wallOf(range.now(), range.zone())));
    setText(zone, range.zone().replaceAll("_", " "));
    forward.disabled = !after(1);
  };
  let drawn = "";
  watch(
    model,
    ["view", "periods"],
    () => {
      const state = ["period", "from", "to", "zone"].map((name) => chosen(model, name));
      const now = JSON.stringify([state, model.get("periods")]);
      if (now === drawn) return;
      drawn = now;
      // A button that is drawn again would lose the focus.
      const focused = beside.querySelector<HTMLElement>(":focus")?.dataset["period"];
      draw();
      if (focused) beside.querySelector<HTMLElement>(`[data-period="${focused}"]`)?.focus();
    },
    signal,
  );
  return h(
    "div",
    { class: "cx-range", role: "group", "aria-label": t("Period") },
    beside,
    back,
    h("div", { class: "cx-period" }, button, panel.element),
    forward,
  );
}

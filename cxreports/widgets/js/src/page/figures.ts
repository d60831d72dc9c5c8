/** Six figures of the period, each with its change against the period before. */

import { watch, type RenderProps, type Widget } from "../afm";
import { h } from "../dom";
import { t } from "../language";

interface Figure {
  key: string;
  label: string;
  value: string;
  unit: string;
  detail: string;
  trend: "" | "up" | "down";
  tone: "" | "good" | "bad";
  was: string;
}

const ARROW = { "": "", up: "▲ ", down: "▼ " };

function card(figure: Figure): HTMLElement {
  return h(
    "div",
    {
      class: "cx-card cx-figure",
      "data-figure": figure.key,
      role: "group",
      "aria-label": figure.label,
    },
    h("div", { class: "cx-l" }, figure.label),
    h("div", { class: "cx-v" }, figure.value, figure.unit && h("small", {}, ` ${figure.unit}`)),
    h(
      "div",
      { class: "cx-d" },
      h(
        "span",
        { class: figure.tone ? `cx-${figure.tone}` : figure.trend ? "" : "cx-muted" },
        ARROW[figure.trend] + (figure.detail || "\u00a0"),
      ),
      figure.was && h("span", { class: "cx-muted" }, ` ${figure.was}`),
    ),
  );
}

function render({ model, el, signal }: RenderProps): void {
  el.classList.add("cx", "cx-figures");
  el.setAttribute("aria-label", t("Figures of the period"));
  watch(model, ["figures"], () => el.replaceChildren(...model.get<Figure[]>("figures").map(card)), signal);
}

export default { render } satisfies Widget;

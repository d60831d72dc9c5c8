/** Six figures of the period, each with its change against the period before. */

import { watch, type RenderProps, type Widget } from "../afm";
import { isPortal } from "../calls";
import { h, setText } from "../dom";
import { openMenu } from "../grid/menu";
import { isRightToLeft, t } from "../language";
import { pythonItem } from "../python";

interface Figure {
  key: string;
  label: string;
  value: string;
  unit: string;
  detail: string;
  trend: "" | "up" | "down";
  tone: "" | "good" | "bad";
  was: string;
  /** Code that gives the same figure. */
  python?: string;
  /** Address of the calls behind it. */
  calls?: string;
}

const ARROW = { "": "", up: "▲ ", down: "▼ " };

/** A figure's text, which leads to its calls. */
function value(figure: Figure): HTMLElement {
  const unit = figure.unit && h("small", {}, ` ${figure.unit}`);
  const href = isPortal() && figure.calls;
  if (!href) return h("div", { class: "cx-v" }, figure.value, unit);
  const link = h("a", { class: "cx-figure-calls", href, title: t("Show the calls") }, figure.value, unit);
  return h("div", { class: "cx-v" }, link);
}

/** The button of a card's menu. */
function more({ label, python }: Figure): HTMLElement | false {
  if (!python) return false;
  const said = h("span", { class: "cx-hidden", role: "status" });
  const name = t("{figure}: more", { figure: label });
  const button: HTMLButtonElement = h(
    "button",
    {
      type: "button",
      class: "cx-more",
      "aria-haspopup": "menu",
      "aria-label": name,
      onClick: () => {
        const { left, right, bottom } = button.getBoundingClientRect();
        const items = pythonItem(python, (text) => setText(said, text));
        openMenu(items, isRightToLeft() ? left : right, bottom, button, name);
      },
    },
    "⋯",
  );
  return h("span", { class: "cx-figure-more" }, button, said);
}

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
    value(figure),
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
    more(figure),
  );
}

function render({ model, el, signal }: RenderProps): void {
  el.classList.add("cx", "cx-figures");
  el.setAttribute("aria-label", t("Figures of the period"));
  watch(model, ["figures"], () => el.replaceChildren(...model.get<Figure[]>("figures").map(card)), signal);
}

export default { render } satisfies Widget;

/** Legend of all graphs over time, with the one way back from a zoom. */

import { type Model, watch } from "../afm";
import { h, setText } from "../dom";
import { t } from "../language";
import { read, wallOf } from "../range/wall";
import { rangeText } from "../range/words";
import { change, chosen } from "./view";

const SVG = "http://www.w3.org/2000/svg";

function sample(kind: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 8");
  svg.setAttribute("class", `cx-sample cx-sample-${kind}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M1 4h22");
  svg.append(path);
  return svg;
}

/** Ends of a zoom as the view has it, instants. */
function ends(zoom: string): { from: number; to: number } | undefined {
  const [from, to] = zoom.split("/").map((text) => read(text, "UTC"));
  return from === undefined || to === undefined ? undefined : { from, to };
}

export function legend(model: Model, signal?: AbortSignal): HTMLElement {
  const entry = (kind: string, label: string | HTMLElement) => h("span", {}, sample(kind), label);
  const before = h("span", {});
  const compared = entry("before", before);
  const soFar = entry("so-far", t("so far, not finished"));
  const isTouch = matchMedia("(pointer: coarse)").matches;
  const hint = h(
    "span",
    { class: "cx-hint" },
    isTouch ? t("Tap a graph for its figures, drag over it to zoom") : t("Drag over a graph to zoom"),
  );
  const zoomed = h("span", { role: "status" });
  const reset = () => change(model, { zoom: "" });
  const button = h("button", { type: "button", class: "cx-btn", onClick: reset }, t("Reset zoom"));
  const chip = h("span", { class: "cx-zoom-chip", hidden: true }, zoomed, button);
  const element = h(
    "div",
    { class: "cx-legend", role: "group", "aria-label": t("Graphs") },
    h("strong", { "aria-hidden": "true" }, t("Graphs")),
    entry("main", t("this period")),
    compared,
    soFar,
    h("span", { class: "cx-spring" }),
    hint,
    chip,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      const { target } = event;
      const isHere =
        target === document.body || (target instanceof Element && !!target.closest(".cx-plot, .cx-legend"));
      if (event.key === "Escape" && !event.defaultPrevented && isHere && chosen(model, "zoom")) reset();
    },
    { signal },
  );
  watch(
    model,
    ["view", "before", "unfinished"],
    () => {
      compared.hidden = !model.get("before");
      soFar.hidden = !model.get("unfinished");
      setText(before, model.get("before"));
      const zone = chosen(model, "zone") || "UTC";
      const stretch = ends(chosen(model, "zoom"));
      const hadFocus = button.contains(document.activeElement);
      chip.hidden = !stretch;
      hint.hidden = !!stretch;
      if (stretch) {
        setText(
          zoomed,
          t("Zoomed to {range}", { range: rangeText(stretch, zone, wallOf(Date.now(), zone)) }),
        );
      } else if (hadFocus) document.querySelector<HTMLElement>(".cx-plot[tabindex]")?.focus();
    },
    signal,
  );
  return element;
}

/** What the crosshair says of all figures of a graph: a small table beside its line. */

import { h } from "../dom";
import { t } from "../language";
import type { Line, Told } from "./crosshair";

const GAP = 14;

let box: HTMLElement | undefined;
let owner: HTMLElement | undefined;

function row(line: Line, at: number): HTMLElement {
  const mark = h("i", { class: `cx-mark cx-mark-${line.kind}`, style: `color: var(--${line.tone})` });
  return h(
    "tr",
    {},
    h("td", {}, mark, line.label),
    h("td", {}, line.kind === "before" ? (line.texts[at] ?? "–") : h("b", {}, line.texts[at] ?? "–")),
    h("td", {}, line.calls[at] ?? ""),
  );
}

/** A bucket in words, as it is read out. */
export function spoken({ heads, lines }: Told, at: number): string {
  const figures = lines.map((line) =>
    [`${line.label} ${line.texts[at] ?? "–"}`, line.calls[at]].filter(Boolean).join(", "),
  );
  return [heads[at], ...figures].join("; ");
}

export function showTip(told: Told, at: number, line: HTMLElement, layer: HTMLElement): void {
  if (!box?.isConnected) {
    box = h("div", { class: "cx cx-tip cx-crosshair-tip", "aria-hidden": "true" });
    document.body.append(box);
  }
  owner = layer;
  box.replaceChildren(
    h("strong", {}, told.heads[at] ?? ""),
    h("table", {}, ...told.lines.map((each) => row(each, at))),
    ...(layer.closest(".cx-opens")
      ? [h("small", { class: "cx-muted" }, t("Click to open these calls"))]
      : []),
  );
  box.hidden = false;
  const { clientWidth, clientHeight } = document.documentElement;
  const { left } = line.getBoundingClientRect();
  const plot = layer.getBoundingClientRect();
  const after = left + GAP;
  const x = after + box.offsetWidth > clientWidth - 8 ? left - GAP - box.offsetWidth : after;
  const y = Math.min(plot.top + 0.55 * plot.height, clientHeight - box.offsetHeight - 8);
  const rightmost = Math.max(8, clientWidth - box.offsetWidth - 8);
  box.style.transform = `translate(${Math.min(Math.max(8, x), rightmost)}px, ${Math.max(8, y)}px)`;
}

/** Hide what a graph says; what another one says meanwhile stays. */
export function hideTip(layer: HTMLElement): void {
  if (box && owner === layer) box.hidden = true;
}

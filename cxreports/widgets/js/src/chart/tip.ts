/** The tooltip of all charts: one small table that follows the pointer. */

import { h } from "../dom";

let box: HTMLElement | undefined;

export function tip(_: unknown, event: MouseEvent, __: unknown, value: unknown): void {
  if (value === null || value === undefined || value === "") {
    if (box) box.hidden = true;
    return;
  }
  if (!box?.isConnected) {
    box = h("div", { class: "cx cx-tip", "aria-hidden": "true" });
    document.body.append(box);
  }
  const rows = typeof value === "object" ? Object.entries(value) : [["", String(value)]];
  const { time, name, ...rest } = Object.fromEntries(rows) as Record<string, unknown>;
  const heading = time ?? name;
  box.replaceChildren(
    ...(heading ? [h("strong", {}, String(heading))] : []),
    h("dl", {}, ...Object.entries(rest).flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, String(v))])),
  );
  box.hidden = false;
  const { clientWidth, clientHeight } = document.documentElement;
  const right = event.clientX + 16 + box.offsetWidth > clientWidth - 8;
  const x = right ? event.clientX - 16 - box.offsetWidth : event.clientX + 16;
  const y = Math.min(event.clientY + 14, clientHeight - box.offsetHeight - 8);
  box.style.transform = `translate(${Math.max(8, x)}px, ${Math.max(8, y)}px)`;
}

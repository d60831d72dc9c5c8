/** The bell: how much waits for the person, and each thing with the way to settle it. */

import { h, setText } from "../dom";
import { t, tn } from "../language";
import { place } from "../link";
import { popover } from "../popover";
import type { Frame } from "./frame";

interface Alert {
  title: string;
  text: string;
  url: string;
  action: string;
}

const line = (alert: Alert): HTMLElement =>
  h(
    "li",
    {},
    h("strong", {}, alert.title),
    h("p", { class: "cx-muted" }, alert.text),
    alert.url && h("a", { ...place(alert.url) }, alert.action),
  );

/** Make the bell's panel; what comes back shows other things in it. */
export function outstanding(frame: Frame): (alerts: Alert[], isShown: boolean) => void {
  const list = h("ul", { class: "cx-alerts" });
  const panel = h("div", { "aria-label": t("Outstanding"), tabindex: -1 }, list);
  popover(frame.bell, panel, "dialog", () => panel.focus());
  frame.bar.append(panel);
  return (alerts, isShown) => {
    frame.bell.hidden = !isShown;
    frame.bellCount.hidden = !alerts.length;
    setText(frame.bellCount, String(alerts.length));
    frame.bell.setAttribute(
      "aria-label",
      alerts.length
        ? tn("{count} outstanding", "{count} outstanding", alerts.length)
        : t("Nothing outstanding"),
    );
    list.replaceChildren(...(alerts.length ? alerts.map(line) : [h("li", {}, t("Nothing is outstanding."))]));
  };
}

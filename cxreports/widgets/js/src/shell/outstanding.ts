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
  /** Level of an alert that fires; empty for what waits otherwise. */
  level?: string;
}

const line = (alert: Alert): HTMLElement =>
  h(
    "li",
    {},
    h("strong", {}, alert.title),
    h("p", { class: "cx-muted" }, alert.text),
    alert.url && h("a", { ...place(alert.url) }, alert.action),
  );

/** Whether this is the page that shows alerts anyway. */
const isAlertsPage = (): boolean => /\/alerts$/.test(location.pathname);

/** Say below the navigation what fires, and count it at the way to the alerts. */
function showFiring(frame: Frame, alerts: Alert[]): void {
  const firing = alerts.filter((alert) => alert.level);
  for (const way of document.querySelectorAll<HTMLAnchorElement>(
    '.cx-nav a[href*="/alerts"], .cx-tabs a[href*="/alerts"]',
  )) {
    way.querySelector(".cx-count")?.remove();
    if (firing.length) way.append(h("b", { class: "cx-count" }, String(firing.length)));
  }
  document.querySelector(".cx-firing")?.remove();
  if (!firing.length || isAlertsPage()) return;
  const urgent = firing.find((alert) => alert.level === "critical") ?? firing[0]!;
  const others = firing.length - 1;
  const below = frame.bar.closest(".cx-topbar")?.parentElement?.querySelector(".cx-band");
  below?.after(
    h(
      "div",
      { class: `cx cx-firing cx-${urgent.level}`, role: "status" },
      h("strong", {}, urgent.title),
      h("span", {}, urgent.text),
      others > 0 && h("span", {}, tn("and {count} more", "and {count} more", others)),
      h("a", { ...place(urgent.url) }, urgent.action),
    ),
  );
}

/** Make the bell's panel; what comes back shows other things in it. */
export function outstanding(frame: Frame): (alerts: Alert[], isShown: boolean) => void {
  const list = h("ul", { class: "cx-alerts" });
  const panel = h("div", { "aria-label": t("Outstanding"), tabindex: -1 }, list);
  popover(frame.bell, panel, "dialog", () => panel.focus());
  frame.bar.append(panel);
  return (alerts, isShown) => {
    frame.bell.hidden = !isShown;
    showFiring(frame, alerts);
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

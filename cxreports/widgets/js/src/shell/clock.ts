/** The clock, in the chosen zone, and the zones that can be chosen. */

import { type Model } from "../afm";
import { setText } from "../dom";
import { TAG, t } from "../language";
import { ownZone } from "../own_zone";
import { chosen, watchView } from "../page/view";
import { picker, type Option } from "../popover";
import type { Frame } from "./frame";
import { BASE } from "./state";

const SECOND_MS = 1000;

const label = (zone: string): string => zone.replaceAll("_", " ");

function options(zones: string[], current: string): Option[] {
  const own = ownZone();
  const first = [...new Set([own, "UTC", current])];
  return [...first, ...zones.filter((zone) => !first.includes(zone))].map((zone) => ({
    value: zone,
    label: label(zone),
    words: words[zone],
    hint: [offset(zone), zone === own ? t("this browser") : ""].filter(Boolean).join(" · "),
  }));
}

/** Words that zones are found by beside their names, once they are there. */
let words: Record<string, string> = {};

async function askForWords(then: () => void): Promise<void> {
  if (!("cxPortal" in document.documentElement.dataset) || Object.keys(words).length) return;
  const answer = await fetch(`${BASE}zones/${document.documentElement.lang}`).catch(() => null);
  if (!answer?.ok) return;
  words = await answer.json();
  then();
}

function offset(zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  return parts.formatToParts().find((p) => p.type === "timeZoneName")?.value ?? "";
}

function clockIn(zone: string, hasSeconds: boolean): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(TAG, {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(hasSeconds && { second: "2-digit" }),
    hourCycle: "h23",
  });
}

/** Let the clock go, and its zone be chosen; whoever wants less to move on a page sees no seconds. */
export function clock(frame: Frame, model: Model, pick: (zone: string) => void, signal?: AbortSignal): void {
  const zone = () => chosen(model, "zone") || "UTC";
  const panel = picker(frame.zone, t("Time zone"), () => options(model.get("zones"), zone()), zone, pick);
  frame.bar.append(panel);
  frame.zone.addEventListener(
    "click",
    () => void askForWords(() => panel.querySelector("input")?.dispatchEvent(new Event("input"))),
  );
  const hasSeconds = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  let format = clockIn("UTC", hasSeconds);
  const show = () => setText(frame.clock, format.format(new Date()).replace(",", ""));
  watchView(
    model,
    ["zone"],
    () => {
      format = clockIn(zone(), hasSeconds);
      setText(frame.zoneName, label(zone()));
      frame.zone.setAttribute("aria-label", t("Time zone: {zone}. Change", { zone: zone() }));
      show();
    },
    signal,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = () => {
    show();
    // Once a second, as it begins: each change draws the page.
    timer = setTimeout(tick, SECOND_MS - (Date.now() % SECOND_MS));
  };
  tick();
  signal?.addEventListener("abort", () => clearTimeout(timer));
}

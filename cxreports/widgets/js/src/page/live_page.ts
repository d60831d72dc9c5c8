/** A live page: places its parts, shows notices, tells Python what this browser brings along, and keeps
 * the view in the address. */

import { watch, type Host, type Model, type RenderProps } from "../afm";
import { h, isSeen } from "../dom";
import { t } from "../language";
import { ownZone } from "../own_zone";
import { printSheet, sheetOf } from "../paper/sheet";
import { cardOf, type Card } from "./first_day";
import { keepInAddress } from "./address";

interface Notice {
  kind: "error" | "empty";
  title: string;
  text: string;
  code: string;
  /** What can be done until there is something to show. */
  cards?: Card[];
}

interface Slots {
  /** The page's own class. */
  name?: string;
  /** Above the notices and below them. */
  head: HTMLElement[];
  body: HTMLElement[];
  /** What hides while there is nothing to show but a notice. */
  hides: HTMLElement[];
  /** Where the widgets of `parts` stand, beside the top bar. */
  parts: Record<string, HTMLElement>;
}

export const isPortal = (): boolean => document.documentElement.dataset["cxPortal"] !== undefined;

export async function place(host: Host, ref: string, el: HTMLElement, signal?: AbortSignal): Promise<void> {
  const widget = await host.getWidget(ref);
  await widget.render({ el, signal });
}

function noticeOf(notice: Notice, close: () => void): HTMLElement {
  return h(
    "div",
    {
      class: `cx-card cx-notice cx-${notice.kind}`,
      role: notice.kind === "error" ? "alert" : "status",
    },
    h(
      "div",
      {},
      h("strong", {}, notice.title),
      h("p", {}, notice.text),
      notice.code && h("code", {}, notice.code),
    ),
    notice.kind === "error" && h("button", { type: "button", class: "cx-btn", onClick: close }, t("Dismiss")),
  );
}

/** What the address asks for; the page answers with a view that goes back into the address. */
export function wishes(): Record<string, string> {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  return { ...asked, browser_zone: ownZone() };
}

/** Say what this browser wishes, and keep the view that comes of it in the address. */
function greet(model: Model, signal?: AbortSignal): void {
  model.send({ hello: isPortal() ? wishes() : {} });
  if (isPortal()) keepInAddress(model, signal);
  saySeen(model, signal);
}

/** Say whether the page is seen: else it need not follow the calls. */
function saySeen(model: Model, signal?: AbortSignal): void {
  const say = () => model.send({ seen: isSeen() });
  if (!isSeen()) say();
  document.addEventListener("visibilitychange", say, { signal });
}

/** Draw the page; when it is done its parts are placed. */
export async function livePage(
  { model, el, host, signal }: RenderProps,
  { name, head, body, hides, parts }: Slots,
): Promise<Host> {
  if (!host) throw new Error("This page needs anywidget 0.11 or later.");
  // In the portal the bar is the shell's, which came with the page.
  const served = document.querySelector<HTMLElement>("[data-shell]");
  const bar = served ?? h("header", { "data-part": "topbar" });
  const notices = h("div", { class: "cx-notices" });
  watch(
    model,
    ["notice", "empty"],
    () => {
      const notice = model.get<Notice | { title?: undefined }>("notice");
      notices.replaceChildren(
        ...(notice.title !== undefined
          ? [noticeOf(notice, () => notices.replaceChildren()), ...(notice.cards ?? []).map(cardOf)]
          : []),
      );
      for (const part of hides) part.hidden = model.get("empty");
    },
    signal,
  );
  el.classList.add("cx", "cx-page", ...(name ? [name] : []));
  greet(model, signal);
  // The charts must be in the document when they measure their width.
  const main = h("main", { class: "cx-main", id: "cx-main", tabindex: -1 }, ...head, notices, ...body);
  el.replaceChildren(...(served ? [] : [bar]), main);
  printSheet(sheetOf(model), main, signal);
  const references = model.get<Record<string, string>>("parts");
  await Promise.all(
    Object.entries({ topbar: bar, ...parts }).map(([part, slot]) =>
      place(host, references[part]!, slot, signal),
    ),
  );
  return host;
}

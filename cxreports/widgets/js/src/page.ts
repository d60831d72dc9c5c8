/** The page: places its parts, shows notices, and tells Python what this browser brings along. */

import { watch, type Host, type RenderProps, type Widget } from "./afm";
import { h } from "./dom";

export interface Notice {
  kind: "error" | "empty";
  title: string;
  text: string;
  code: string;
}

type Parts = Record<string, string | string[]>;

export async function place(
  host: Host,
  ref: string,
  el: HTMLElement,
  signal?: AbortSignal,
): Promise<void> {
  const widget = await host.getWidget(ref);
  await widget.render({ el, signal });
}

export function noticeOf(notice: Notice, close: () => void): HTMLElement {
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
    notice.kind === "error" &&
      h("button", { type: "button", class: "cx-btn", onClick: close }, "Dismiss"),
  );
}

/** What the address asks for; the page answers with a view that goes back into the address. */
export function wish(): Record<string, string> {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  return { zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", ...asked };
}

export function remember(view: Record<string, string>): void {
  const query = new URLSearchParams(view).toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  if (query) history.replaceState(null, "", `${location.pathname}?${query}${location.hash}`);
}

async function render({ model, el, host, signal }: RenderProps): Promise<void> {
  if (!host) throw new Error("This page needs anywidget 0.11 or later.");
  const parts = model.get<Parts>("parts");
  const slot = (tag: "header" | "section" | "article" | "div", name: string) =>
    h(tag, { "data-part": name });
  const bar = slot("header", "topbar");
  const controls = slot("div", "controls");
  const notices = h("div", { class: "cx-notices" });
  const figures = slot("section", "figures");
  const charts = (parts["charts"] as string[]).map((_, i) => slot("article", `chart-${i}`));
  const graphs = h("section", { class: "cx-graphs", "aria-label": "Graphs" }, ...charts);
  const summary = slot("section", "summary");
  const main = h("main", { class: "cx-main" }, controls, notices, figures, graphs, summary);
  const all: [HTMLElement, string][] = [
    [bar, parts["topbar"] as string],
    [controls, parts["controls"] as string],
    [figures, parts["figures"] as string],
    ...charts.map((c, i): [HTMLElement, string] => [c, (parts["charts"] as string[])[i]!]),
    [summary, parts["summary"] as string],
  ];
  const portal = document.documentElement.dataset["cxPortal"] !== undefined;

  watch(
    model,
    ["notice", "empty"],
    () => {
      const notice = model.get<Notice | { title?: undefined }>("notice");
      notices.replaceChildren(
        ...(notice.title !== undefined ? [noticeOf(notice, () => notices.replaceChildren())] : []),
      );
      for (const part of [controls, figures, graphs, summary]) part.hidden = model.get("empty");
    },
    signal,
  );
  el.classList.add("cx", "cx-page");
  if (portal) model.on("change:view", () => remember(model.get("view")));
  model.send({ hello: portal ? wish() : {} });
  // The charts must be in the document when they measure their width.
  el.replaceChildren(bar, main);
  await Promise.all(all.map(([element, ref]) => place(host, ref, element, signal)));
}

export default { render } satisfies Widget;

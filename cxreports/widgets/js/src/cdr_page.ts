/** The page of call records: title line, filter, notices, grid and pager. */

import { watch, type RenderProps, type Widget } from "./afm";
import { filterBar } from "./cdr_filter";
import { pager } from "./cdr_pager";
import { h, setText } from "./dom";
import { t } from "./language";
import { greet, noticeOf, place, type Notice } from "./page";
import { pageLink } from "./page_link";
import { periodPicker } from "./period";

async function render({ model, el, host, signal }: RenderProps): Promise<void> {
  if (!host) throw new Error("This page needs anywidget 0.11 or later.");
  const parts = model.get<Record<"topbar" | "grid", string>>("parts");
  const bar = h("header", {});
  const asOf = h("span", { class: "cx-muted cx-small", role: "status" });
  const refresh = h(
    "button",
    { type: "button", class: "cx-btn", onClick: () => model.send({ refresh: true }) },
    t("Refresh"),
  );
  const title = h(
    "div",
    { class: "cx cx-controls" },
    h("h1", {}, t("Call records")),
    asOf,
    pageLink("./", t("Dashboard")),
    h("span", { class: "cx-spring" }),
    refresh,
    periodPicker(model, signal),
  );
  const notices = h("div", { class: "cx-notices" });
  const grid = h("section", { "aria-label": t("Calls") });
  const filter = filterBar(model, signal);
  const pages = pager(model, signal);
  const portal = document.documentElement.dataset["cxPortal"] !== undefined;
  watch(model, ["as_of"], () => setText(asOf, model.get("as_of")), signal);
  watch(
    model,
    ["notice", "empty"],
    () => {
      const notice = model.get<Notice | { title?: undefined }>("notice");
      notices.replaceChildren(
        ...(notice.title !== undefined ? [noticeOf(notice, () => notices.replaceChildren())] : []),
      );
      for (const part of [filter, grid, pages]) part.hidden = model.get("empty");
    },
    signal,
  );
  el.classList.add("cx", "cx-page", "cx-cdr");
  greet(model, portal);
  el.replaceChildren(bar, h("main", { class: "cx-main" }, title, filter, notices, grid, pages));
  for (const [slot, ref] of [
    [bar, parts.topbar],
    [grid, parts.grid],
  ] as const) {
    await place(host, ref, slot, signal);
  }
}

export default { render } satisfies Widget;

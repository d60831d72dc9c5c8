/** The operator's page: title line with the ways to other pages, notices, figures, and the customers. */

import { watch, type RenderProps, type Widget } from "./afm";
import { h, setText } from "./dom";
import { greet, noticeOf, place, type Notice } from "./page";

interface Way {
  label: string;
  url: string;
}

async function render({ model, el, host, signal }: RenderProps): Promise<void> {
  if (!host) throw new Error("This page needs anywidget 0.11 or later.");
  const parts = model.get<Record<"topbar" | "figures" | "grid", string>>("parts");
  const bar = h("header", {});
  const heading = h("h1", {});
  const asOf = h("span", { class: "cx-muted cx-small", role: "status" });
  const ways = h("nav", { class: "cx-ways" });
  const title = h("div", { class: "cx cx-controls" }, heading, asOf, h("span", { class: "cx-spring" }), ways);
  const notices = h("div", { class: "cx-notices" });
  const figures = h("section", {});
  const grid = h("section", {});
  const portal = document.documentElement.dataset["cxPortal"] !== undefined;

  watch(
    model,
    ["title", "as_of", "ways", "ways_label"],
    () => {
      setText(heading, model.get("title"));
      setText(asOf, model.get("as_of"));
      ways.setAttribute("aria-label", model.get("ways_label"));
      const all = portal ? model.get<Way[]>("ways") : [];
      ways.replaceChildren(...all.map(({ label, url }) => h("a", { href: url }, label)));
    },
    signal,
  );
  watch(
    model,
    ["notice", "empty"],
    () => {
      const notice = model.get<Notice | { title?: undefined }>("notice");
      notices.replaceChildren(
        ...(notice.title !== undefined ? [noticeOf(notice, () => notices.replaceChildren())] : []),
      );
      for (const part of [figures, grid]) part.hidden = model.get("empty");
    },
    signal,
  );
  el.classList.add("cx", "cx-page", "cx-operator");
  greet(model, portal);
  el.replaceChildren(bar, h("main", { class: "cx-main" }, title, notices, figures, grid));
  for (const [slot, ref] of [
    [bar, parts.topbar],
    [figures, parts.figures],
    [grid, parts.grid],
  ] as const) {
    await place(host, ref, slot, signal);
  }
  if (portal) document.title = `${model.get<string>("title")} · cxreports`;
}

export default { render } satisfies Widget;

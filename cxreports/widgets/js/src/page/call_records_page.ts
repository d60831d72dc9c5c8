/** The page of call records: title line, filter, notices, grid and pager. */

import { watch, type RenderProps, type Widget } from "../afm";
import { keepOpenCall } from "../call_records/address";
import { filterBar } from "../call_records/filter";
import { pager } from "../call_records/pager";
import { callPanel, listenToList } from "../call_records/panel";
import { h, setText } from "../dom";
import { t } from "../language";
import { rangeControl } from "../range/control";
import { livePage } from "./live_page";
import { moreMenu } from "./more";

async function render(props: RenderProps): Promise<void> {
  const { model, signal } = props;
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
    h("span", { class: "cx-spring" }),
    refresh,
    rangeControl(model, signal),
    moreMenu(model, "cdr", signal),
  );
  const grid = h("section", { "aria-label": t("Calls") });
  const panel = callPanel(model, () => grid.querySelector<HTMLElement>(".cx-grid-body"), signal);
  const list = h("div", { class: "cx-cdr-list" }, grid, panel);
  listenToList(grid, panel, model);
  keepOpenCall(model, signal);
  const filter = filterBar(model, signal);
  const pages = pager(model, signal);
  watch(model, ["as_of"], () => setText(asOf, model.get("as_of")), signal);
  await livePage(props, {
    name: "cx-cdr",
    head: [title, filter],
    body: [list, pages],
    hides: [filter, list, pages],
    parts: { grid },
  });
}

export default { render } satisfies Widget;

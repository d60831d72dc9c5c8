/** The page of call records: title line, filter, notices, grid and pager. */

import { watch, type RenderProps, type Widget } from "../afm";
import { filterBar } from "../call_records/filter";
import { pager } from "../call_records/pager";
import { h, setText } from "../dom";
import { t } from "../language";
import { rangeControl } from "../range/control";
import { livePage } from "./live_page";

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
  );
  const grid = h("section", { "aria-label": t("Calls") });
  const filter = filterBar(model, signal);
  const pages = pager(model, signal);
  watch(model, ["as_of"], () => setText(asOf, model.get("as_of")), signal);
  await livePage(props, {
    name: "cx-cdr",
    head: [title, filter],
    body: [grid, pages],
    hides: [filter, grid, pages],
    parts: { grid },
  });
}

export default { render } satisfies Widget;

/** Title line: as of when, comparison with the previous period, the range control, and the choice of widgets. */

import { watch, type RenderProps, type Widget } from "../afm";
import { narrowingChips } from "../call_records/chips";
import { narrowControl } from "../call_records/narrow";
import { customise } from "./customise";
import { h, setText } from "../dom";
import { t } from "../language";
import { rangeControl } from "../range/control";
import { moreMenu } from "./more";
import { isPortal } from "./live_page";
import { change, chosen, watchView } from "./view";

function render({ model, el, signal }: RenderProps): void {
  const asOf = h("span", { class: "cx-muted cx-small", role: "status" });
  const compare = h("input", {
    type: "checkbox",
    role: "switch",
    class: "cx-hidden",
    onChange: () => change(model, { compare: compare.checked ? "1" : "0" }),
  });
  el.classList.add("cx", "cx-controls");
  el.replaceChildren(
    h("h1", {}, t("Dashboard")),
    asOf,
    h("span", { class: "cx-spring" }),
    h(
      "label",
      { class: "cx-small cx-compare", title: t("compare with previous period") },
      compare,
      h("i", { "aria-hidden": "true" }),
      t("Compare"),
    ),
    rangeControl(model, signal),
    narrowControl(model, signal),
    customise(model, isPortal(), signal),
    moreMenu(model, "dashboard", signal),
    narrowingChips(model, signal),
  );

  watch(model, ["as_of"], () => setText(asOf, model.get("as_of")), signal);
  watchView(model, ["compare"], () => (compare.checked = chosen(model, "compare") === "1"), signal);
}

export default { render } satisfies Widget;

/** Title line: as of when, comparison with the previous period, the period picker, and the choice of widgets. */

import { choose, watch, type RenderProps, type Widget } from "./afm";
import { customise } from "./customise";
import { h, setText } from "./dom";
import { t } from "./language";
import { pageLink } from "./page_link";
import { periodPicker } from "./period";

function render({ model, el, signal }: RenderProps): void {
  const asOf = h("span", { class: "cx-muted cx-small", role: "status" });
  const compare = h("input", {
    type: "checkbox",
    onChange: () => choose(model, { compare: compare.checked }),
  });
  el.classList.add("cx", "cx-controls");
  el.replaceChildren(
    h("h1", {}, t("Dashboard")),
    asOf,
    pageLink("cdr", t("Call records")),
    h("span", { class: "cx-spring" }),
    h("label", { class: "cx-muted cx-small cx-compare" }, compare, t("compare with previous period")),
    periodPicker(model, signal),
    customise(model, document.documentElement.dataset["cxPortal"] !== undefined, signal),
  );

  watch(model, ["as_of"], () => setText(asOf, model.get("as_of")), signal);
  watch(model, ["compare"], () => (compare.checked = model.get("compare")), signal);
}

export default { render } satisfies Widget;

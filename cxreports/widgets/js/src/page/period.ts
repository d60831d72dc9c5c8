/** Period picker: lengths up to now, and a custom period on the chosen zone's clocks. */

import { type Model } from "../afm";
import { h, setText } from "../dom";
import { t } from "../language";
import { popover } from "../popover";
import { change, chosen, watchView } from "./view";

interface Period {
  id: string;
  label: string;
  title: string;
}

export function periodPicker(model: Model, signal?: AbortSignal): HTMLElement {
  const segment = h("div", { class: "cx-seg", role: "group", "aria-label": t("Period") });
  const from = h("input", { type: "datetime-local", required: true });
  const to = h("input", { type: "datetime-local", required: true });
  const zone = h("p", { class: "cx-muted cx-small" });
  const wrong = h("p", { class: "cx-wrong", role: "alert", hidden: true });
  const panel = h(
    "form",
    { class: "cx-custom", "aria-label": t("Custom period"), novalidate: true },
    h("label", {}, t("From"), from),
    h("label", {}, t("To"), to),
    zone,
    wrong,
    h("button", { type: "submit", class: "cx-btn cx-primary" }, t("Show")),
  );
  const custom = h("button", { type: "button", "data-period": "custom" }, t("Custom…"));
  const pop = popover(custom, panel, "dialog", () => {
    from.value = chosen(model, "from_clock");
    to.value = chosen(model, "to_clock");
    wrong.hidden = true;
    from.focus();
  });
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    const bad = !from.value || !to.value ? t("Give both times.") : from.value >= to.value;
    wrong.hidden = !bad;
    if (bad) {
      setText(wrong, bad === true ? t("“To” must be later than “From”.") : bad);
      return;
    }
    pop.close(true);
    change(model, { from: from.value, to: to.value, period: "custom" });
  });

  watchView(
    model,
    ["zone"],
    () => setText(zone, t("Times in {zone}.", { zone: chosen(model, "zone").replaceAll("_", " ") })),
    signal,
  );
  segment.replaceChildren(
    ...model.get<Period[]>("periods").map((p) =>
      h(
        "button",
        {
          type: "button",
          "data-period": p.id,
          title: p.title,
          onClick: () => change(model, { period: p.id }),
        },
        p.label,
      ),
    ),
    custom,
  );
  watchView(
    model,
    ["period"],
    () => {
      for (const button of segment.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.dataset["period"] === chosen(model, "period")));
      }
    },
    signal,
  );
  return h("div", { class: "cx-period" }, segment, panel);
}

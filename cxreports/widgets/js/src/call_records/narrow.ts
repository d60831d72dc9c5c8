/** The control that narrows a dashboard: a form of number, SIP code, destination and direction. */

import { type Model } from "../afm";
import { h } from "../dom";
import { t } from "../language";
import { change, chosen } from "../page/view";
import { popover } from "../popover";
import { destinationInput, directionSelect, SIP, sipInput, wrongSip } from "./codes";

export function narrowControl(model: Model, signal?: AbortSignal): HTMLElement {
  const button = h("button", { type: "button", class: "cx-btn" }, t("Narrow"));
  const [destination, places] = destinationInput(model, signal);
  const [sip, codes] = sipInput();
  const direction = directionSelect();
  const number = h("input", {
    type: "search",
    placeholder: "+44 20…",
    autocomplete: "off",
    spellcheck: "false",
    title: t("Calls whose source or destination begins with this"),
    "data-lm-suppress-shortcuts": "true",
  });
  const wrong = h("p", { class: "cx-wrong cx-small", role: "alert", hidden: true }, wrongSip());
  const panel = h(
    "form",
    { class: "cx-custom cx-narrow", "aria-label": t("Narrow"), novalidate: true },
    h("label", {}, t("Destination"), destination, places),
    h("label", {}, t("SIP code"), sip, codes),
    wrong,
    h("label", {}, t("Direction"), direction),
    h("label", {}, t("Number"), number),
    h("button", { type: "submit", class: "cx-btn cx-primary" }, t("Show")),
  );
  const fields = { destination, sip, direction, number };
  const pop = popover(button, panel, "dialog", () => {
    for (const [name, field] of Object.entries(fields)) field.value = chosen(model, name);
    wrong.hidden = true;
    sip.removeAttribute("aria-invalid");
    destination.focus();
  });
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.hidden = SIP.test(sip.value.trim());
    sip.setAttribute("aria-invalid", String(!wrong.hidden));
    if (!wrong.hidden) return sip.focus();
    pop.close(true);
    const values = Object.entries(fields).map(([name, field]) => [
      name,
      name === "sip" ? field.value.trim().toLowerCase() : field.value.trim(),
    ]);
    change(model, Object.fromEntries(values));
  });
  return h("div", { class: "cx-period" }, button, panel);
}

/** The filter of call records: number, SIP code, destination, direction, connected only. */

import { type Model } from "../afm";
import { h } from "../dom";
import { t } from "../language";
import { originChip } from "./chips";
import { destinationInput, directionSelect, SIP, sipInput, wrongSip } from "./codes";
import { change, chosen, watchView } from "../page/view";

const PAUSE_MS = 400;
export function filterBar(model: Model, signal?: AbortSignal): HTMLElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const number = h("input", {
    type: "search",
    placeholder: "+44 20…",
    autocomplete: "off",
    spellcheck: "false",
    title: t("Calls whose source or destination begins with this"),
    "data-lm-suppress-shortcuts": "true",
  });
  const sendNumber = () => {
    clearTimeout(timer);
    if (number.value !== chosen(model, "number")) change(model, { number: number.value });
  };
  number.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(sendNumber, PAUSE_MS);
  });
  number.addEventListener("change", sendNumber);
  number.addEventListener("keydown", (event) => {
    if (event.key === "Enter") sendNumber();
  });

  const wrong = h("span", { class: "cx-wrong cx-small", role: "alert", hidden: true });
  wrong.textContent = wrongSip();
  const [sip, codes] = sipInput();
  const sendSip = () => {
    const asked = sip.value.trim().toLowerCase();
    wrong.hidden = SIP.test(asked);
    sip.setAttribute("aria-invalid", String(!wrong.hidden));
    if (wrong.hidden && asked !== chosen(model, "sip")) change(model, { sip: asked });
  };
  sip.addEventListener("change", sendSip);
  sip.addEventListener("search", sendSip);

  const direction = directionSelect();
  direction.addEventListener("change", () => change(model, { direction: direction.value }));
  const [destination, places] = destinationInput(model, signal);
  const sendDestination = () => {
    if (destination.value !== chosen(model, "destination")) change(model, { destination: destination.value });
  };
  destination.addEventListener("change", sendDestination);
  destination.addEventListener("search", sendDestination);
  const connected = h("input", {
    type: "checkbox",
    onChange: () => change(model, { connected: connected.checked ? "1" : "0" }),
  });
  const clear = h(
    "button",
    {
      type: "button",
      class: "cx-btn",
      onClick: () => {
        clearTimeout(timer);
        change(model, { number: "", sip: "", direction: "", destination: "", connected: "0" });
        number.focus();
      },
    },
    t("Clear filter"),
  );

  watchView(
    model,
    ["number", "sip", "direction", "destination", "connected"],
    () => {
      const asked = chosen(model, "number");
      // What is being typed is newer than what Python knows.
      if (document.activeElement !== number || !asked) number.value = asked;
      sip.value = chosen(model, "sip");
      wrong.hidden = true;
      direction.value = chosen(model, "direction");
      destination.value = chosen(model, "destination");
      connected.checked = chosen(model, "connected") === "1";
      clear.hidden = !(asked || sip.value || direction.value || destination.value || connected.checked);
    },
    signal,
  );
  signal?.addEventListener("abort", () => clearTimeout(timer));
  return h(
    "search",
    { class: "cx-card cx-cdr-filter", "aria-label": t("Filter") },
    h("label", { class: "cx-cdr-number" }, h("span", {}, t("Number")), number),
    h("label", { class: "cx-cdr-sip" }, h("span", {}, t("SIP code")), sip, codes),
    h("label", {}, h("span", {}, t("Destination")), destination, places),
    h("label", {}, h("span", {}, t("Direction")), direction),
    h("label", { class: "cx-cdr-check" }, connected, t("connected only")),
    wrong,
    h("span", { class: "cx-spring" }),
    originChip(model, signal),
    clear,
  );
}

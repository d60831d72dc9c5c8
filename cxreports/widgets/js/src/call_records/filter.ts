/** The filter of call records: number, SIP code, direction, connected only. */

import { type Model } from "../afm";
import { h, uid } from "../dom";
import { t } from "../language";
import { change, chosen, watchView } from "../page/view";

const PAUSE_MS = 400;
const SIP = /^([1-6](\d\d|xx))?$/i;

const SIP_CODES: [string, string][] = [
  ["2xx", t("answered")],
  ["4xx", t("refused or failed")],
  ["5xx", t("server failed")],
  ["6xx", t("refused everywhere")],
  ["200", "OK"],
  ["403", "Forbidden"],
  ["404", "Not Found"],
  ["408", "Request Timeout"],
  ["480", "Temporarily Unavailable"],
  ["486", "Busy Here"],
  ["487", "Request Terminated"],
  ["488", "Not Acceptable Here"],
  ["500", "Server Internal Error"],
  ["502", "Bad Gateway"],
  ["503", "Service Unavailable"],
  ["504", "Server Time-out"],
  ["603", "Decline"],
];

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

  const codes = h(
    "datalist",
    { id: uid("cx-sip") },
    ...SIP_CODES.map(([value, label]) => h("option", { value, label })),
  );
  const wrong = h("span", { class: "cx-wrong cx-small", role: "alert", hidden: true });
  wrong.textContent = t("A code such as 486, or a class such as 4xx.");
  const sip = h("input", {
    type: "search",
    list: codes.id,
    placeholder: t("Any"),
    autocomplete: "off",
    title: t("A final SIP response, 486, or a class of them, 4xx"),
    "data-lm-suppress-shortcuts": "true",
  });
  const sendSip = () => {
    const asked = sip.value.trim();
    wrong.hidden = SIP.test(asked);
    sip.setAttribute("aria-invalid", String(!wrong.hidden));
    if (wrong.hidden && asked !== chosen(model, "sip")) change(model, { sip: asked });
  };
  sip.addEventListener("change", sendSip);
  sip.addEventListener("search", sendSip);

  const direction = h(
    "select",
    { "data-lm-suppress-shortcuts": "true" },
    ...[
      ["", t("Both")],
      ["inbound", t("Inbound")],
      ["outbound", t("Outbound")],
    ].map(([value, label]) => h("option", { value: value! }, label!)),
  );
  direction.addEventListener("change", () => change(model, { direction: direction.value }));
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
        change(model, { number: "", sip: "", direction: "", connected: "0" });
        number.focus();
      },
    },
    t("Clear filter"),
  );

  watchView(
    model,
    ["number", "sip", "direction", "connected"],
    () => {
      const asked = chosen(model, "number");
      // What is being typed is newer than what Python knows.
      if (document.activeElement !== number || !asked) number.value = asked;
      sip.value = chosen(model, "sip");
      wrong.hidden = true;
      direction.value = chosen(model, "direction");
      connected.checked = chosen(model, "connected") === "1";
      clear.hidden = !(asked || sip.value || direction.value || connected.checked);
    },
    signal,
  );
  signal?.addEventListener("abort", () => clearTimeout(timer));
  return h(
    "search",
    { class: "cx-card cx-cdr-filter", "aria-label": t("Filter") },
    h("label", { class: "cx-cdr-number" }, h("span", {}, t("Number")), number),
    h("label", { class: "cx-cdr-sip" }, h("span", {}, t("SIP code")), sip, codes),
    h("label", {}, h("span", {}, t("Direction")), direction),
    h("label", { class: "cx-cdr-check" }, connected, t("connected only")),
    wrong,
    h("span", { class: "cx-spring" }),
    clear,
  );
}

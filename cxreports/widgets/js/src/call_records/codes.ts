/** What figures and lists can be narrowed by: SIP codes to choose from, directions, destinations. */

import { watch, type Model } from "../afm";
import { h, uid } from "../dom";
import { t } from "../language";

/** A SIP code, a class of them, calls without one, or nothing. */
export const SIP = /^([1-6](\d\d|xx)|none)?$/i;

const SIP_CODES: [string, string][] = [
  ["none", t("not said by the switch")],
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

export const wrongSip = (): string => t("A code such as 486, or a class such as 4xx.");

/** Input of a SIP code with the usual ones to choose from. */
export function sipInput(): [HTMLInputElement, HTMLElement] {
  const codes = h(
    "datalist",
    { id: uid("cx-sip") },
    ...SIP_CODES.map(([value, label]) => h("option", { value, label })),
  );
  const input = h("input", {
    type: "search",
    list: codes.id,
    placeholder: t("Any"),
    autocomplete: "off",
    title: t("A final SIP response, 486, or a class of them, 4xx"),
    "data-lm-suppress-shortcuts": "true",
  });
  return [input, codes];
}

export function directionSelect(): HTMLSelectElement {
  return h(
    "select",
    { "data-lm-suppress-shortcuts": "true" },
    ...[
      ["", t("Both")],
      ["inbound", t("Inbound")],
      ["outbound", t("Outbound")],
    ].map(([value, label]) => h("option", { value: value! }, label!)),
  );
}

/** Input of a destination; those of the period are asked for when somebody comes to it. */
export function destinationInput(model: Model, signal?: AbortSignal): [HTMLInputElement, HTMLElement] {
  const list = h("datalist", { id: uid("cx-destination") });
  const input = h("input", {
    type: "search",
    list: list.id,
    placeholder: t("Any"),
    autocomplete: "off",
    spellcheck: "false",
    title: t("Where calls went, as the graph of destinations names it"),
    "data-lm-suppress-shortcuts": "true",
    onFocus: () => model.send({ ask: "destinations" }),
  });
  watch(
    model,
    ["destinations"],
    () =>
      list.replaceChildren(
        ...model.get<string[]>("destinations").map((name) => h("option", { value: name })),
      ),
    signal,
  );
  return [input, list];
}

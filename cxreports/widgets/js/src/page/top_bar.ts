/** Top bar: customer picker, what is outstanding, clock with zone picker, channels, balance, user menu. */

import { watch, type RenderProps, type Widget } from "../afm";
import { h, icon, setText } from "../dom";
import { TAG, t, tn, written } from "../language";
import { ownZone } from "../own_zone";
import { place } from "../link";
import { picker, popover, type Option } from "../popover";
import { userMenu } from "./user_menu";
import { change, chosen, watchView } from "./view";

const ABSENT = "\u2013";

interface Customer {
  id: string;
  name: string;
  note: string;
}

interface Alert {
  title: string;
  text: string;
  url: string;
  action: string;
}

function settle(url: string, label: string): HTMLElement {
  return h("a", { ...place(url) }, label);
}

function alertLine(alert: Alert): HTMLElement {
  return h(
    "li",
    {},
    h("strong", {}, alert.title),
    h("p", { class: "cx-muted" }, alert.text),
    alert.url && settle(alert.url, alert.action),
  );
}

function zones(known: string[], chosen: string): Option[] {
  const own = ownZone();
  const first = [...new Set([own, "UTC", chosen])];
  const others = known.filter((z) => !first.includes(z));
  return [...first, ...others].map((zone) => ({
    value: zone,
    label: zone.replaceAll("_", " "),
    hint: [offset(zone), zone === own ? t("this browser") : ""].filter(Boolean).join(" · "),
  }));
}

function offset(zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  return parts.formatToParts().find((p) => p.type === "timeZoneName")?.value ?? "";
}

function clockIn(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(TAG, {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

function render({ model, el, signal }: RenderProps): void {
  const company = h("span", { class: "cx-company-name" });
  const companyButton = h("button", { type: "button", class: "cx-company" }, company, icon("M7 10l5 5 5-5"));
  const clock = h("span", { class: "cx-clock" });
  const zone = h("small", {});
  const zoneButton = h("button", { type: "button", class: "cx-pill" }, clock, zone);
  const channels = h("span", {});
  const channelsNote = h("small", {});
  const meter = h("i", {});
  const channelsPill = h(
    "span",
    { class: "cx-pill cx-channels", title: t("Calls in progress") },
    channels,
    channelsNote,
    h("span", { class: "cx-meter", "aria-hidden": "true" }, meter),
  );

  const count = h("b", { hidden: true });
  const bell = h(
    "button",
    { type: "button", class: "cx-bell" },
    icon("M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9", "M10 20a2.2 2.2 0 0 0 4 0"),
    count,
  );
  const list = h("ul", { class: "cx-alerts" });
  const outstanding = h("div", { "aria-label": t("Outstanding"), tabindex: -1 }, list);
  popover(bell, outstanding, "dialog", () => outstanding.focus());
  const balance = h("span", {});
  const balancePill = h("span", { class: "cx-pill cx-balance" });

  const customers = picker(
    companyButton,
    t("Customer"),
    () =>
      model
        .get<Customer[]>("customers")
        .map((c) => ({ value: c.id, label: c.name, hint: c.note || undefined })),
    () => chosen(model, "customer"),
    (customer) => change(model, { customer }),
  );
  const zonePicker = picker(
    zoneButton,
    t("Time zone"),
    () => zones(model.get("zones"), chosen(model, "zone") || "UTC"),
    () => chosen(model, "zone"),
    (zone) => change(model, { zone }),
  );
  el.classList.add("cx", "cx-topbar");
  el.setAttribute("role", "banner");
  el.replaceChildren(
    h("span", { class: "cx-logo", "aria-hidden": "true" }, "cx"),
    companyButton,
    customers,
    bell,
    outstanding,
    h("span", { class: "cx-spring" }),
    zoneButton,
    zonePicker,
    channelsPill,
    balancePill,
    ...userMenu(model, signal),
  );

  let format = clockIn("UTC");
  const tick = () => setText(clock, format.format(new Date()));
  watchView(
    model,
    ["zone"],
    () => {
      const name = chosen(model, "zone") || "UTC";
      format = clockIn(name);
      setText(zone, name.replaceAll("_", " "));
      zoneButton.setAttribute("aria-label", t("Time zone: {zone}. Change", { zone: name }));
      tick();
    },
    signal,
  );
  const showCustomer = () => {
    const id = chosen(model, "customer");
    const known = model.get<Customer[]>("customers");
    const name = known.find((c) => c.id === id)?.name ?? id;
    setText(company, name || "cxreports");
    companyButton.disabled = known.length < 2;
    companyButton.setAttribute(
      "aria-label",
      known.length < 2 ? name : t("Customer: {customer}. Change", { customer: name }),
    );
    companyButton.hidden = !id;
    document.title = name ? `${name} · cxreports` : "cxreports";
  };
  watch(model, ["customers"], showCustomer, signal);
  watchView(model, ["customer"], showCustomer, signal);
  watch(
    model,
    ["channels", "channels_source", "channels_note", "channel_limit"],
    () => {
      const used = model.get<number | null>("channels");
      const limit = model.get<number | null>("channel_limit");
      channelsPill.hidden = !model.get("channels_source");
      const shown = used === null ? ABSENT : written(String(used));
      setText(
        channels,
        limit
          ? t("{used} / {limit} Channels", { used: shown, limit: written(String(limit)) })
          : used === null
            ? t("{used} Channels", { used: shown })
            : tn("{count} Channel", "{count} Channels", used),
      );
      setText(channelsNote, model.get("channels_note"));
      meter.parentElement!.hidden = !limit || used === null;
      if (limit) meter.style.width = `${Math.min(100, (100 * (used ?? 0)) / limit)}%`;
    },
    signal,
  );
  const showAlerts = () => {
    const alerts = model.get<Alert[]>("alerts");
    bell.hidden = !chosen(model, "customer");
    count.hidden = !alerts.length;
    setText(count, String(alerts.length));
    bell.setAttribute(
      "aria-label",
      alerts.length
        ? tn("{count} outstanding", "{count} outstanding", alerts.length)
        : t("Nothing outstanding"),
    );
    list.replaceChildren(
      ...(alerts.length ? alerts.map(alertLine) : [h("li", {}, t("Nothing is outstanding."))]),
    );
  };
  watch(model, ["alerts"], showAlerts, signal);
  watchView(model, ["customer"], showAlerts, signal);
  watch(
    model,
    ["balance", "is_low", "pay_url"],
    () => {
      const url = model.get<string>("pay_url");
      balancePill.hidden = !model.get("balance");
      balancePill.classList.toggle("cx-low", model.get("is_low"));
      setText(balance, t("Balance: {amount}", { amount: model.get<string>("balance") }));
      balancePill.replaceChildren(balance, ...(url ? [settle(url, t("Pay"))] : []));
    },
    signal,
  );
  const timer = setInterval(tick, 250);
  signal?.addEventListener("abort", () => clearInterval(timer));
}

export default { render } satisfies Widget;

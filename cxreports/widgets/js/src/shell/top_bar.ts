/** Top bar: company, what is outstanding, clock and zone, channels, balance, user menu.
 *
 * In the portal the server has drawn it and says what it begins with; a page's kernel then says what is
 * live. In JupyterLab it stands alone. */

import { watch, type Model, type RenderProps, type Widget } from "../afm";
import { h, setText } from "../dom";
import { t, tn, written } from "../language";
import { place } from "../link";
import { change, chosen, watchView } from "../page/view";
import { picker } from "../popover";
import { clock } from "./clock";
import { frameIn, isServed, type Frame } from "./frame";
import { followChoices, queryOf } from "./navigation";
import { outstanding } from "./outstanding";
import { BASE, shell } from "./state";
import { hear, tell } from "./together";
import { userMenu } from "./user_menu";

const ABSENT = "\u2013";

/** What the channels are shown from. */
const CHANNELS = ["channels", "channels_source", "channels_note", "channel_limit"];

interface Customer {
  id: string;
  name: string;
  note: string;
}

/** What a person does in the bar. */
interface Acts {
  customer(id: string): void;
  zone(name: string): void;
}

interface Channels {
  used: number | null;
  limit: number | null;
  source: string;
  note: string;
}

function showChannels({ channels }: Frame, { used, limit, source, note }: Channels): void {
  const meter = channels.querySelector<HTMLElement>(".cx-meter")!;
  channels.hidden = !source;
  channels.title = t("Calls in progress");
  channels.classList.toggle("cx-live", source === "switch" && used !== null);
  const shown = used === null ? ABSENT : written(String(used));
  let text = t("{used} Channels", { used: shown });
  if (limit) text = t("{used} / {limit} Channels", { used: shown, limit: written(String(limit)) });
  else if (used !== null) text = tn("{count} Channel", "{count} Channels", used);
  setText(channels.querySelector("b")!, text);
  setText(channels.querySelector("small")!, note);
  meter.hidden = !limit || used === null;
  const part = limit ? Math.min(100, (100 * (used ?? 0)) / limit) : 0;
  meter.querySelector("i")!.style.width = `${part}%`;
}

function showBalance({ balance }: Frame, text: string, isLow: boolean, url: string): void {
  balance.hidden = !text;
  balance.classList.toggle("cx-low", isLow);
  setText(balance.querySelector("b")!, text);
  balance.querySelector("a")?.remove();
  if (url) balance.append(h("a", { ...place(url) }, t("Pay")));
}

/** Bring a frame to life; where the model is about no company, what the server said of one stands. */
export function liven(frame: Frame, model: Model, acts: Acts, signal?: AbortSignal): void {
  const isOwn = () => chosen(model, "customer") !== "" || !shell;
  const get = <T>(name: string): T => (isOwn() ? model.get<T>(name) : (shell![name] as T));
  const customer = () => chosen(model, "customer") || shell?.view["customer"] || "";
  const customers = () => get<Customer[] | undefined>("customers") ?? [];

  frame.bar.append(
    picker(
      frame.company,
      t("Customer"),
      () => customers().map(({ id, name, note }) => ({ value: id, label: name, hint: note || undefined })),
      customer,
      acts.customer,
    ),
  );
  const showAlerts = outstanding(frame);
  clock(frame, model, acts.zone, signal);
  userMenu(frame, model, signal);

  const showCustomer = () => {
    const id = customer();
    const isAlone = customers().length < 2;
    const name = customers().find((entry) => entry.id === id)?.name ?? id;
    setText(frame.companyName, name);
    frame.company.disabled = isAlone;
    const label = isAlone ? name : t("Customer: {customer}. Change", { customer: name });
    frame.company.setAttribute("aria-label", label);
    frame.company.hidden = !id;
  };
  const showAll = () => {
    showCustomer();
    showAlerts(get("alerts") ?? [], customer() !== "" || shell !== undefined);
    showBalance(frame, get("balance") ?? "", get("is_low") ?? false, get("pay_url") ?? "");
    // Channels are known of all customers together too.
    showChannels(frame, {
      used: model.get("channels") ?? null,
      limit: get("channel_limit") ?? null,
      source: model.get("channels_source") ?? "",
      note: model.get("channels_note") ?? "",
    });
  };
  watch(model, ["customers", "alerts", "balance", "is_low", "pay_url", ...CHANNELS], showAll, signal);
  watchView(model, ["customer"], showAll, signal);
}

/** Go to the page of another company. */
export function goTo(company: string): void {
  const { url, key } = shell!.chooses;
  location.assign(BASE + url.replace("./", "") + queryOf(key, company));
}

function render({ model, el, signal }: RenderProps): void {
  const isPage = isServed(el);
  const zone = (name: string) => {
    change(model, { zone: name });
    if (isPage) tell({ zone: name });
  };
  const customer = (id: string) => {
    if (chosen(model, "customer") || !isPage) change(model, { customer: id });
    else goTo(id);
  };
  liven(frameIn(el), model, { customer, zone }, signal);
  if (!isPage) return;
  followChoices(() => chosen(model, "customer"));
  hear((news) => {
    if (news.zone && news.zone !== chosen(model, "zone")) change(model, { zone: news.zone });
  });
}

export default { render } satisfies Widget;

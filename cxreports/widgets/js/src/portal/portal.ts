/** The portal's page: takes the state that came with the HTML, draws it, and joins the kernel.
 *
 * Voilà's own front end loads JupyterLab's machinery (3 MB) before the first widget shows; this
 * page holds nothing but anywidgets, so the widget protocol alone is enough.
 */

import chart from "../chart/chart";
import { h } from "../dom";
import grid from "../grid/grid";
import { t } from "../language";
import { tellZone } from "../own_zone";
import callRecordsPage from "../page/call_records_page";
import controls from "../page/controls";
import customersPage from "../page/customers_page";
import dashboardPage from "../page/dashboard_page";
import figures from "../page/figures";
import topBar from "../page/top_bar";
import { Kernel } from "./kernel";
import { Models } from "./models";

const WIDGETS = {
  CallRecordsPage: callRecordsPage,
  ChartWidget: chart,
  Controls: controls,
  CustomersPage: customersPage,
  DashboardPage: dashboardPage,
  Figures: figures,
  Grid: grid,
  TopBar: topBar,
};

interface Start {
  base: string;
  kernel: string;
  root: string;
  states: Record<string, Record<string, unknown>>;
}

const BUSY_DELAY_MS = 150;

function banner(text: string): void {
  document.querySelector(".cx-banner[data-connection]")?.remove();
  if (!text) return;
  document.body.prepend(
    h(
      "div",
      { class: "cx cx-banner", role: "alert", "data-connection": true },
      h("span", {}, text),
      h("button", { type: "button", class: "cx-btn", onClick: () => location.reload() }, t("Reload")),
    ),
  );
}

function busyMark(): (state: string) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (state) => {
    clearTimeout(timer);
    const root = document.documentElement;
    if (state === "busy") timer = setTimeout(() => (root.dataset["busy"] = ""), BUSY_DELAY_MS);
    else delete root.dataset["busy"];
  };
}

function leave(start: Start, kernel: Kernel): void {
  kernel.close();
  const form = new FormData();
  const token = /(?:^|; )(?:__Host-)?_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  if (token) form.set("_xsrf", decodeURIComponent(token));
  navigator.sendBeacon(`${start.base}api/kernels/${start.kernel}/end`, form);
}

async function begin(): Promise<void> {
  tellZone();
  const data = document.getElementById("cx-start")?.textContent;
  if (!data) return;
  const start = JSON.parse(data) as Start;
  const models = new Models(start.states, WIDGETS);
  const busy = busyMark();
  const kernel = new Kernel(start.base, start.kernel, {
    message: (message) => {
      if (message.header.msg_type === "status") busy(message.content.execution_state);
      else models.receive(message);
    },
    open: (again) => {
      banner("");
      // What the kernel said in the meantime is lost.
      if (again) models.get(start.root)?.send({ resend: true });
    },
    lost: () => banner(t("The connection to the server is lost. Trying again…")),
    dead: (code) => banner(ended(code)),
  });
  models.kernel = kernel;
  addEventListener("pagehide", (event) => {
    if (!event.persisted) leave(start, kernel);
  });
  const root = document.getElementById("cx-root")!;
  const widget = await models.host.getWidget(start.root);
  await widget.render({ el: root });
  document.documentElement.dataset["ready"] = "";
}

function ended(code?: number): string {
  if (code === 4003) return t("This page needed too much memory and was ended. Reload it and choose less.");
  if (code === 4004) return t("This page computed for too long and was ended. Reload it and choose less.");
  return t("This page's session has ended.");
}

void begin();

/** The portal's page: takes the state that came with the HTML, draws it, and joins the kernel.
 *
 * Voilà's own front end loads JupyterLab's machinery (3 MB) before the first widget shows; this
 * page holds nothing but anywidgets, so the widget protocol alone is enough.
 */

import chart from "../chart/chart";
import grid from "../grid/grid";
import { t } from "../language";
import { tellZone } from "../own_zone";
import callRecordsPage from "../page/call_records_page";
import controls from "../page/controls";
import customersPage from "../page/customers_page";
import dashboardPage from "../page/dashboard_page";
import figures from "../page/figures";
import { banner } from "../shell/banner";
import { isOver, openPage, sayOver } from "../shell/open_page";
import { token } from "../shell/state";
import topBar from "../shell/top_bar";
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
  form.set("_xsrf", token());
  navigator.sendBeacon(`${start.base}api/kernels/${start.kernel}/end`, form);
}

async function begin(): Promise<void> {
  tellZone();
  openPage(true);
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
    lost: () => banner(t("The connection to the server is lost. Trying again…"), t("Reload")),
    dead: async (code) => {
      if (await isOver()) sayOver();
      else banner(ended(code), t("Reload"));
    },
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

/** The portal's page: takes the state that came with the HTML, draws it, and joins the kernel.
 *
 * Voilà's own front end loads JupyterLab's machinery (3 MB) before the first widget shows; this
 * page holds nothing but anywidgets, so the widget protocol alone is enough.
 */

import chart from "../chart/chart";
import grid from "../grid/grid";
import { tellZone } from "../own_zone";
import callRecordsPage from "../page/call_records_page";
import controls from "../page/controls";
import customersPage from "../page/customers_page";
import dashboardPage from "../page/dashboard_page";
import figures from "../page/figures";
import { openPage } from "../shell/open_page";
import topBar from "../shell/top_bar";
import { Models } from "./models";
import { Page, startOf } from "./page";

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

async function begin(): Promise<void> {
  tellZone();
  openPage(true);
  const start = startOf(document);
  if (!start) return;
  const models = new Models(start.states, WIDGETS);
  new Page(start, models);
  const root = document.getElementById("cx-root")!;
  const widget = await models.host.getWidget(start.root);
  await widget.render({ el: root });
  document.documentElement.dataset["ready"] = "";
}

void begin();

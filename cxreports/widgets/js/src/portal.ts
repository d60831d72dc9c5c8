/** The portal's page: takes the state that came with the HTML, draws it, and joins the kernel.
 *
 * Voilà's own front end loads JupyterLab's machinery (3 MB) before the first widget shows; this
 * page holds nothing but anywidgets, so the widget protocol alone is enough.
 */

import cdrPage from "./cdr_page";
import chart from "./chart";
import controls from "./controls";
import figures from "./figures";
import grid from "./grid/grid";
import { t } from "./language";
import operatorPage from "./operator_page";
import page from "./page";
import topbar from "./topbar";
import { h } from "./dom";
import { Kernel } from "./kernel";
import { Models } from "./models";
import { tellZone } from "./own_zone";

const WIDGETS = {
  CdrPage: cdrPage,
  ChartWidget: chart,
  Controls: controls,
  Figures: figures,
  Grid: grid,
  OperatorPage: operatorPage,
  Page: page,
  TopBar: topbar,
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
  const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
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
    dead: () => banner(t("This page's session has ended.")),
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

void begin();

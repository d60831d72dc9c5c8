/** One altair chart in a card: draws it, updates its data in place, reports the zoom. */

import { watch, type Model, type RenderProps, type Widget } from "../afm";
import { h, setText } from "../dom";
import { download } from "../grid/clipboard";
import { openMenu } from "../grid/menu";
import { isEnglish, isRightToLeft, t } from "../language";
import { pngOf, svgOf } from "./picture";
import { themed } from "./theme";
import { tip } from "./tip";
import { vegaLocale } from "./vega_locale";

type Vega = typeof import("./vega");
type View = InstanceType<Vega["View"]>;
type Rows = Record<string, unknown>[];
type Spec = Record<string, any>;

interface Pointed {
  unit: string;
  fields: unknown;
  values: unknown[];
}

interface Shared {
  vega?: Promise<Vega>;
  views: Set<View>;
  leader?: View;
  zoom?: number[] | null;
}

/** What all charts of a page share; in JupyterLab each widget loads a copy of this module. */
function shared(): Shared {
  const all = globalThis as { __cxreports?: Shared };
  return (all.__cxreports ??= { views: new Set() });
}

/** Load the drawing library: from the portal's static files, else once through the kernel. */
function vega(model: Model): Promise<Vega> {
  const home = shared();
  const url = document.querySelector<HTMLMetaElement>("meta[name=cx-vega]")?.content;
  return (home.vega ??= url ? import(url) : throughKernel(model));
}

function throughKernel(model: Model): Promise<Vega> {
  return new Promise((resolve, reject) => {
    const receive = (content: { vega?: boolean }, buffers: DataView[]) => {
      if (!content.vega || !buffers[0]) return;
      model.off("msg:custom", receive);
      const url = URL.createObjectURL(new Blob([buffers[0] as BlobPart], { type: "text/javascript" }));
      import(url).then(resolve, reject);
    };
    model.on("msg:custom", receive);
    model.send({ ask: "vega" });
  });
}

interface Drawn {
  view: View;
  zooms: boolean;
  key: string;
  formats: Map<string, object | undefined>;
  element: HTMLElement;
}

async function drawSpec(
  lib: Vega,
  spec: Spec,
  data: Record<string, Rows>,
  plot: HTMLElement,
  element: HTMLElement,
): Promise<Drawn> {
  const full = {
    ...themed(spec),
    datasets: data,
    width: Math.max(120, plot.clientWidth),
    height: Math.max(80, plot.clientHeight),
    autosize: { type: "fit", contains: "padding" },
    background: null,
  };
  const compiled = lib.compile(full as any).spec;
  const formats = new Map((compiled.data ?? []).map((d: any) => [d.name as string, d.format]));
  const config: any = isEnglish ? undefined : { locale: vegaLocale() };
  const view = new lib.View(lib.parse(compiled, config, { ast: true }), {
    renderer: "svg",
    expr: lib.expressionInterpreter,
    hover: true,
  });
  view.logLevel(1);
  view.tooltip(tip);
  await view.initialize(element).runAsync();
  const svg = element.querySelector("svg");
  svg?.setAttribute("aria-hidden", "true");
  const zooms = ZOOM in view.getState({ signals: (name) => name === ZOOM, data: () => false }).signals;
  return { view, zooms, formats, element, key: JSON.stringify(spec) };
}

function remove(drawn: Drawn | undefined): void {
  if (!drawn) return;
  shared().views.delete(drawn.view);
  drawn.view.finalize();
  drawn.element.remove();
}

/** Let the pointer's line stand at the same time in all graphs over time of the page. */
function point(view: View): void {
  const { views } = shared();
  try {
    view.addDataListener(POINTED, (_, pointed) => {
      if (shared().leader !== view) return;
      const copy = () => pointed.map(({ unit, fields, values }: Pointed) => ({ unit, fields, values }));
      for (const other of views) {
        if (other !== view) void other.data(POINTED, copy()).runAsync();
      }
    });
  } catch {
    return; // This chart has no pointer.
  }
  views.add(view);
}

/** Show the same stretch of time in all graphs of the page. */
function zoomTogether(view: View, domain: number[] | null): void {
  const home = shared();
  if (String(home.zoom ?? null) === String(domain)) return;
  home.zoom = domain;
  for (const other of home.views) {
    if (other !== view) void other.signal(ZOOM, domain).runAsync();
  }
}

const ZOOM = "zoom_start";
const POINTED = "pointed_store";
const DOMAIN_DELAY_MS = 250;

function render({ model, el, signal }: RenderProps): void {
  const title = h("h2", {});
  const subtitle = h("span", { class: "cx-muted cx-small" });
  const now = h("span", { class: "cx-now" });
  const reset = h(
    "button",
    { type: "button", class: "cx-link", hidden: true, onClick: () => unzoom() },
    t("Reset zoom"),
  );
  const more = h(
    "button",
    {
      type: "button",
      class: "cx-more",
      "aria-haspopup": "menu",
      "data-lm-suppress-shortcuts": "true",
      onClick: () => offer(),
    },
    "⋯",
  );
  const plot = h("div", { class: "cx-plot", role: "img", tabindex: 0 });
  el.classList.add("cx", "cx-card", "cx-chart");
  el.replaceChildren(
    h(
      "div",
      { class: "cx-chart-head" },
      title,
      subtitle,
      h("span", { class: "cx-spring" }),
      reset,
      now,
      more,
    ),
    h("div", { class: "cx-plot-frame" }, plot),
  );

  let drawn: Drawn | undefined;
  let wanted = 0;
  let scope = model.get<string>("scope");

  const save = (ending: string, type: string, contents: ArrayBuffer) =>
    download(`${model.get<string>("file")}.${ending}`, type, new DataView(contents));
  const picture = async (form: "png" | "svg") => {
    if (!drawn) return;
    const heading = [model.get<string>("title"), model.get<string[]>("caption")] as const;
    if (form === "png") save(form, "image/png", await pngOf(drawn.view, ...heading));
    else save(form, "image/svg+xml", new TextEncoder().encode(await svgOf(drawn.view, ...heading)).buffer);
  };
  const offer = () => {
    const { left, right, bottom } = more.getBoundingClientRect();
    const items = [
      { label: t("Download PNG"), act: () => void picture("png") },
      { label: t("Download SVG"), act: () => void picture("svg") },
      { label: t("Download CSV"), act: () => model.send({ ask: "csv" }) },
    ];
    openMenu(
      items,
      isRightToLeft() ? left : right,
      bottom,
      more,
      t("{graph}: download", { graph: model.get<string>("title") }),
    );
  };
  const receive = (content: { csv?: boolean }, buffers: DataView[]) => {
    if (content.csv && buffers[0]) download(`${model.get<string>("file")}.csv`, "text/csv", buffers[0]);
  };
  model.on("msg:custom", receive);

  const unzoom = () => {
    if (drawn?.zooms) void drawn.view.signal(ZOOM, null).runAsync();
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  const follow = (view: View) => {
    view.addSignalListener(ZOOM, (_, value) => {
      const domain = Array.isArray(value) ? value.map(Number) : null;
      reset.hidden = !domain;
      zoomTogether(view, domain);
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          model.set("domain", domain);
          model.save_changes();
        },
        domain ? DOMAIN_DELAY_MS : 0,
      );
    });
  };

  const draw = async () => {
    const turn = ++wanted;
    const spec = model.get<Spec>("spec");
    const data = model.get<Record<string, Rows>>("data");
    if (!Object.keys(spec).length) return;
    const lib = await vega(model);
    if (turn !== wanted || signal?.aborted) return;
    if (scope !== model.get("scope")) {
      scope = model.get("scope");
      shared().zoom = null;
      unzoom();
    }
    if (drawn?.key === JSON.stringify(spec)) {
      for (const [name, rows] of Object.entries(data)) {
        const format = { type: "json", ...drawn.formats.get(name) };
        drawn.view.data(name, lib.read(structuredClone(rows) as any, format as any));
      }
      // New labels may need more room than the old ones had.
      await drawn.view.resize().runAsync();
      plot.dataset["drawn"] = String(turn);
      return;
    }
    // The new picture is made beside the old one and takes its place when complete: no flicker.
    const element = h("div", { class: "cx-view" });
    plot.append(element);
    const next = await drawSpec(lib, spec, data, plot, element);
    if (turn !== wanted || signal?.aborted) {
      next.view.finalize();
      element.remove();
      return;
    }
    remove(drawn);
    drawn = next;
    point(next.view);
    (plot as any).cxView = next.view;
    if (next.zooms) follow(next.view);
    const { zoom } = shared();
    if (next.zooms && zoom) await next.view.signal(ZOOM, zoom).runAsync();
    plot.dataset["drawn"] = String(turn);
    el.classList.remove("cx-waiting");
  };

  const fit = new ResizeObserver(() => {
    if (!drawn || !plot.clientWidth) return;
    const { view } = drawn;
    if (view.width() === plot.clientWidth && view.height() === plot.clientHeight) return;
    view.width(plot.clientWidth).height(plot.clientHeight);
    void view.runAsync();
  });
  fit.observe(plot);

  watch(
    model,
    ["title", "subtitle", "now", "tone", "description"],
    () => {
      setText(title, model.get("title"));
      more.setAttribute("aria-label", t("{graph}: download", { graph: model.get<string>("title") }));
      setText(subtitle, model.get("subtitle"));
      setText(now, model.get("now"));
      now.style.color = `var(--${model.get<string>("tone")})`;
      plot.setAttribute("aria-label", model.get("description"));
    },
    signal,
  );
  plot.addEventListener("pointerover", () => (shared().leader = drawn?.view), true);
  el.classList.add("cx-waiting");
  watch(model, ["spec", "data"], () => void draw(), signal);
  signal?.addEventListener("abort", () => {
    fit.disconnect();
    model.off("msg:custom", receive);
    clearTimeout(timer);
    remove(drawn);
  });
}

export default { render } satisfies Widget;

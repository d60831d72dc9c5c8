/** One altair chart in a card: draws it, and updates its data in place. */

import { watch, type Model, type RenderProps, type Widget } from "../afm";
import { h, setText } from "../dom";
import { download } from "../grid/clipboard";
import { openMenu } from "../grid/menu";
import { onPaper } from "../paper/paper";
import { isEnglish, isRightToLeft, t } from "../language";
import { align, frameOf, refit } from "./aligned";
import { callsItem, listenToClicks, listenToEnter, markOpening } from "./clicks";
import { Crosshair, type Told } from "./crosshair";
import { describe, gestures } from "./gestures";
import { pythonItem } from "../python";
import { pngOf, svgOf } from "./picture";
import { themed } from "./theme";
import { tip } from "./tip";
import { shared } from "./together";
import { vegaLocale } from "./vega_locale";

type Vega = typeof import("./vega");
type View = InstanceType<Vega["View"]>;
type Rows = Record<string, unknown>[];
type Spec = Record<string, any>;

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
  key: string;
  formats: Map<string, object | undefined>;
  element: HTMLElement;
}

/** What pictures have in common that differ by their data alone. */
const keyOf = (spec: Spec, domain: number[] | undefined) => `${JSON.stringify(spec)}${!!domain}`;

async function drawSpec(
  lib: Vega,
  spec: Spec,
  data: Record<string, Rows>,
  plot: HTMLElement,
  element: HTMLElement,
  domain: number[] | undefined,
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
  if (domain) align(compiled, frameOf(plot), domain);
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
  return { view, formats, element, key: keyOf(spec, domain) };
}

function remove(drawn: Drawn | undefined): void {
  if (!drawn) return;
  drawn.view.finalize();
  drawn.element.remove();
}

function render({ model, el, signal }: RenderProps): void {
  const title = h("h2", {});
  const subtitle = h("span", { class: "cx-muted cx-small" });
  const now = h("span", { class: "cx-now" });
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
  const said = h("span", { class: "cx-hidden", role: "status" });
  const plot = h("div", { class: "cx-plot", role: "img", tabindex: 0 });
  el.classList.add("cx", "cx-card", "cx-chart");
  el.replaceChildren(
    h("div", { class: "cx-chart-head" }, title, subtitle, h("span", { class: "cx-spring" }), now, said, more),
    h("div", { class: "cx-plot-frame" }, plot),
  );

  let drawn: Drawn | undefined;
  let wanted = 0;
  const hair = new Crosshair();
  const told = () => {
    const crosshair = model.get<Told | { domain?: undefined }>("crosshair");
    return crosshair.domain?.length ? crosshair : undefined;
  };
  /** Let the crosshair follow what was drawn; the graphs of the page know of it from then on. */
  const settle = (view: View) => {
    const now = told();
    if (!now) return;
    if (!shared().plots.has(hair)) {
      shared().plots.add(hair);
      gestures(plot, hair, signal);
    }
    plot.append(hair.layer);
    hair.place(view, frameOf(plot), now);
    describe(plot, now);
  };

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
      ...callsItem(model),
      { label: t("Download PNG"), act: () => void picture("png") },
      { label: t("Download SVG"), act: () => void picture("svg") },
      { label: t("Download CSV"), act: () => model.send({ ask: "csv" }) },
      ...pythonItem(model.get("python"), (text) => setText(said, text)),
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

  const draw = async () => {
    const turn = ++wanted;
    const spec = model.get<Spec>("spec");
    const data = model.get<Record<string, Rows>>("data");
    if (!Object.keys(spec).length) return;
    const lib = await vega(model);
    if (turn !== wanted || signal?.aborted) return;
    const domain = told()?.domain;
    if (drawn?.key === keyOf(spec, domain)) {
      for (const [name, rows] of Object.entries(data)) {
        const format = { type: "json", ...drawn.formats.get(name) };
        drawn.view.data(name, lib.read(structuredClone(rows) as any, format as any));
      }
      if (domain) refit(drawn.view, frameOf(plot), domain);
      // New labels may need more room than the old ones had.
      else drawn.view.resize();
      await drawn.view.runAsync();
      if (turn === wanted) settle(drawn.view);
      plot.dataset["drawn"] = String(turn);
      return;
    }
    // The new picture is made beside the old one and takes its place when complete: no flicker.
    const element = h("div", { class: "cx-view" });
    plot.append(element);
    const next = await drawSpec(lib, spec, data, plot, element, domain);
    if (turn !== wanted || signal?.aborted) {
      next.view.finalize();
      element.remove();
      return;
    }
    remove(drawn);
    drawn = next;
    listenToClicks(next.view, model);
    (plot as any).cxView = next.view;
    settle(next.view);
    plot.dataset["drawn"] = String(turn);
    el.classList.remove("cx-waiting");
  };

  const refitted = () => {
    if (!drawn || !plot.clientWidth) return;
    const { view } = drawn;
    const domain = told()?.domain;
    const { width, height } = domain ? frameOf(plot) : { width: plot.clientWidth, height: plot.clientHeight };
    if (view.width() === width && view.height() === height) return;
    if (domain) refit(view, frameOf(plot), domain);
    else view.width(width).height(height);
    void view.runAsync().then(() => settle(view));
  };
  const fit = new ResizeObserver(refitted);
  fit.observe(plot);
  onPaper(refitted, refitted, signal);

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
  listenToEnter(plot, model);
  watch(model, ["behind"], () => markOpening(plot, model), signal);
  el.classList.add("cx-waiting");
  watch(model, ["spec", "data", "crosshair"], () => void draw(), signal);
  signal?.addEventListener("abort", () => {
    fit.disconnect();
    model.off("msg:custom", receive);
    shared().plots.delete(hair);
    remove(drawn);
  });
}

export default { render } satisfies Widget;

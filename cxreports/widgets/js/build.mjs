/** Builds ../static: one module a widget (JupyterLab), the portal's page, vega once, the styles. */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../static/", import.meta.url));
const WIDGETS = [
  "call_records_page",
  "chart",
  "controls",
  "customers_page",
  "dashboard_page",
  "figures",
  "grid",
  "top_bar",
];
const PAGES = ["account", "portal", "vega"];
const STYLES = ["forms", "page"];

const options = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  format: "esm",
  legalComments: "none",
  loader: { ".css": "text" },
  logLevel: "warning",
  minify: true,
  target: "es2022",
  write: false,
};

const sources = await readdir(`${here}src`, { recursive: true });

/** Source of a bundle, whichever room it stands in. */
function source(file) {
  const found = sources.filter((path) => path.split(/[\\/]/).at(-1) === file);
  if (found.length !== 1) throw new Error(`${found.length} files src/**/${file}: there must be one`);
  return `./src/${found[0].replaceAll("\\", "/")}`;
}

async function bundle(name) {
  const result = await build({ ...options, entryPoints: [source(`${name}.ts`)] });
  return result.outputFiles[0].contents;
}

/** The tokens again, for a page whose look was chosen, there or in JupyterLab, whatever the system's is. */
async function chosenLooks() {
  const tokens = await readFile(here + "../../charts/tokens.css", "utf8");
  const [light, dark] = [...tokens.matchAll(/:root \{([^}]*)\}/g)].map(([, rules]) => rules);
  const look = (name, rules) => {
    const lab = `:root:has(> body[data-jp-theme-light="${name === "light"}"])`;
    return `:root[data-theme="${name}"],${lab}{color-scheme:${name};${rules}}`;
  };
  return look("light", light) + look("dark", dark);
}

async function styles(name) {
  const result = await build({
    ...options,
    loader: {},
    stdin: {
      contents: `@import "${source(`${name}.css`)}";\n${await chosenLooks()}`,
      loader: "css",
      resolveDir: here,
    },
  });
  return result.outputFiles[0].contents;
}

const files = new Map();
for (const name of STYLES) files.set(`${name}.css`, await styles(name));
for (const name of [...WIDGETS, ...PAGES]) files.set(`${name}.js`, await bundle(name));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const manifest = {};
for (const [file, contents] of files) {
  const [stem, ending] = file.split(".");
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  const hashed = PAGES.includes(stem) || ending === "css";
  const name = hashed ? `${stem}-${hash}.${ending}` : file;
  manifest[file] = name;
  await writeFile(out + name, contents);
}
await writeFile(`${out}manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);

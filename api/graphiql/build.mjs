// Bundles GraphiQL, its editor's workers and its fonts into dist/: a page for /graphiql, files for
// /graphiql/assets. Names carry a hash of the content; nothing is loaded from elsewhere.

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

import { build } from "esbuild";

const ASSETS = "/graphiql/assets";
const incoming = "node_modules/.incoming";

const common = {
  bundle: true,
  minify: true,
  sourcemap: false,
  metafile: true,
  legalComments: "none",
  target: "es2022",
  outdir: `${incoming}/assets`,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  publicPath: ASSETS,
  loader: { ".ttf": "file", ".woff2": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

await rm(incoming, { recursive: true, force: true });
await mkdir(incoming);

const workers = await build({
  ...common,
  format: "iife",
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
});
const worker = (name) => `${ASSETS}/${output(workers, `${name}.worker-`, ".js")}`;

const page = await build({
  ...common,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  entryPoints: ["src/main.jsx"],
  define: {
    ...common.define,
    WORKERS: JSON.stringify({
      editor: worker("editor"),
      json: worker("json"),
      graphql: worker("graphql"),
    }),
  },
});

const html = await readFile("src/index.html", "utf8");
const named = html
  .replace("%STYLE%", `${ASSETS}/${output(page, "main-", ".css")}`)
  .replace("%SCRIPT%", `${ASSETS}/${output(page, "main-", ".js")}`);
await writeFile(`${incoming}/index.html`, named);

await rm("dist", { recursive: true, force: true });
await rename(incoming, "dist");

function output(result, start, end) {
  const names = Object.keys(result.metafile.outputs).map((path) => basename(path));
  const name = names.find((name) => name.startsWith(start) && name.endsWith(end));
  if (name === undefined) {
    throw new Error(`the bundle has no file ${start}*${end}`);
  }
  return name;
}

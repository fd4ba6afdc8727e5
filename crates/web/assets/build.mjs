// Renews the third-party assets that are embedded in the binary: the Digital Agency's design tokens and the Noto Sans JP slices.
// `npm install && npm run build` in this folder, then commit what changed. Building Rashin itself needs none of this.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "public");
const resolve = createRequire(join(here, "package.json")).resolve;

/** The folder and the package.json of an installed package. */
function installed(name) {
  const root = resolve.paths(name).map((path) => join(path, name)).find((path) => {
    try { return readFileSync(join(path, "package.json")); } catch { return false; }
  });
  if (!root) throw new Error(`${name} is not installed: run "npm install" in ${here}`);
  return { root, about: JSON.parse(readFileSync(join(root, "package.json"), "utf8")) };
}

const header = ({ name, version, license }, licenceFile) =>
  `/* ${name} ${version}, ${license} (${licenceFile}). Written by build.mjs; do not edit. */\n`;

const tokens = installed("@digital-go-jp/design-tokens");
const tokenCss = readFileSync(join(tokens.root, "dist/tokens.css"), "utf8").replace(/^\/\*\*[\s\S]*?\*\/\s*/, "");
writeFileSync(join(out, "tokens.css"), header(tokens.about, "tokens.LICENSE.txt") + tokenCss);
cpSync(join(tokens.root, "LICENSE"), join(out, "tokens.LICENSE.txt"));

const font = installed("@fontsource-variable/noto-sans-jp");
const slices = join(out, "fonts");
rmSync(slices, { recursive: true, force: true });
mkdirSync(slices, { recursive: true });
const files = readdirSync(join(font.root, "files")).filter((file) => file.endsWith("-wght-normal.woff2"));
for (const file of files) cpSync(join(font.root, "files", file), join(slices, file));
cpSync(join(font.root, "LICENSE"), join(slices, "OFL.txt"));
// The version in the query lets browsers keep a slice for ever; the family name is the one that the tokens ask for.
const fontCss = readFileSync(join(font.root, "index.css"), "utf8")
  .replaceAll(/\/\*.*?\*\/\s*/g, "")
  .replaceAll("'Noto Sans JP Variable'", "'Noto Sans JP'")
  .replaceAll(/url\(\.\/files\/([^)]+)\)/g, `url(fonts/$1?v=${font.about.version})`)
  .replaceAll(/\n\s*/g, " ").replaceAll("@font-face", "\n@font-face").trimStart() + "\n";
writeFileSync(join(out, "fonts.css"), header(font.about, "fonts/OFL.txt") + fontCss);

console.log(`${files.length} font slices, ${tokenCss.match(/--[\w-]+:/g).length} tokens`);

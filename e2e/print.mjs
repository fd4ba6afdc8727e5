// Prints a page as a browser's print dialogue would: `node print.mjs ADDRESS FILE.pdf`, or `printed(browser, address)` from a test.
import { writeFileSync } from "node:fs";
import { startBrowser } from "./harness.mjs";

/** The page at an address as an A4 PDF, with the margins and page heads of its own style sheet. */
export async function printed(browser, address) {
  const page = await browser.newPage();
  try {
    await page.goto(address, { waitUntil: "networkidle" });
    await page.evaluate(() => document.fonts.ready);
    return await page.pdf({ preferCSSPageSize: true, printBackground: true, outline: true, tagged: true });
  } finally {
    await page.close();
  }
}

if (import.meta.filename === process.argv[1]) {
  const [address, file] = process.argv.slice(2);
  if (!file) throw new Error("usage: node print.mjs ADDRESS FILE.pdf");
  const browser = await startBrowser();
  writeFileSync(file, await printed(browser, address));
  await browser.close();
}

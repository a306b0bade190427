const sheets = new Map();

/**
 * A style sheet of ours as a constructable one, fetched once however many elements adopt it.
 *
 * @param {string | URL} url
 * @returns {Promise<CSSStyleSheet>}
 */
export function sheetAt(url) {
  const key = String(url);
  if (!sheets.has(key)) sheets.set(key, fetchSheet(key));
  return sheets.get(key);
}

async function fetchSheet(url) {
  const sheet = new CSSStyleSheet();
  const answer = await fetch(url);
  if (answer.ok) sheet.replaceSync(await answer.text());
  return sheet;
}

/** Let a shadow root wear style sheets as well, in the order given. */
export async function adopt(root, ...urls) {
  const all = await Promise.all(urls.map(sheetAt));
  const fresh = all.filter((sheet) => !root.adoptedStyleSheets.includes(sheet));
  root.adoptedStyleSheets.push(...fresh);
}

/** Load Inter for the document: faces declared inside a shadow root do not count. */
export async function loadFont() {
  const face = new FontFace("Sanket Inter", 'url("/vendor/inter.ttf")', {
    weight: "100 900",
    display: "swap",
  });
  document.fonts.add(face);
  await face.load().catch(() => document.fonts.delete(face));
}

// Uses the GraphiQL page as a visitor does, in a real browser, and looks at what it asks for.
//
//   node graphiql.mjs URL OUTDIR [FIELD]
//
// URL is the page, OUTDIR takes the screenshots, FIELD is a root query field that the editor must
// be able to complete (default: viewer). The exit code is 1 if anything below does not hold.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, outdir, field = 'viewer'] = process.argv.slice(2);
if (!url || !outdir) {
  console.error('usage: node graphiql.mjs URL OUTDIR [FIELD]');
  process.exit(64);
}

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Root in a container has no user namespaces for the sandbox; the rest keeps the browser from
// talking to anybody on its own account.
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
// Monaco's first start on a busy machine takes several seconds; nothing here waits for a fixed time.
const DEADLINE_MS = 60_000;
const ATTEMPTS = 10;
// Shorter header values are words such as "1" that may stand anywhere.
const SECRET_LENGTH = 12;

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 360, height: 740 };
const QUERY_EDITOR = '.graphiql-query-editor';
const TAB = '[id^="graphiql-session-tab-"]';

const failures = [];

/** Runs one named check; a failed one is told and the next goes on. */
async function check(name, body) {
  try {
    await body();
    console.log(`ok      ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

function assert(holds, message) {
  if (!holds) {
    throw new Error(message);
  }
}

/** A fresh visitor: empty storage, and a list of everything that went wrong or went elsewhere. */
async function visit(browser, { colorScheme, viewport }) {
  const context = await browser.newContext({ colorScheme, viewport, locale: 'en-GB' });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  const seen = { elsewhere: [], errors: [] };
  const origin = new URL(url).origin;
  const note = (address) => {
    const { protocol, origin: target } = new URL(address);
    if (protocol !== 'data:' && target.replace(/^ws/, 'http') !== origin) {
      seen.elsewhere.push(address);
    }
  };
  context.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  context.on('response', (response) => {
    if (response.status() >= 400) {
      seen.errors.push(`${response.status()} ${response.url()}`);
    }
  });
  await page.goto(url);
  await ready(page);
  return { page, seen };
}

/** The editor stands, and the schema has arrived (the spinner of its button is gone). */
async function ready(page) {
  await page.locator(`${QUERY_EDITOR} .view-lines`).first().waitFor();
  await page.locator('.graphiql-sidebar [aria-label^="Re-fetch GraphQL schema"] svg:not(.graphiql-spin)').waitFor();
}

async function completesField(page) {
  await page.getByRole('button', { name: 'New tab' }).click();
  await page.locator(`${QUERY_EDITOR} .monaco-editor`).first().click();
  await page.keyboard.type(`query Completion { ${field.slice(0, 2)}`, { delay: 30 });
  const suggestion = page.locator('.suggest-widget.visible .monaco-list-row', { hasText: new RegExp(`^${field}`) });
  await offered(page, suggestion.first());
  await page.screenshot({ path: join(outdir, 'completion.png') });
  await page.keyboard.press('Enter');
  await page.locator(`${QUERY_EDITOR} .view-line`, { hasText: new RegExp(`\\b${field}\\b`) }).waitFor();
}

/** Waits for a suggestion. The worker may still be reading the schema when the first one is due, so it is asked again. */
async function offered(page, suggestion) {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const isThere = await suggestion.waitFor({ timeout: DEADLINE_MS / ATTEMPTS }).then(
      () => true,
      () => false,
    );
    if (isThere) {
      return;
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Space');
  }
  await suggestion.waitFor({ timeout: DEADLINE_MS / ATTEMPTS });
}

/** Runs the operation of one tab and answers what the server said. */
async function run(page, index) {
  await page.locator(`#graphiql-session-tab-${index}`).click();
  const answered = page.waitForResponse((response) => {
    const body = response.request().postData() ?? '';
    return response.request().method() === 'POST' && body.includes('"query"') && !body.includes('IntrospectionQuery');
  });
  await page.getByRole('button', { name: /^Execute query/ }).click();
  return (await answered).json();
}

async function tabAnswers(page, index) {
  const answer = await run(page, index);
  assert(!answer.errors, JSON.stringify(answer.errors));
  assert(answer.data, `no data: ${JSON.stringify(answer)}`);
  const refusals = userErrors(answer.data);
  assert(refusals.length === 0, JSON.stringify(refusals));
  await page.locator('.result-window .view-line', { hasText: '"data"' }).first().waitFor();
}

/** A sample mutation that is refused is no sample: its errors are in the data, at any depth. */
function userErrors(value) {
  if (!value || typeof value !== 'object') {
    return [];
  }
  return [...(value.userErrors ?? []), ...Object.values(value).flatMap(userErrors)];
}

/** The values of the configured headers, without words such as "Bearer". */
async function secrets(page) {
  const config = await page.evaluate(() => fetch('/graphiql/config.json').then((response) => response.json()));
  const headers = [config.defaultHeaders, ...config.tabs.map((tab) => tab.headers)];
  return headers
    .map((entry) => (typeof entry === 'string' ? JSON.parse(entry) : (entry ?? {})))
    .flatMap((entry) => Object.values(entry))
    .map((value) => value.replace(/^Bearer /, ''))
    .filter((value) => value.length >= SECRET_LENGTH);
}

async function remembersTabsButNoKey(page, tabs) {
  const title = await page.locator(TAB).nth(1).innerText();
  await page.locator(TAB).nth(1).click();
  // GraphiQL writes its state down with a delay; wait until the second tab is the active one there.
  await page.waitForFunction(() => JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{}').activeTabIndex === 1);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  for (const secret of await secrets(page)) {
    assert(!stored.includes(secret), 'a configured header value lies in localStorage');
  }
  await page.reload();
  await ready(page);
  assert((await page.locator(TAB).count()) === tabs, `there are ${await page.locator(TAB).count()} tabs, not ${tabs}`);
  const active = await page.locator(`[role="tab"][aria-selected="true"] ${TAB}`).innerText();
  assert(active === title, `the open tab is ${active}, not ${title}`);
  await tabAnswers(page, 1);
}

async function favicon(page) {
  const status = await page.evaluate(() => fetch(document.querySelector('link[rel=icon]').href).then((response) => response.status));
  assert(status === 200, `it answers ${status}`);
}

async function fitsNarrowScreen(page) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(width <= NARROW.width, `the page is ${width} pixels wide`);
  for (const part of [QUERY_EDITOR, '.graphiql-response']) {
    const box = await page.locator(part).boundingBox();
    assert(box.width >= NARROW.width - 40, `${part} is only ${box.width} pixels wide`);
    assert(box.height >= 120, `${part} is only ${box.height} pixels high`);
  }
}

function staysAtHome(seen) {
  assert(seen.elsewhere.length === 0, seen.elsewhere.join(', '));
}

function isQuiet(seen) {
  assert(seen.errors.length === 0, seen.errors.join(' | '));
}

async function useIt(browser) {
  const { page, seen } = await visit(browser, { colorScheme: 'dark', viewport: WIDE });
  const tabs = await page.locator(TAB).count();
  await check('there are prefilled tabs', () => assert(tabs > 1, `there are ${tabs}`));
  for (let index = 0; index < tabs; index += 1) {
    const title = await page.locator(TAB).nth(index).innerText();
    await check(`tab ${index + 1}, ${title}, answers without errors`, () => tabAnswers(page, index));
  }
  await page.screenshot({ path: join(outdir, 'wide-dark.png') });
  await check('the browser remembers the tabs and no key', () => remembersTabsButNoKey(page, tabs));
  await check(`the editor completes ${field}`, () => completesField(page));
  await check('the page has an icon', () => favicon(page));
  await check('no request leaves the origin', () => staysAtHome(seen));
  await check('the console shows no error', () => isQuiet(seen));
}

async function lookAtIt(browser, name, viewport, more) {
  const { page, seen } = await visit(browser, { colorScheme: 'light', viewport });
  await run(page, 0);
  await page.locator('.result-window .view-line', { hasText: '"data"' }).first().waitFor();
  await page.screenshot({ path: join(outdir, `${name}.png`) });
  await more(page);
  await check(`${name}: no request leaves the origin`, () => staysAtHome(seen));
  await check(`${name}: the console shows no error`, () => isQuiet(seen));
}

async function openDocumentation(page, name) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer-title').waitFor();
  await page.screenshot({ path: join(outdir, `${name}-docs.png`) });
}

async function checkAll() {
  mkdirSync(outdir, { recursive: true });
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS.split(' '), timeout: DEADLINE_MS });
  try {
    await useIt(browser);
    await lookAtIt(browser, 'wide-light', WIDE, (page) => openDocumentation(page, 'wide-light'));
    await lookAtIt(browser, 'narrow-light', NARROW, async (page) => {
      await check('the page fits a screen of 360 pixels', () => fitsNarrowScreen(page));
      await openDocumentation(page, 'narrow-light');
    });
  } finally {
    await browser.close();
  }
}

await check('the page can be visited to the end', checkAll);
console.log(failures.length === 0 ? 'the page works' : `${failures.length} failed: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;

// The page in a real browser: seen, driven by keys alone, and looked at by axe. Photographs stay in the temporary directory
// where KRONOS_PHOTOGRAPHS does not name another.
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import axe from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { temporaryDirectory } from '../temporary.ts';
import { makeDesk } from '../fleet/web/fixture.ts';
import { serveWeb, TOKEN, type WebServer } from '../fleet/web/server.ts';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 812, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

let browser: Browser;
test.before(async () => {
  browser = await puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    acceptInsecureCerts: true,
    // Tests run as root, where it has no sandbox.
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
test.after.always(() => browser.close());

async function open(t: ExecutionContext, count = 200) {
  const directory = await temporaryDirectory(t);
  const desk = makeDesk(count);
  const server = await serveWeb(directory, { desk });
  t.teardown(() => server.close());
  const context = await browser.createBrowserContext();
  t.teardown(() => context.close());
  const page = await context.newPage();
  // A machine that does other things as well may be slow.
  page.setDefaultTimeout(120_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) problems.push(`asked ${request.url()}`);
  });
  await page.setViewport(DESKTOP);
  const photographs = process.env['KRONOS_PHOTOGRAPHS'] ?? directory;
  const shoot = (name: string) =>
    page.screenshot({ path: `${join(photographs, name)}.png`, captureBeyondViewport: false });
  return { desk, directory, server, page, problems, shoot };
}

/** Logs in by keys: the field has the focus. */
async function logIn(page: Page, { url }: WebServer): Promise<void> {
  await page.goto(url);
  // It comes when the page is drawn, which is after it was loaded.
  await page.waitForFunction(`document.activeElement.matches('input')`);
  await page.keyboard.type(TOKEN);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await page.waitForSelector('[data-connection="live"]');
}

/** What axe finds that is serious or moderate. The page's own policy keeps foreign scripts out, so it comes by the debugger. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(`axe.run({ resultTypes: ['violations'] })`)) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return found.violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}

/** An expression about the first element that a selector finds, as `it`. */
const about = (page: Page, selector: string, expression: string): Promise<unknown> =>
  page.evaluate(`((it) => ${expression})(document.querySelector(${JSON.stringify(selector)}))`);

const textOf = async (page: Page, selector: string) =>
  String(await about(page, selector, 'it.textContent'));

const countShown = (page: Page) =>
  page.evaluate(
    `[...document.querySelectorAll('tbody > tr')].filter((row) => row.checkVisibility()).length`,
  );

/** Presses Tab until the focus is where a selector says; fails where it never comes. */
async function tabTo(page: Page, selector: string, most = 60): Promise<void> {
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press('Tab');
    const there = await page.evaluate(
      `document.activeElement.matches(${JSON.stringify(selector)})`,
    );
    if (there === true) return;
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

test('it has nothing that axe minds, at both widths, dark and light, and scrolls down only', async (t) => {
  const { page, server, problems, shoot } = await open(t);
  await page.goto(server.url);
  t.deepEqual(await findViolations(page), []);
  await shoot('login');
  await logIn(page, server);
  for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    await page.setViewport(viewport);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      // As it is without JavaScript: what matches a filter, which is short enough for axe to look at in a moment.
      for (const path of ['/?state=failed', '/?rack=r1', '/hosts/xen015']) {
        await page.goto(`${server.url}${path}`);
        await page.waitForSelector('[data-connection="live"]');
        t.deepEqual(await findViolations(page), [], `${name} ${scheme} ${path}`);
        await shoot(`${name}-${scheme}-${path.replace(/\W+/g, '-')}`);
        const width = await page.evaluate(`document.documentElement.scrollWidth`);
        t.true(Number(width) <= viewport.width, `${name} ${path} is ${String(width)} wide`);
      }
    }
  }
  t.deepEqual(problems, []);
});

test('keys alone log in, filter, and retry after a question', async (t) => {
  const { desk, page, server, problems, shoot } = await open(t);
  await logIn(page, server);
  t.is(await countShown(page), 202);
  await tabTo(page, '.chip[data-filter="failed"]');
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  t.is(outline, 'solid');
  await page.keyboard.press('Enter');
  t.is(await countShown(page), 10);
  t.is(await textOf(page, '#shown'), '10 shown');
  t.true(page.url().endsWith('/?state=failed'));
  await tabTo(page, '#f-text');
  await page.keyboard.type('xen015');
  t.is(await countShown(page), 1);
  await tabTo(page, 'tr[data-key="xen015"] summary');
  await page.keyboard.press('Enter');
  t.is(await about(page, 'tr[data-key="xen015"] pre', 'it.checkVisibility()'), true);
  await tabTo(page, 'button[aria-label="Retry xen015"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  t.is(await textOf(page, '#question-title'), 'Retry xen015?');
  t.deepEqual(await findViolations(page), []);
  await shoot('question');
  // The question is answered with no by Escape, and by whoever presses Enter once more than needed.
  await page.keyboard.press('Enter');
  t.deepEqual(desk.actions, []);
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  await tabTo(page, '#question-yes', 3);
  await page.keyboard.press('Enter');
  await page.waitForFunction(`document.getElementById('notice').textContent.includes('again')`);
  t.deepEqual(desk.actions, [{ do: 'retry', hosts: ['xen015'] }]);
  await page.waitForSelector('tr[data-key="xen015"][data-state="seen"]');
  t.is(await countShown(page), 0);
  t.deepEqual(problems, []);
});

test('a question that is asked again at once waits for its own answer', async (t) => {
  const { desk, page, server } = await open(t);
  await logIn(page, server);
  const retry = 'button[aria-label="Retry xen015"]';
  await page.evaluate(`document.querySelector(${JSON.stringify(retry)}).click()`);
  await page.waitForSelector('dialog[open]');
  // The event of the first answer comes after the second question is there.
  await page.evaluate(`document.querySelector('#question button:not(#question-yes)').click();
    document.querySelector(${JSON.stringify(retry)}).click()`);
  await page.waitForSelector('dialog[open]');
  t.deepEqual(desk.actions, []);
  await page.evaluate(`document.getElementById('question-yes').click()`);
  await page.waitForFunction(`document.getElementById('notice').textContent.includes('again')`);
  t.deepEqual(desk.actions, [{ do: 'retry', hosts: ['xen015'] }]);
});

test('what changes is seen at once, and takes neither focus nor what is typed nor what is open', async (t) => {
  const { desk, page, server, shoot } = await open(t);
  await logIn(page, server);
  await page.focus('tr[data-key="xen015"] summary');
  await page.keyboard.press('Enter');
  await page.type('tr[data-key="02:00:00:00:ea:60"] input', 'xen0');
  desk.change('xen005', { percent: 77, rate: 123e6 });
  desk.change('xen015', { attempt: 3, twins: 1 });
  desk.change('02:00:00:00:ea:60', { twins: 1 });
  desk.change('xen006', { state: 'armed', waitsFor: undefined });
  await page.waitForFunction(
    `document.querySelector('tr[data-key="xen005"]').textContent.includes('77 %')`,
  );
  t.regex(await textOf(page, 'tr[data-key="xen005"]'), /123\.0 MB\/s/);
  t.regex(await textOf(page, 'tr[data-key="xen015"]'), /same MAC address/);
  t.regex(await textOf(page, '.chip[data-filter="armed"]'), /21 armed/);
  t.is(await about(page, 'tr[data-key="xen015"] details', 'it.open'), true);
  const typed = 'tr[data-key="02:00:00:00:ea:60"] input';
  t.is(await about(page, typed, 'it.value'), 'xen0');
  t.is(await about(page, typed, "it.matches(':focus')"), true);
  await page.keyboard.type('06');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  t.is(await textOf(page, '#question-title'), 'Is 02:00:00:00:ea:60 the host xen006?');
  await shoot('naming');
  await tabTo(page, '#question-yes', 3);
  await page.keyboard.press('Enter');
  await page.waitForFunction(`!document.querySelector('tr[data-key="02:00:00:00:ea:60"]')`);
  t.deepEqual(desk.actions, [{ do: 'name', machine: '02:00:00:00:ea:60', host: 'xen006' }]);
});

test('a lost connection is said, and found again with what happened meanwhile', async (t) => {
  const { desk, directory, page, server, shoot } = await open(t, 20);
  await logIn(page, server);
  await server.close();
  await page.waitForSelector('[data-connection="lost"]');
  t.is(await textOf(page, '#connection'), 'connection lost, trying again');
  await shoot('lost');
  desk.change('xen003', { state: 'ready', waitsFor: undefined });
  const again = await serveWeb(directory, { desk, port: server.port });
  t.teardown(() => again.close());
  await page.waitForSelector('[data-connection="live"]');
  await page.waitForSelector('tr[data-key="xen003"][data-state="ready"]');
  t.pass();
});

test('a thousand hosts are filtered in a moment', async (t) => {
  const { page, server, shoot } = await open(t, 1000);
  await logIn(page, server);
  await shoot('thousand');
  const milliseconds = await page.evaluate(`(() => {
    const field = document.getElementById('f-text');
    field.value = 'pool07';
    const started = performance.now();
    field.dispatchEvent(new Event('input', { bubbles: true }));
    document.body.offsetHeight;
    return performance.now() - started;
  })()`);
  t.is(await countShown(page), 16);
  t.true(Number(milliseconds) < 500, `${String(milliseconds)} ms`);
});

// The district corrects an entry: a clerk opens it from the leaves, sees what would change and asks, a colleague signs, the
// station carries it out, and the member reads on whose word and on which evidence.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credited, signsIn, watches } from './member.mjs';
import { Office, PASSPHRASE } from './office.mjs';
import { Station, browser, DESK } from './station.mjs';

const shots = new URL('./shots/', import.meta.url).pathname;
const ROSTER = 'member_no,name,branch,pin\n0021,王德明,青石桥村第一支部,2468\n0033,赵新,青石桥村第一支部,1357\n';
const EVIDENCE = '手机借给 0033 用，见 2026 年签到本第 3 页';
const COLLEAGUE = '吴科长';

let station; let chrome; let office; let clerk; let colleague; let page; let earned;

async function signedIn(account) {
  const opened = await (await chrome.newContext(DESK)).newPage();
  await office.signIn(opened, account);
  return opened;
}

function press(of, button) {
  return Promise.all([of.waitForNavigation(), of.click(button)]);
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  chrome = await browser();
  station = await Station.start('[viewing]\ncommit_within_ms = 0\n[media]\nsettle_ms = 200\nprepare = "off"\n');
  const roster = join(station.folder, 'roster.csv');
  writeFileSync(roster, ROSTER);
  await station.command('member', 'import', roster);
  earned = await watches(await signsIn(chrome, station), station);
  office = await Office.open();
  await office.command(['account', COLLEAGUE, '--role', 'sign'], PASSPHRASE);
  await office.serve();
  await office.enrol(station);
  await office.command(['pull']);
  [clerk, colleague] = [await signedIn(), await signedIn(COLLEAGUE)];
});

after(async () => {
  await chrome?.close();
  office?.end();
  await station?.end();
});

test('from its leaf an entry is taken over, and the page says what would change', { timeout: 120_000 }, async () => {
  await clerk.goto(`${office.url}/stations`);
  await press(clerk, 'a[href^="/station?of="]');
  const of = new URL(clerk.url()).search;
  await clerk.goto(`${office.url}/leaves${of}&from=0`);
  // Each proof was a leaf of its own; the longest is taken.
  const spans = (await clerk.locator('.leaf-t').allTextContents()).map((text) => JSON.parse(text)).filter((leaf) => leaf.is.kind === 'span');
  const lengths = spans.map((leaf) => leaf.is.media.reduce((sum, [from, to]) => sum + to - from, 0));
  const longest = clerk.locator('.leaf a[href*="/station/rulings"]').nth(lengths.indexOf(Math.max(...lengths)));
  await Promise.all([clerk.waitForNavigation(), longest.click()]);
  page = `${office.url}/station/rulings${of}`;
  await clerk.fill('#to', '9999 9999');
  await press(clerk, 'button[value=look]');
  assert.equal(await clerk.locator('[role=alert]').count(), 1, 'no such number');
  await clerk.fill('#to', '0033');
  await press(clerk, 'button[value=look]');
  const changes = (await clerk.locator('#correct .tt').textContent()).replace(/\s+/g, ' ');
  assert.match(changes, /党员 0021 减 (\d+) 秒.*党员 0033 加 \1 秒/);
  for (const [width, height] of [[390, 844], [1920, 1080], [1366, 900]]) {
    await clerk.setViewportSize({ width, height });
    const beyond = await clerk.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beyond <= 0, `${beyond} px wider than ${width}`);
    await clerk.screenshot({ path: join(shots, `rulings-${width}.png`), fullPage: true });
  }
});

test('who asked does not sign; a colleague does', { timeout: 120_000 }, async () => {
  await clerk.fill('#why', EVIDENCE);
  await press(clerk, 'button[value=credit]');
  assert.match(await clerk.textContent('#all'), /第 \d+ 条记给党员 0033/);
  assert.equal(await clerk.locator('button[value=sign]').count(), 0);
  await colleague.goto(page);
  await colleague.screenshot({ path: join(shots, 'rulings-sign.png'), fullPage: true });
  await press(colleague, 'button[value=sign]');
});

test('the station carries it out, and the member reads why', { timeout: 120_000 }, async () => {
  for (;;) {
    await office.command(['pull']);
    await colleague.goto(page);
    if (/站点已照办，台账第 \d+ 条/.test(await colleague.textContent('#all'))) { break; }
  }
  const [his, theirs] = [await signsIn(chrome, station), await signsIn(chrome, station, '0033', '1357')];
  const moved = await credited(theirs, station);
  assert.ok(moved > 0 && moved <= earned, `${moved} of ${earned}`);
  assert.equal(await credited(his, station), earned - moved);
  const hours = await his.newPage();
  await hours.goto(`${station.url}/me`);
  assert.match(await hours.textContent('main'), new RegExp(`${EVIDENCE}（区县裁定`));
  await hours.screenshot({ path: join(shots, 'rulings-member.png'), fullPage: true });
});

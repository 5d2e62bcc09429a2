// A station loses its ledger, as people live through it: the desk says what happened and whom to call, somebody at the
// district signs on a page and gives a file, the operator compares the fingerprint that he hears and taps once, and the
// station is here again by itself, with the hours of before.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Station, browser, DESK, PHONE } from './station.mjs';
import { credited, signsIn, watches } from './member.mjs';
import { Office } from './office.mjs';
import { takesOffice } from './evenings.mjs';

const shots = new URL('./shots/', import.meta.url).pathname;
const WAIT = { timeout: 120_000 };
const ROSTER = 'member_no,name,branch,pin\n0021,王德明,青石桥村第一支部,2468\n';
let station; let chrome; let office;

async function importRoster() {
  const roster = join(station.folder, 'roster.csv');
  writeFileSync(roster, ROSTER);
  await station.command('member', 'import', roster);
}

// The same page on a phone, a PC and a large screen; nothing is wider than the window.
async function shoot(page, name) {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1920, height: 1080 }, DESK.viewport]) {
    await page.setViewportSize(viewport);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} is ${wide} px wider than ${viewport.width}`);
    await page.screenshot({ path: join(shots, `${name}-${viewport.width}.png`), fullPage: true });
  }
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  station = await Station.start('[viewing]\ncommit_within_ms = 0\n[media]\nsettle_ms = 300\nprepare = "off"\n');
  office = await Office.open();
  chrome = await browser();
});

after(async () => {
  await chrome?.close();
  office?.end();
  await station?.end();
});

test('a lost ledger begins anew with a permit that the district signed', { timeout: 400_000 }, async () => {
  await importRoster();
  await office.enrol(station);
  const before = await watches(await signsIn(chrome, station), station);
  await office.command(['pull']);
  await office.serve();

  // The disk was swapped: the keys are there, the ledger and its copies are not.
  await station.kill();
  const held = join(station.folder, 'data');
  for (const name of readdirSync(held)) {
    if (name.startsWith('ledger.db') || name === 'backup') { rmSync(join(held, name), { recursive: true }); }
  }
  await station.on();
  const desk = await (await chrome.newContext(DESK)).newPage();
  await takesOffice(desk, station);
  await shoot(desk, 'epoch-today');
  await desk.click('a[href="/desk/ledger"]');
  await desk.waitForSelector('text=台账停了');
  await desk.waitForSelector('#steps >> text=打电话告诉县里');
  await shoot(desk, 'epoch-halted');

  const clerk = await (await chrome.newContext({ ...DESK, acceptDownloads: true })).newPage();
  await office.signIn(clerk);
  await clerk.goto(`${office.url}/stations`);
  await clerk.click('a[href^="/station?of="]');
  await clerk.click('a[href^="/station/epoch?of="]');
  await shoot(clerk, 'epoch-sign');
  await clerk.click('form[action="/station/epoch"] button');
  await clerk.waitForSelector('.codebig');
  await shoot(clerk, 'epoch-signed');
  const spoken = await clerk.textContent('.codebig');
  const [file] = await Promise.all([clerk.waitForEvent('download', WAIT), clerk.click('a[href^="/station/epoch/permit"]')]);
  assert.equal(file.suggestedFilename(), 'yuanjiao-epoch.permit');
  const permit = readFileSync(await file.path());

  const show = async (buffer) => {
    await desk.setInputFiles('#permit-file', { name: 'yuanjiao-epoch.permit', mimeType: 'application/octet-stream', buffer });
    await desk.click('form:has(#permit-file) button');
  };
  await show(permit.subarray(0, permit.length - 3));
  await desk.waitForSelector('text=没有收全');
  await show(permit);
  await desk.waitForSelector('#offer');
  await desk.fill('#spoken', '0000 1111 2222 3333 4444');
  await desk.click('#offer button');
  await desk.waitForSelector('text=填的指纹和许可上的不一样');
  await shoot(desk, 'epoch-offer');
  await desk.fill('#spoken', spoken.toUpperCase());
  await desk.click('#offer button');
  await desk.waitForSelector('text=站点正在重新开始');
  await shoot(desk, 'epoch-begins');

  // The same process, once more from its beginning.
  for (;;) {
    const answer = await desk.request.get(`${station.url}/desk/ledger`).catch(() => null);
    const text = answer && answer.ok() ? await answer.text() : '';
    if (text.includes('~2')) { break; }
    assert.equal(station.process.exitCode, null, 'the station ended');
    await new Promise((later) => { setTimeout(later, 300); });
  }
  await desk.goto(`${station.url}/desk/ledger`);
  await desk.waitForSelector('text=台账完好');
  await desk.waitForSelector('#aside');
  await shoot(desk, 'epoch-after');
  await importRoster();
  const phone = await signsIn(chrome, station);
  assert.equal(await credited(phone, station), before, 'what was credited counts still');
  await office.command(['pull']);
  await clerk.goto(`${office.url}/alerts`);
  assert.ok(!(await clerk.textContent('main')).includes('台账'), 'nothing is wrong with the new log');
});

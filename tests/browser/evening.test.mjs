// One evening, as a person would spend it: import the roster on the desk, sign in on a phone, watch a film for real, lose
// power in the middle, answer the presence question, read "my hours"; then the district pulls and counts the same.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Station, browser, PHONE, DESK } from './station.mjs';

// The presence question after twenty seconds of play instead of ten minutes, so that an evening fits a test.
const POLICY_LINES = [[/presence_every_s = \d+/, 'presence_every_s = 20'], [/presence_jitter_s = \d+/, 'presence_jitter_s = 0'], [/name = "[^"]*"/, 'name = "evening-test"']];
const shots = new URL('./shots/', import.meta.url).pathname;

let station; let chrome; let path;

before(async () => {
  mkdirSync(shots, { recursive: true });
  let policy = readFileSync(new URL('../../config/policy.toml', import.meta.url), 'utf8');
  for (const [find, put] of POLICY_LINES) { policy = policy.replace(find, put); }
  path = join(tmpdir(), `policy-${process.pid}.toml`);
  writeFileSync(path, policy);
  station = await Station.start(`[station]\nname = "青石桥村远程教育站点"\nplace = "澄源县 松林镇"\n[wifi]\nname = "青石桥远教"\npassword = "12345678"\n[viewing]\nbeat_every_s = 5\ncommit_within_ms = 200\n[policy]\nfile = "${path}"\n`);
  chrome = await browser();
});

after(async () => {
  await chrome?.close();
  await station?.end();
  rmSync(path, { force: true });
});

async function shot(page, name) {
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

test('the operator sets a passphrase, imports the roster and sees the library', async () => {
  const page = await (await chrome.newContext(DESK)).newPage();
  await page.goto(`${station.url}/desk`);
  await shot(page, 'desk-first');
  await page.fill('#c', station.code);
  await page.fill('#p', '青石桥站点管理口令');
  await page.fill('#r', '青石桥站点管理口令');
  await page.click('button.btn-1');
  await page.waitForURL('**/desk');
  await shot(page, 'desk-today');
  await page.goto(`${station.url}/desk/import`);
  const roster = 'member_no,name,branch,role,status,migrant,pin\n0021,王德明,第一支部,党员,正式,否,2468\n0012,陈桂兰,第一支部,书记,正式,否,1357\n';
  await page.setInputFiles('#x', { name: 'roster.csv', mimeType: 'text/csv', buffer: Buffer.from(roster) });
  await page.click('form[enctype] button');
  await page.waitForSelector('text=会添 2 人');
  await shot(page, 'desk-import');
  await page.click('form[action="/desk/import/apply"] button');
  await page.waitForSelector('text=导入好了');
  await page.goto(`${station.url}/desk/members`);
  await page.waitForSelector('text=陈桂兰');
  await shot(page, 'desk-members');
  for (const title of ['油菜越冬五件事', '长征的几个数字', '三步看懂远教站']) { await station.item(title); }
  await page.goto(`${station.url}/desk/library`);
  await page.waitForSelector('text=油菜越冬五件事');
  await shot(page, 'desk-library');
  await page.goto(`${station.url}/desk/poster`);
  await shot(page, 'desk-poster');
  await page.goto(`${station.url}/desk/district`);
  await shot(page, 'desk-district');
});

test('a member watches through a power cut, and the district counts the same second', { timeout: 240_000 }, async () => {
  const context = await chrome.newContext(PHONE);
  const page = await context.newPage();
  const noise = [];
  page.on('pageerror', (error) => noise.push(String(error)));

  await page.goto(`${station.url}/`);
  await shot(page, 'home-guest');
  await page.goto(`${station.url}/signin`);
  await page.fill('#m', '0021');
  await page.fill('#p', '0000');
  await page.click('button.btn-1');
  await page.waitForSelector('text=还可以试 4 次');
  await shot(page, 'signin-wrong');
  await page.fill('#m', '0021');
  await page.fill('#p', '2468');
  await page.click('button.btn-1');
  await page.waitForSelector('text=王德明');
  await shot(page, 'home');

  await page.click('text=油菜越冬五件事');
  await page.waitForSelector('#film');
  await page.click('#toggle');
  await page.waitForFunction(() => document.getElementById('film').currentTime > 8);
  await page.waitForFunction(() => document.getElementById('pending').textContent !== '0:00', null, { timeout: 30_000 });
  await shot(page, 'item');

  // The plug is pulled and put back; the page goes on by itself.
  await station.kill();
  await station.on();
  await page.waitForFunction(() => document.getElementById('credited').textContent !== '0:00', null, { timeout: 60_000 });

  // The question comes after twenty seconds of play.
  await page.waitForSelector('#veil:not(.hidden)', { timeout: 60_000 });
  await page.waitForSelector('#ask-y:focus');
  await page.screenshot({ path: join(shots, 'question.png') });
  const before = await page.textContent('#credited');
  await page.click('#ask-y');
  await page.waitForFunction((text) => document.getElementById('credited').textContent !== text, before, { timeout: 20_000 });

  // To the end of the film, and the last question.
  await page.waitForFunction(() => document.getElementById('film').ended, null, { timeout: 120_000 });
  await page.waitForSelector('#veil:not(.hidden)', { timeout: 20_000 });
  await page.click('#ask-y');
  await page.waitForFunction(() => document.getElementById('pending').textContent === '0:00', null, { timeout: 20_000 });

  await page.goto(`${station.url}/me`);
  const seconds = Number(await page.getAttribute('#total-time', 'data-seconds'));
  await shot(page, 'me');
  assert.ok(seconds >= 40 && seconds <= 63, `${seconds} s of a film of 63 s`);

  const code = (await station.command('enrol-code')).trim();
  await station.district('enrol', station.url, '--code', code);
  const pulled = await station.district('pull');
  assert.match(pulled, /cosigned/);
  const report = await station.district('report');
  const line = report.split('\n').find((text) => text.startsWith('0021'));
  assert.equal(Number(line.split('\t')[4]), seconds, report);
  assert.match(await station.command('ledger', 'verify'), /checkpoints fit/);
  assert.deepEqual(noise, []);
});

test('every page speaks English as well, and a lost page says what to do', async () => {
  const page = await (await chrome.newContext({ ...PHONE, locale: 'en-US' })).newPage();
  await page.goto(`${station.url}/`);
  await page.waitForSelector('text=Pick something and watch');
  await shot(page, 'home-en');
  const lost = await page.goto(`${station.url}/items/00000000000000000000000000000000`);
  assert.equal(lost.status(), 404);
  await page.waitForSelector('text=There is no such page');
  await shot(page, 'error-en');
});

// A clerk's morning at the district: sign in, enrol two stations, see them arrive, open a figure of the annual report down
// to its leaves, type in what nobody can measure, acknowledge an alert, and look at every page on a PC and on a phone.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signsIn, watches } from './member.mjs';
import { CLERK, Office } from './office.mjs';
import { Station, browser, DESK, PHONE } from './station.mjs';

const shots = new URL('./shots/', import.meta.url).pathname;
const WAIT = { timeout: 120000 };
const REPORTS = ['annual', 'townships', 'stations', 'branches', 'members', 'activity', 'films', 'twice', 'migrants', 'migrant-members'];
const ROSTER = `member_no,name,branch,role,status,migrant,pin
0021,王德明,青石桥村第一支部,党员,正式,流出,2468
0012,陈桂兰,青石桥村第一支部,书记,正式,否,1357
`;

let stations; let chrome; let clerk; let office;

// A span counts from its first second on, so that nobody waits two minutes.
function settings(folder) {
  const policy = readFileSync(new URL('../../config/policy.toml', import.meta.url), 'utf8').replace('min_seconds = 120', 'min_seconds = 1');
  const file = join(folder, 'policy.toml');
  writeFileSync(file, policy);
  return `[district]\nname = "澄源县党员远程教育"\nplace = "县委组织部远教中心"\n[policy]\nfile = "${file}"\n`;
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  chrome = await browser();
  stations = [
    await Station.start('[station]\nname = "青石桥村远程教育站点"\nplace = "松林镇"\n[media]\nsettle_ms = 200\n[viewing]\ncommit_within_ms = 0\n'),
    await Station.start('[station]\nname = "后坪村远程教育站点"\nplace = "后坪乡"\n[media]\nsettle_ms = 200\n[viewing]\ncommit_within_ms = 0\n'),
  ];
  for (const station of stations) {
    writeFileSync(join(station.folder, 'roster.csv'), ROSTER);
    await station.command('member', 'import', join(station.folder, 'roster.csv'));
    const phone = await signsIn(chrome, station);
    await watches(phone, station);
    await phone.close();
  }
  office = await Office.open(settings);
  await office.serve();
  clerk = await (await chrome.newContext(DESK)).newPage();
});

after(async () => {
  await chrome?.close();
  for (const station of stations ?? []) { await station.end(); }
  office?.end();
});

async function shot(name) {
  await clerk.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

// No page may be wider than its window.
async function fits(name) {
  const [wide, window] = await clerk.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= window, `${name} is ${wide} px wide in a window of ${window}`);
}

test('nobody sees anything before signing in', async () => {
  await clerk.goto(`${office.url}/annual`);
  assert.equal(new URL(clerk.url()).pathname, '/signin');
  await clerk.fill('#a', CLERK);
  await clerk.fill('#p', 'wrong passphrase');
  await clerk.click('button.btn-1');
  await clerk.waitForSelector('[role=alert]', WAIT);
  await shot('district-signin');
  await office.signIn(clerk);
  assert.match(await clerk.textContent('h1'), /还没有登记站点/);
});

test('two stations are enrolled with the codes that are read out, and arrive by themselves', async () => {
  for (const station of stations) {
    const code = (await station.command('enrol-code')).trim();
    await clerk.goto(`${office.url}/stations`);
    await clerk.fill('#u', station.url.replace('http://', ''));
    await clerk.fill('#c', code);
    await Promise.all([clerk.waitForNavigation(), clerk.click('#enrol button')]);
    for (;;) {
      await clerk.reload();
      if ((await clerk.content()).includes('接得上，已会签')) { break; }
      await clerk.waitForTimeout(300);
    }
  }
  await clerk.goto(office.url);
  assert.match(await clerk.textContent('h1'), /2 个站点，2 个一周内取到了日志，0 个没有消息，0 个要核实/);
  assert.equal(await clerk.locator('.seats a').count(), 2);
  assert.deepEqual(await clerk.locator('.seatt tbody th').allTextContents(), ['后坪乡', '松林镇'], 'townships as the stations say');
});

test('a figure of the annual report opens down to the leaves that it was counted from', async () => {
  await clerk.click('nav a[href="/annual"]');
  await clerk.waitForSelector('.blank', WAIT);
  const row = clerk.locator('tr', { hasText: '流动党员' });
  assert.match(await row.textContent(), /流动党员\s*2\s*1/);
  assert.match(await clerk.inputValue('#copy'), /^截至\d{4}年\d+月\d+日，下级基层党组织1个，党员2人，远程教育站点2个。培训2人次、1人/);
  await Promise.all([clerk.waitForNavigation(), row.locator('a').first().click()]);
  assert.match(await clerk.textContent('h1'), /流动党员，.*2 人次，1 人/);
  await shot('district-sessions');
  await Promise.all([clerk.waitForNavigation(), clerk.locator('a[href^="/leaves"]').first().click()]);
  const leaves = (await clerk.locator('.leaf-t').allTextContents()).map((text) => JSON.parse(text).is.kind);
  assert.deepEqual([leaves[0], leaves.includes('span')], ['open', true]);
  await shot('district-leaves');
});

test('what nobody can measure is typed in and kept apart', async () => {
  await clerk.goto(`${office.url}/annual`);
  assert.match(await clerk.textContent('h1'), /4 个空要人工补/);
  await clerk.fill('#funds', '12.5');
  await Promise.all([clerk.waitForNavigation(), clerk.click('form[action="/annual"][method=post] button')]);
  assert.match(await clerk.textContent('h1'), /3 个空要人工补/);
  const table = await clerk.evaluate(() => fetch('/reports/annual.csv').then((answer) => answer.text()));
  assert.match(table, /全年经费（万元）,12\.5,,人工填写/);
});

test('a silent station is called, and a person says why', async () => {
  await stations[1].kill();
  await clerk.goto(office.url);
  await Promise.all([clerk.waitForNavigation(), clerk.locator('.seats a').first().click()]);
  await Promise.all([clerk.waitForNavigation(), clerk.click('text=现在去取')]);
  for (;;) {
    await clerk.reload();
    if ((await clerk.content()).includes('连不上')) { break; }
    await clerk.waitForTimeout(300);
  }
  await clerk.fill('#m', '停电改线，12月1日恢复');
  await Promise.all([clerk.waitForNavigation(), clerk.click('text=保存')]);
  assert.equal(await clerk.inputValue('#m'), '停电改线，12月1日恢复');
});

for (const [size, viewport] of [['1366', DESK.viewport], ['1920', { width: 1920, height: 1080 }], ['390', PHONE.viewport]]) {
  test(`every page fits a window of ${size}`, async () => {
    await clerk.setViewportSize(viewport);
    const reports = ['', ...REPORTS.map((code) => `/${code}`)].map((code) => `/reports${code}`);
    for (const path of ['/', '/stations', '/alerts', '/annual', '/annual/branches', '/annual/sessions', '/accounts', '/down', ...reports]) {
      const answer = await clerk.goto(office.url + path);
      assert.equal(answer.status(), 200, path);
      await fits(path);
      await shot(`district-${size}${path.replaceAll('/', '-')}`);
    }
    await clerk.goto(office.url);
    await clerk.locator('.seats a').first().click();
    await clerk.waitForSelector('.crumb', WAIT);
    await fits('station');
    await shot(`district-${size}-station`);
  });
}

test('in English, too, every page fits a phone', async () => {
  const other = () => Promise.all([clerk.waitForNavigation(), clerk.click('button[name=lang]')]);
  await clerk.goto(office.url);
  await other();
  for (const path of ['/', '/stations', '/alerts', '/annual', '/reports', '/down', '/accounts']) {
    await clerk.goto(office.url + path);
    assert.equal(await clerk.getAttribute('html', 'lang'), 'en');
    await fits(`${path} in English`);
    await shot(`district-390-en${path.replaceAll('/', '-')}`);
  }
  await other();
});

test('the report prints on one sheet of A4', async () => {
  await clerk.setViewportSize(DESK.viewport);
  await clerk.goto(`${office.url}/annual/print`);
  await shot('district-print');
  const pdf = (await clerk.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
  assert.equal(pdf.match(/\/Type \/Page\b(?!s)/g).length, 1);
});

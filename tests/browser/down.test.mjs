// What the district sends down, as people see it: the clerk writes a notice, a roster with a wrong line and one without,
// and signs; the station's home, television and desk show it, and the operator puts back what he had written.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takesOffice } from './evenings.mjs';
import { Office } from './office.mjs';
import { Station, browser, DESK, PHONE } from './station.mjs';

const shots = new URL('./shots/', import.meta.url).pathname;
const WAIT = { timeout: 120000 };
const HEAD = '编号,姓名,党支部,身份类别,类别,流动\n';

let station; let chrome; let clerk; let desk; let office;

before(async () => {
  mkdirSync(shots, { recursive: true });
  chrome = await browser();
  station = await Station.start('[station]\nname = "青石桥村远程教育站点"\nplace = "松林镇"\n[media]\nsettle_ms = 200\n');
  writeFileSync(join(station.folder, 'roster.csv'), `${HEAD}0021,王德明,青石桥村第一支部,党员,正式,否\n0012,陈桂兰,青石桥村第一支部,书记,正式,否\n`);
  await station.command('member', 'import', join(station.folder, 'roster.csv'));
  office = await Office.open();
  await office.serve();
  await office.enrol(station);
  clerk = await (await chrome.newContext(DESK)).newPage();
  desk = await (await chrome.newContext(DESK)).newPage();
  await office.signIn(clerk);
  await takesOffice(desk, station);
});

after(async () => {
  await chrome?.close();
  await station?.end();
  office?.end();
});

// At both widths, and never wider than the window.
async function looked(page, name) {
  for (const [width, height] of [[390, 844], [1366, 900]]) {
    await page.setViewportSize({ width, height });
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= window, `${name} is ${wide} px wide in a window of ${window}`);
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
}

// Until the page that is asked for again says it.
async function until(page, address, sentence) {
  for (;;) {
    await page.goto(address);
    if ((await page.content()).includes(sentence)) { return; }
    await page.waitForTimeout(300);
  }
}

test('a notice is signed, and stands on home, desk and television', async () => {
  await clerk.goto(`${office.url}/down`);
  await clerk.fill('#title', '冬季轮训的安排');
  await clerk.fill('#text', '12月15日前，每个支部集中收看两场。请管理员把会议室的投影提前试一遍。');
  await clerk.fill('#until', '2099-12-31');
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn-1')]);
  await until(clerk, `${office.url}/down`, '收到</p>');
  await looked(clerk, 'district-down-notices');
  const phone = await (await chrome.newContext(PHONE)).newPage();
  await phone.goto(station.url);
  assert.match(await phone.textContent('#notices'), /县里的通知[^]*冬季轮训的安排/);
  await looked(phone, 'down-home');
  await desk.goto(`${station.url}/desk`);
  assert.match(await desk.textContent('#notices'), /冬季轮训的安排/);
  await looked(desk, 'down-desk');
});

test('a roster with a wrong line names it; one without goes out, and the desk says what gave way', async () => {
  await clerk.goto(`${office.url}/down?kind=roster`);
  await clerk.fill('#sheet', `${HEAD}0021,王德明,青石桥村第一支部,队长,正式,否\n`);
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn-1')]);
  assert.match(await clerk.textContent('#preview'), /第 2 行[^]*身份“队长”不认识/);
  await looked(clerk, 'district-down-faults');
  await clerk.fill('#sheet', `${HEAD}0021,王德明,青石桥村第一支部,委员,正式,流出\n0033,赵新,青石桥村第一支部,新党员,预备,否\n`);
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn')]);
  assert.match(await clerk.textContent('#preview'), /共 2 条：新增 2，改动 0，去掉 0/);
  await looked(clerk, 'district-down-preview');
  await Promise.all([clerk.waitForNavigation(), clerk.click('#preview .btn-1')]);
  await until(desk, `${station.url}/desk/district`, '王德明');
  assert.match(await desk.textContent('#roster'), /本站原来：身份 党员，流动 否[^]*县里：身份 委员，流动 流出/);
  assert.match(await desk.textContent('#down'), /花名册/);
  await looked(desk, 'down-desk-district');
  await desk.goto(`${station.url}/desk`);
  assert.match(await desk.textContent('.do'), /县里的花名册改了本站写的 1 个人/);
  await desk.goto(`${station.url}/desk/district`);
  await Promise.all([desk.waitForNavigation(), desk.click('#roster button[value=back]')]);
  assert.match(await desk.textContent('#differs'), /王德明[^]*本站：身份 党员[^]*县里：身份 委员/);
  await desk.goto(`${station.url}/desk/members/0021`);
  assert.match(await desk.textContent('main'), /县里的花名册里有这个人/);
  await looked(desk, 'down-member');
  await desk.goto(`${station.url}/desk/members`);
  assert.match(await desk.textContent('table'), /赵新/);
});

test('a programme and a list are written by title, and a title that nobody has is named', async () => {
  const film = await station.item('长征的几个数字');
  await clerk.goto(`${office.url}/down?kind=plan`);
  await clerk.fill('#sheet', '日期,时间,课件,地点\n2035-12-03,19:30,没有这部片子,会议室\n');
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn-1')]);
  assert.match(await clerk.textContent('#preview'), /第 2 行[^]*没有站点报过叫“没有这部片子”的课件/);
  await clerk.fill('#sheet', `日期,时间,课件,地点\n2035-12-03,19:30,${film.id},会议室\n`);
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn')]);
  await Promise.all([clerk.waitForNavigation(), clerk.click('#preview .btn-1')]);
  await looked(clerk, 'district-down-plan');
  await until(desk, `${station.url}/desk/plan?month=2035-12`, '县里');
  await looked(desk, 'down-desk-plan');
});

test('a workbook of Calc is read with its own lines, and one that cannot be taken leaves what holds now', async () => {
  const book = (name) => new URL(`../cases/down/${name}.xlsx`, import.meta.url).pathname;
  await clerk.goto(`${office.url}/down?kind=plan`);
  const holds = await clerk.inputValue('#sheet');
  await clerk.setInputFiles('#file', book('calc-plan-spoilt'));
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn-1')]);
  assert.match(await clerk.textContent('#preview'), /第 4 行[^]*“课件”里的内容被 Excel 当成了日期或时间 2026-03-05[^]*第 5 行[^]*公式没有算出结果[^]*第 6 行/);
  assert.equal(await clerk.inputValue('#sheet'), holds);
  await looked(clerk, 'district-down-workbook');
  await clerk.setInputFiles('#file', book('calc-plan'));
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn')]);
  assert.match(await clerk.textContent('#preview'), /第 4 行[^]*没有站点报过叫“春耕”的课件/);
  assert.match(await clerk.inputValue('#sheet'), /^日期,时间,课件,党支部,对象,地点\n2026-12-03,09:05,《春耕》/);
  await clerk.setInputFiles('#file', book('calc-plan-by-id'));
  await Promise.all([clerk.waitForNavigation(), clerk.click('main .c7 .btn')]);
  assert.match(await clerk.textContent('#preview'), /2035-12-05 14:30 《防汛抢险三件事》 村委会/);
  await Promise.all([clerk.waitForNavigation(), clerk.click('#preview .btn-1')]);
  await until(desk, `${station.url}/desk/plan?month=2035-12`, '防汛抢险三件事');
  const said = await office.command(['down', 'approved', book('calc-approved-by-id')]);
  assert.match(said, /1 entries go to all/);
  await clerk.goto(`${office.url}/down?kind=approved`);
  assert.match(await clerk.inputValue('#sheet'), /5f0e2c7a9b1d4836a7c05e91d2b3f486 防汛抢险三件事,2035-12-01/);
  await assert.rejects(office.command(['down', 'plan', book('calc-plan-spoilt')]), /第 5 行：“课件”里的公式没有算出结果/);
});

test('the lobby of the television shows the notice', async () => {
  const tv = await (await chrome.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })).newPage();
  await tv.goto(`${station.url}/tv`);
  await desk.goto(`${station.url}/desk/live`);
  await desk.fill('#code', (await tv.textContent('.code')).trim());
  await desk.fill('#name', '会议室电视');
  await desk.click('button[value="let_in"]');
  await desk.waitForSelector('.tick-row >> text=会议室电视', WAIT);
  await tv.waitForSelector('.tile', WAIT);
  await Promise.all([tv.waitForNavigation(WAIT), tv.click('.tile')]);
  await tv.waitForSelector('#code', WAIT);
  assert.match(await tv.textContent('.lobby-n'), /县里的通知[^]*冬季轮训的安排/);
  await tv.screenshot({ path: join(shots, 'down-lobby.png') });
});

// An evening from the programme: planned on the desk, hung on the wall, begun with one OK. A visitor checks in, one comes
// late, one goes early, there is a break, the Wi-Fi is away for a while, the screen dies and the evening goes on before
// another one, people rate and answer questions; and the television, the desk, "my hours", the ledger and the district
// have the same figures. Then two screens show two films at once.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { steer, PHONE } from './station.mjs';
import { Evening, shots } from './evenings.mjs';

// No check comes by chance: the break and the end ask.
const numbers = { check_every_s: 7200, check_jitter_s: 0, min_seconds: 5 };
const TV = { viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' };
const FILM = '油菜越冬五件事';
const ROSTER = `member_no,name,branch,role,status,migrant,pin
0021,王德明,第一支部,党员,正式,否,2468
0012,陈桂兰,第一支部,书记,正式,否,1357
0008,孙长河,第一支部,党员,正式,否,
0033,李小军,第二支部,党员,正式,否,9080
0029,赵玉珍,第一支部,党员,正式,否,3344
0030,王芳,第一支部,党员,正式,否,1122
0031,王芳,第一支部,党员,正式,否,2211
`;

let evening; let station; let desk; let tv; let other; const phones = {};

before(async () => {
  evening = await Evening.at({ name: 'plan-test', numbers, roster: ROSTER });
  ({ station, desk } = evening);
});

after(() => evening?.end());

const open = (options) => evening.open(options);
const shot = (page, name, fullPage = false) => evening.shot(page, name, fullPage);
const code = () => evening.code(tv);
const types = (phone) => evening.checkIn(phone, {}, tv);
const signsIn = (member, pin) => evening.comes(member, pin, tv);
const letIn = (page, name) => evening.letIn(page, name);

async function menu() {
  await tv.keyboard.press('ArrowDown');
  await tv.waitForSelector('#menu:not(.hidden)');
}

const runs = (from) => tv.waitForFunction((at) => document.getElementById('film').currentTime > at, from);

test('the operator plans the month, and prints it for the wall', { timeout: 180_000 }, async () => {
  const item = await station.item(FILM);
  const note = `[[quiz]]\nquestion = "冬前要不要浇防冻水？"\nanswer = true\n\n[[quiz]]\nquestion = "越冬要做哪些事？"\nchoices = ["中耕培土", "防治蚜虫", "停止施肥"]\nanswer = [1, 2]\n\n[[quiz]]\nquestion = "几月中耕？"\nchoices = ["九月", "十一月", "三月"]\nanswer = 2\n`;
  writeFileSync(join(station.folder, 'media', item.file.replace(/\.[^.]+$/, '.toml')), note);
  await desk.goto(`${station.url}/desk/plan/new?item=${item.id}`);
  await desk.fill('#place', '村委会二楼会议室');
  await desk.fill('#chair', '陈桂兰');
  await desk.fill('#time', '23:58');
  await desk.check('input[name="branch"][value="第一支部"]');
  await desk.click('button[value="save"]');
  await desk.waitForSelector('.plan >> text=村委会二楼会议室');
  await shot(desk, 'desk-plan', true);
  await desk.click('text=打印贴墙上');
  await desk.waitForSelector('.notice >> text=村委会二楼会议室');
  await desk.pdf({ path: join(shots, 'notice.pdf'), format: 'A4', preferCSSPageSize: true });
  const guest = await open(PHONE);
  await guest.goto(station.url);
  await guest.waitForSelector(`.tonight >> text=${FILM}`);
  await guest.waitForSelector('#month >> text=村委会二楼会议室');
});

test('one OK begins what is planned; a visitor, a namesake and a latecomer check in', { timeout: 300_000 }, async () => {
  tv = await open(TV);
  await letIn(tv, '会议室电视');
  await tv.waitForSelector(`.tonightbox >> text=${FILM}`);
  await shot(tv, 'tv-tonight');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('.lobby-q img');
  await tv.waitForSelector('text=应到 6 人');
  phones.wang = await signsIn('王德明', '2468');
  await phones.wang.waitForSelector('text=签到成功');
  phones.fang = await signsIn('王芳', '1122');
  await phones.fang.waitForSelector('text=有 2 位同志都叫王芳');
  await phones.fang.fill('#m', '0030');
  await phones.fang.fill('#p', '1122');
  await phones.fang.fill('#c', await code());
  await phones.fang.click('form[action="/checkin"] button');
  await phones.fang.waitForSelector('text=签到成功');
  phones.liu = await open(PHONE);
  await phones.liu.goto(`${station.url}/checkin`);
  await phones.liu.click('summary');
  await phones.liu.fill('#vm', '4711');
  await phones.liu.fill('#vn', '刘明');
  await phones.liu.fill('#vb', '后坪村支部');
  await phones.liu.fill('#vs', '0042');
  await phones.liu.fill('#vc', await code());
  await phones.liu.click('details form button');
  await phones.liu.waitForSelector('text=签到成功');
  await tv.waitForSelector('#names >> text=刘明');
  await desk.goto(`${station.url}/desk/live?q=sch`);
  await desk.fill('input[name="text"][id^="x"]', '住院');
  await desk.click('button[value="excuse:0008"]');
  await desk.goto(`${station.url}/desk/live`);
  await desk.waitForSelector('text=请假 住院');
  await desk.waitForSelector('text=外站，后坪村支部');
  await shot(desk, 'desk-live-plan', true);
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('#film');
  // Two beats of five seconds: what was shown before she came has reached the station.
  await runs(11);
  phones.chen = await signsIn('0012', '1357');
  await phones.chen.waitForSelector('text=从现在起计学时');
});

test('Back opens the menu and closes it again, whatever the set calls the key', { timeout: 120_000 }, async () => {
  for (const [keyCode, name] of [[461, 'webOS'], [10009, 'Tizen'], [27, 'Escape'], [8, 'Backspace']]) {
    const press = () => tv.evaluate((number) => {
      const event = new Event('keydown', { bubbles: true, cancelable: true });
      event.keyCode = number;
      document.dispatchEvent(event);
    }, keyCode);
    await press();
    await tv.waitForSelector('#menu:not(.hidden)');
    assert.ok(await tv.evaluate(() => document.getElementById('film').paused), name);
    await press();
    await tv.waitForFunction(() => !document.getElementById('film').paused);
  }
});

test('one goes early and keeps what he saw; a break asks the others', { timeout: 180_000 }, async () => {
  await runs(14);
  await phones.fang.goto(`${station.url}/checkin`);
  await types(phones.fang);
  await phones.fang.click('summary');
  await phones.fang.fill('#o', await code());
  await phones.fang.click('form[action="/checkin/out"] button');
  await phones.fang.waitForSelector('text=离场');
  await menu();
  await steer(tv, '#rest');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('[data-stage="break"]');
  for (const phone of [phones.wang, phones.chen, phones.liu]) {
    await types(phone);
    await phone.waitForSelector('text=刚才这一段记入学时');
  }
  await tv.waitForFunction(() => document.getElementById('passed').textContent === '3');
  await shot(tv, 'tv-break');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('#film');
  await runs(17);
});

test('without Wi-Fi the film goes on from memory, and what was played arrives later', { timeout: 180_000 }, async () => {
  const before = await tv.evaluate(() => document.getElementById('film').currentTime);
  await tv.context().setOffline(true);
  await tv.waitForSelector('#offline:not(.hidden)');
  await shot(tv, 'tv-offline');
  await tv.context().setOffline(false);
  await tv.waitForSelector('#offline.hidden', { state: 'attached' });
  await runs(before + 3);
});

test('the screen dies, and the evening goes on before another one', { timeout: 240_000 }, async () => {
  const at = await tv.evaluate(() => document.getElementById('film').currentTime);
  await menu();
  await tv.context().close();
  const second = await open(TV);
  await letIn(second, '小会议室');
  tv = second;
  await desk.goto(`${station.url}/desk/live`);
  await desk.waitForSelector('text=这块屏坏了');
  await desk.click('button[value="move"]');
  await tv.waitForSelector('#film');
  await runs(Math.max(1, at - 7));
  await runs(at + 2);
});

test('stars, questions as proof, and one figure everywhere', { timeout: 300_000 }, async () => {
  await menu();
  await steer(tv, '#finish');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('[data-stage="ending"]');
  await steer(tv, 'form[action="/tv/discuss"] button');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('[data-stage="ending"]');
  await types(phones.wang);
  await phones.wang.waitForSelector('text=全程都确认了');
  await phones.wang.click('text=打个分');
  await phones.wang.click('.star-row button:nth-child(4)');
  await phones.wang.waitForSelector('text=记下了');
  await types(phones.liu);
  await phones.liu.waitForSelector('text=全程都确认了');
  // She answers the questions instead of typing the code.
  const id = phones.wang.url().match(/evening\/([0-9a-f]+)/)[1];
  await phones.chen.goto(`${station.url}/evening/${id}`);
  await phones.chen.click('text=答几道题');
  await phones.chen.check('input[name="q0"][value="0"]');
  await phones.chen.check('input[name="q1"][value="0"]');
  await phones.chen.check('input[name="q1"][value="1"]');
  await phones.chen.check('input[name="q2"][value="2"]');
  await phones.chen.click('button.btn-1');
  await phones.chen.waitForSelector('text=3 道题，答对 2 道');
  await phones.chen.waitForSelector('text=答题也算在场确认');
  await tv.waitForFunction(() => document.getElementById('passed').textContent === '3');
  await steer(tv, '#go');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('[data-stage="done"]');
  await shot(tv, 'tv-done');
  const shown = await tv.$$eval('.figs dd', (all) => all.map((e) => e.textContent));
  assert.deepEqual(shown.slice(0, 5), ['6', '4', '1', '50%', '3'], 'expected, came, excused, and of the expected three');

  await desk.goto(`${station.url}/desk/plan`);
  await desk.waitForSelector('.plan >> text=到场 4 / 6');
  await desk.waitForSelector('text=4.0 分，1 人');
  await desk.click('.plan a.tag');
  await desk.waitForSelector('article.a4');
  const sheet = await desk.textContent('article.a4');
  assert.ok(sheet.includes('第 1 号') && sheet.includes('23:58'), 'the record names the plan');
  assert.ok(sheet.includes('4.0 分') && sheet.includes('1 人答题，3 道里答对 2 道'), 'what was liked and answered');
  assert.ok(sheet.includes('陈桂兰') && sheet.includes('村委会二楼会议室'));
  assert.ok(sheet.includes('到场 4（其中应到的 3）'), 'who is counted in the rate is said');
  await desk.fill('#operator', '孙明亮');
  await desk.click('#remarks button');
  await desk.waitForSelector('article.a4 >> text=孙明亮');
  assert.ok(sheet.includes('刘明') && sheet.includes('外站 后坪村支部 到 1'), 'the visitor, by name and branch');

  const credited = async (phone) => (await (await phone.request.get(`${station.url}/api/me`)).json()).items.reduce((sum, item) => sum + item.credited_ms, 0);
  const [wang, chen, fang] = [await credited(phones.wang), await credited(phones.chen), await credited(phones.fang)];
  assert.ok(wang > chen && chen > 0, `${wang} ${chen}: she came late`);
  assert.ok(fang > 0 && fang < wang, `${fang} ${wang}: she went early`);
  await phones.wang.goto(`${station.url}/me`);
  assert.deepEqual(await phones.wang.locator('.gr').allTextContents(), ['B'], 'what an evening gave is grade B');
  const word = (await station.command('enrol-code')).match(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/)[0];
  await station.district('enrol', station.url, '--code', word);
  assert.doesNotMatch(await station.district('pull'), /ROLLBACK|FORK|NotAttended/);
  await station.district('report', '--csv', join(station.folder, 'figures'));
  const csv = readFileSync(join(station.folder, 'figures', `hours-${new Date().getFullYear()}.csv`), 'utf8');
  const seconds = (member) => csv.split('\r\n').find((line) => line.split(',')[1] === member)?.split(',')[7];
  assert.equal(seconds('0021'), String(Math.floor(wang / 1000)), csv);
  assert.equal(seconds('0012'), String(Math.floor(chen / 1000)));
  assert.equal(seconds('0030'), String(Math.floor(fang / 1000)));
  assert.equal(seconds('4711'), seconds('0021'), 'the visitor is credited under his own number');
  // He has no PIN here; the phone that brought his number shows him what he attended, and what does not count.
  await phones.liu.goto(`${station.url}/me`);
  assert.equal(await phones.liu.getAttribute('#total-time', 'data-seconds'), seconds('4711'));
  await phones.liu.waitForSelector('text=一个人看的不记学时');
  // What he has to say is heard, too: in words, and by a wish.
  await phones.liu.click('#feedback label:has(input[value="wish"]) span');
  await phones.liu.fill('#say', '想看柑橘保鲜的片子');
  await phones.liu.click('#feedback button');
  await phones.liu.waitForSelector('.said >> text=想看柑橘保鲜的片子');
  await shot(phones.liu, 'me-visiting', true);
  const item = await station.item(FILM);
  await phones.liu.goto(`${station.url}/items/${item.id}`);
  await phones.liu.click('#liking .star-row button[value="5"]');
  await phones.liu.click('#liking button:has-text("想一起看")');
  await phones.liu.waitForSelector('text=已点“想一起看”');
  assert.equal(await phones.liu.locator('#liking a').count(), 0, 'questions answered alone prove a session, which he has not');
  await desk.goto(`${station.url}/desk/books/f2`);
  assert.match(await desk.textContent('article.a4'), /刘明[^]*想看柑橘保鲜的片子/);
  await desk.goto(`${station.url}/desk/plan`);
  await desk.waitForSelector('text=4.5 分，2 人');
});

test('who studies alone may answer the questions instead of tapping', { timeout: 240_000 }, async () => {
  const wang = phones.wang;
  const item = await station.item(FILM);
  const credited = async () => (await (await wang.request.get(`${station.url}/api/me`)).json()).items.reduce((sum, one) => sum + one.credited_ms, 0);
  const before = await credited();
  await wang.goto(`${station.url}/items/${item.id}`);
  await wang.click('#liking button:has-text("想一起看")');
  await wang.waitForSelector('text=已点“想一起看”');
  await wang.screenshot({ path: join(shots, 'item-liking.png'), fullPage: true });
  await wang.evaluate(() => { document.getElementById('film').currentTime = 36; });
  await wang.click('#toggle');
  await wang.waitForFunction(() => document.getElementById('film').currentTime > 48);
  const page = await wang.context().newPage();
  await page.goto(`${station.url}/items/${item.id}/quiz`);
  await page.check('input[name="q0"][value="0"]');
  await page.check('input[name="q2"][value="1"]');
  await page.click('button.btn-1');
  await page.waitForSelector('text=答题也算在场确认');
  assert.ok(await credited() > before + 5_000, 'what waited in his session counts now');
  await page.close();
  await wang.click('#toggle');
  await desk.goto(`${station.url}/desk/plan`);
  await desk.waitForSelector('text=2 人想看');
});

test('on the second television a film is found by initials and by class, with the keys of the remote control', { timeout: 180_000 }, async () => {
  other = await open(TV);
  await letIn(other, '大厅');
  await steer(other, '.tv-nav a[href="/tv?find="]');
  await other.keyboard.press('Enter');
  await other.waitForSelector('.tv-pad');
  await shot(other, 'tv-find');
  for (const [letter, typed] of [['y', 'y'], ['c', 'yc'], ['z', 'ycz']]) {
    await steer(other, `.tv-pad a[href$="=${typed}"]`);
    await other.keyboard.press('Enter');
    await other.waitForSelector(`.tv-pad a[href$="=${typed}a"]`);
    // The next letter starts from this one, not from the films above.
    assert.equal(await other.evaluate(() => document.activeElement.textContent), letter);
  }
  await other.waitForSelector('text=没有找到，换几个首字母');
  await shot(other, 'tv-find-none');
  await steer(other, '.tv-pad a[href="/tv?find=yc"]');
  await other.keyboard.press('Enter');
  await other.waitForSelector(`.tile >> text=${FILM}`);
  await shot(other, 'tv-found');
  await other.keyboard.press('Escape');
  await other.waitForSelector('.tv-nav');
  await steer(other, `.tv-nav a[href$="${encodeURIComponent('实用技术')}"]`);
  await other.keyboard.press('Enter');
  await other.waitForSelector('h2:has-text("实用技术")');
  assert.deepEqual(await other.locator('.tile-t').allTextContents(), [FILM]);
  await shot(other, 'tv-class');
});

test('two screens show two films at once, and a member is at one of them', { timeout: 300_000 }, async () => {
  await other.goto(`${station.url}/tv`);
  const first = tv;
  await first.goto(`${station.url}/tv`);
  for (const [page, nth] of [[first, 2], [other, 3]]) {
    tv = page;
    await page.waitForSelector('.tile');
    await steer(page, `.tiles li:nth-child(${nth}) .tile`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.lobby-q img');
  }
  tv = first;
  await types(phones.wang);
  await phones.wang.waitForSelector('text=签到成功');
  tv = other;
  await types(phones.chen);
  await phones.chen.waitForSelector('text=签到成功');
  await desk.goto(`${station.url}/desk/live`);
  assert.equal(await desk.locator('text=在场 1 人').count(), 2);
  await shot(desk, 'desk-live-two', true);
  // He walks over to the other room.
  await types(phones.wang);
  await phones.wang.waitForSelector('text=第 2 位');
  await first.waitForFunction(() => document.getElementById('present').textContent === '0');
  for (const page of [first, other]) {
    await page.keyboard.press('Enter');
    await page.waitForSelector('#film');
    await page.waitForFunction(() => document.getElementById('film').currentTime > 2);
  }
  await desk.goto(`${station.url}/desk/live`);
  assert.equal(await desk.locator('text=放完了，散场确认').count(), 2, 'both run');
});

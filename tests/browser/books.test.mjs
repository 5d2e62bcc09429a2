// The books of a station, as its operator meets them: three evenings of 5, 21 and 60 people are shown on a television,
// F1 of each is printed on A4 and read back, a photo loses the place where it was taken, the chair signs with his PIN,
// feedback is answered, and the same figures stand on the page, in the table, and in the workbook.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PHONE } from './station.mjs';
import { Evening, shots } from './evenings.mjs';

// No check but the one at the end, and a session counts from five seconds on.
const numbers = { check_every_s: 3600, min_seconds: 5 };
const TV = { viewport: { width: 1280, height: 720 }, locale: 'zh-CN' };
const LONG = { timeout: 60_000 };
const FAMILY = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗';
const GIVEN = ['德明', '秀英', '志强', '桂兰', '建国', '春燕', '国庆', '永福'];

let evening; let station; let chrome; let desk; let tv; const records = {};

function number(n) { return `M${String(n).padStart(3, '0')}`; }

function roster() {
  const lines = ['编号,姓名,支部,身份,类别,流动,口令,性别,出生年,入党时间,联系电话,送学'];
  for (let n = 1; n <= 62; n += 1) {
    const name = FAMILY[n % FAMILY.length] + GIVEN[n % GIVEN.length];
    const role = n === 1 ? '书记' : '党员';
    lines.push(`${number(n)},${name},第${n % 2 ? '一' : '二'}支部,${role},正式,否,${n <= 2 ? '2468' : ''},${n % 2 ? '男' : '女'},${1950 + n % 40},2001-07,13900000${String(n).padStart(3, '0')},${n > 60 ? '是' : ''}`);
  }
  return lines.join('\n');
}

before(async () => {
  evening = await Evening.at({ name: 'books-test', numbers, roster: roster(), commitMs: 100 });
  ({ station, chrome, desk } = evening);
  tv = await evening.open(TV);
  await evening.letIn(tv, '会议室电视');
  await station.item('油菜越冬五件事');
});

after(() => evening?.end());

// Sends a form of the desk as the page would, without its buttons: sixty ticks are no test of a mouse.
async function post(action, fields) {
  const status = await desk.evaluate(async ([to, values]) => {
    const csrf = document.querySelector('input[name=csrf]').value;
    const sent = await fetch(to, { method: 'POST', body: new URLSearchParams({ csrf, ...values }) });
    return sent.status;
  }, [action, fields]);
  assert.ok(status < 400, `${action} ${JSON.stringify(fields)}: ${status}`);
}

async function shows(people) {
  await desk.goto(`${station.url}/desk/live`);
  await desk.selectOption('#item', { label: await desk.$eval('#item', (list) => [...list.options].find((o) => o.label.includes('油菜')).label) });
  await desk.fill('#place', '村委会二楼会议室');
  await desk.fill('#chair', '李秀英');
  await desk.click('button[value="begin"]');
  await desk.waitForSelector('input[name=id]', { state: 'attached' });
  const id = await desk.getAttribute('input[name=id]', 'value');
  for (let n = 1; n <= people; n += 1) {
    await post('/desk/live', { act: `tick:${number(n)}`, id, why: n % 3 ? '没带手机' : '不会用' });
  }
  if (people < 60) {
    await post('/desk/live', { act: `excuse:${number(61)}`, id, text: '住院' });
    await post('/desk/live', { act: `excuse:${number(62)}`, id, text: '出差' });
  }
  await post('/desk/live', { act: 'guests', id, guests: '3' });
  await tv.goto(`${station.url}/tv`);
  await tv.waitForSelector('.lobby-q');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('#film');
  await tv.waitForFunction(() => document.getElementById('film').currentTime > 9, null, LONG);
  // Two more beats carry what was played, then the film is broken off and the last check put.
  await tv.waitForFunction(() => document.getElementById('film').currentTime > 17, null, LONG);
  await post('/desk/live', { act: 'end', id });
  await post('/desk/live', { act: 'again', id });
  await post('/desk/live', { act: 'end', id });
  await tv.goto(`${station.url}/tv`);
  return id;
}

async function print(page, name) {
  const file = join(shots, `${name}.pdf`);
  await page.pdf({ path: file, preferCSSPageSize: true });
  return file;
}

function pdf(file, ...more) {
  return execFileSync('pdftotext', ['-layout', ...more, file, '-'], { encoding: 'utf8' });
}

test('three evenings are shown, and the record of each is printed', { timeout: 600_000 }, async () => {
  for (const people of [5, 21, 60]) { records[people] = await shows(people); }
  for (const people of [5, 21, 60]) {
    await desk.goto(`${station.url}/desk/books/${records[people]}`);
    await desk.fill('#d', '刘志强：水渠管护可以轮流，一组一月。马春燕：希望把养护钱列进明年的账。');
    await desk.fill('#u', '12月起试行一组一月轮流清渠，由第二支部牵头。');
    await desk.click('#remarks button');
    await desk.waitForSelector('article >> text=水渠管护');
    const file = await print(desk, `f1-${people}`);
    const pages = pdf(file).split('\f').filter((page) => page.trim());
    assert.ok(pages.length <= (people > 21 ? 3 : 1), `${people} people on ${pages.length} pages`);
    // Each page that has people repeats the head of their table, and all pages are numbered.
    const heads = pages.filter((page) => /序\s+姓名/.test(page)).length;
    const withPeople = pages.filter((page) => /M0\d\d/.test(page)).length;
    assert.equal(heads, withPeople, `${people}: ${heads} heads on ${withPeople} pages`);
    pages.forEach((page, n) => assert.match(page, new RegExp(`${n + 1}\\s*/\\s*${pages.length}`), `page ${n + 1}`));
    // The signatures stand together, with the foot, on one page.
    const signed = pages.filter((page) => /主持人\s+管理员\s+日期/.test(page));
    assert.equal(signed.length, 1);
    assert.match(signed[0], /由站点台账自动生成，第/);
    for (let n = 1; n <= people; n += 1) { assert.ok(pages.join().includes(number(n)), number(n)); }
  }
  await desk.screenshot({ path: join(shots, 'books-f1-desk.png'), fullPage: true });
});

test('a photo is kept without its place, and the record is signed by two', { timeout: 120_000 }, async () => {
  await desk.goto(`${station.url}/desk/books/${records[21]}`);
  // A real JPEG from the browser, with notes put in as a phone does.
  const drawn = await desk.evaluate(() => new Promise((resolve) => {
    const canvas = document.createElement('canvas');
    canvas.width = 640; canvas.height = 480;
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#8a5a2b'; pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = '#fff'; pen.font = '60px sans-serif'; pen.fillText('会议室', 220, 260);
    canvas.toBlob((blob) => { const reader = new FileReader(); reader.onload = () => resolve(reader.result.split(',')[1]); reader.readAsDataURL(blob); }, 'image/jpeg');
  }));
  const clean = Buffer.from(drawn, 'base64');
  const notes = Buffer.from('Exif\0\0II*\0\b\0\0\0\0\0\0\0\0\0GPSLatitude 30.1234 HUAWEI', 'latin1');
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, notes.length + 2]), notes]);
  const photo = Buffer.concat([clean.subarray(0, 2), segment, clean.subarray(2), Buffer.from('MotionPhoto')]);
  await desk.setInputFiles('#photo', { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: photo });
  await desk.click('#photo-form button');
  await desk.waitForSelector('.photos img');
  assert.ok(await desk.$eval('.photos img', (img) => img.complete && img.naturalWidth === 640));
  const address = await desk.$eval('.photos img', (img) => img.src);
  const kept = await (await desk.request.get(address)).body();
  assert.ok(!kept.includes('GPS') && !kept.includes('HUAWEI') && !kept.includes('MotionPhoto'));
  const stranger = await chrome.newContext(PHONE);
  const shut = await stranger.request.get(address, { maxRedirects: 0 });
  assert.ok(shut.status() === 401 || shut.headers().location.startsWith('/desk/signin'), String(shut.status()));

  await desk.click('button[value="operator"]');
  await desk.waitForSelector('.tag-ok >> text=管理员');
  await desk.fill('#cm', number(1));
  await desk.fill('#cp', '0000');
  await desk.click('button[value="chair"]');
  await desk.waitForSelector('text=还可以试 4 次');
  await desk.goto(`${station.url}/desk/books/${records[21]}`);
  await desk.fill('#cm', number(1));
  await desk.fill('#cp', '2468');
  await desk.click('button[value="chair"]');
  await desk.waitForSelector('.tag-ok >> text=主持人');
  await desk.screenshot({ path: join(shots, 'books-record.png'), fullPage: true });
  await print(desk, 'f1-21-signed');

  // Whoever changes it afterwards must have it signed again.
  await desk.fill('#i', '停电十分钟');
  await desk.click('#remarks button');
  await desk.waitForSelector('text=之后改过，请再确认一次');
});

test('members say what they think, and the operator answers', { timeout: 120_000 }, async () => {
  const phone = await (await chrome.newContext(PHONE)).newPage();
  phone.setDefaultTimeout(60_000);
  await phone.goto(`${station.url}/signin?back=/me`);
  await phone.fill('#m', number(2));
  await phone.fill('#p', '2468');
  await phone.click('button.btn-1');
  await phone.goto(`${station.url}/me`);
  await phone.click('#feedback label >> text=想看');
  await phone.fill('#say', '=HYPERLINK("想看柑橘冬剪")');
  await phone.click('#feedback button');
  await phone.waitForSelector('.said >> text=还没有答复');
  // What is asked for stands beside the plan, and leads to the answer.
  await desk.goto(`${station.url}/desk/plan`);
  await desk.waitForSelector('#said >> text=想看柑橘冬剪');
  await desk.click('#said a');
  await desk.waitForURL('**/desk/books/f2**');
  await desk.fill('.said textarea', '县里下周送来。');
  await desk.click('.said button');
  await desk.waitForSelector('article >> text=县里下周送来');
  await phone.goto(`${station.url}/me`);
  await phone.waitForSelector('.said >> text=答复：县里下周送来。');
  await phone.screenshot({ path: join(shots, 'books-me.png'), fullPage: true });
  const csv = await (await desk.request.get(`${station.url}/desk/books/f2/table.csv`)).body();
  assert.deepEqual([...csv.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.ok(csv.toString('utf8').includes("'=HYPERLINK"), 'no cell is a formula');

  await desk.goto(`${station.url}/desk/books/f3`);
  for (const [name, model, count] of [['电视机', 'Hisense 55E3', '1'], ['投影幕布', '100 英寸', '2']]) {
    await desk.fill('#e1', name);
    await desk.fill('#e2', model);
    await desk.fill('#e5', count);
    await desk.fill('#e6', '2024-05');
    await desk.fill('#e8', '完好');
    await desk.click('button[value="save"]');
    await desk.waitForSelector(`article >> text=${model}`);
  }
});

test('every book has a page, a print, a table and a workbook, and their figures agree', { timeout: 240_000 }, async () => {
  await desk.goto(`${station.url}/desk/books`);
  await desk.screenshot({ path: join(shots, 'books.png'), fullPage: true });
  for (const code of ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'parts']) {
    await desk.goto(`${station.url}/desk/books/${code}`);
    await desk.waitForSelector('article.a4');
    await desk.screenshot({ path: join(shots, `books-${code}.png`), fullPage: true });
    await print(desk, `book-${code}`);
    for (const kind of ['csv', 'xlsx']) {
      const href = await desk.getAttribute(`.acts a[href*=".${kind}"]`, 'href');
      const got = await desk.request.get(`${station.url}${href}`);
      assert.equal(got.status(), 200, `${code} ${kind}`);
      writeFileSync(join(shots, `book-${code}.${kind}`), await got.body());
    }
  }
  await desk.goto(`${station.url}/desk/books/f6`);
  const card = Object.fromEntries(await desk.$$eval('.card tr', (rows) => rows.map((row) => [row.children[0].textContent, row.children[1].textContent])));
  assert.equal(card['集中收看场次'], '3');
  // All three showed the same film: who came again was credited nothing, so the later evenings add only the new ones.
  assert.equal(card['人次'], '60');
  assert.equal(card['人数'], '60');
  assert.equal(card['反馈条数'], '1');
  // 5, 21 and 60 of 62 each.
  assert.equal(card['到会率'], '46.2%');
  // A figure opens to its person-times, a person-time to its leaves, a leaf to its proof.
  await desk.click('.card tr:has(th:text-is("人次")) a');
  await desk.waitForSelector('.sums');
  assert.equal(await desk.$$eval('article tbody tr', (rows) => rows.length), 61);
  await desk.click('article tbody tr a');
  await desk.waitForSelector('text=这一场在台账里有');
  await desk.screenshot({ path: join(shots, 'books-leaves.png') });
  await desk.click('tbody tr >> nth=1 >> a');
  await desk.waitForSelector('#leaf-holds');
  await desk.screenshot({ path: join(shots, 'books-leaf.png'), fullPage: true });
  await desk.goto(`${station.url}/desk`);
  await desk.waitForSelector('#month >> text=集中收看 3 场，要求 2 场');
  await desk.screenshot({ path: join(shots, 'books-today.png'), fullPage: true });
  const year = new Date().getFullYear();
  for (const word of [`${year}`, `${year}-q4`, `${year}-01-01..${year}-12-31`]) {
    const page = await desk.goto(`${station.url}/desk/books/f6?p=${word}`);
    assert.equal(page.status(), 200, word);
  }
  assert.equal((await desk.request.get(`${station.url}/desk/books/f6?p=never`, { headers: { accept: 'application/json' } })).status(), 422);

  const phone = await (await chrome.newContext({ ...PHONE, storageState: await desk.context().storageState() })).newPage();
  for (const code of ['', '/f1', '/f3', '/f6', '/f7', `/${records[60]}`]) {
    await phone.goto(`${station.url}/desk/books${code}`);
    await phone.screenshot({ path: join(shots, `books-390-${code.slice(1, 4) || 'all'}.png`), fullPage: true });
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${code} is ${wide} px wider than a phone`);
  }
  assert.match(await station.command('ledger', 'verify'), /checkpoints fit/);
});

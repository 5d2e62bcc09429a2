// Photos of an evening on their way to the district: the operator takes four with his phone, each of another shape, the
// district fetches them, and the clerk sees them beside the leaves of the evening; one that cannot be had says so.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DESK } from './station.mjs';
import { Office } from './office.mjs';
import { Evening, shots } from './evenings.mjs';

const TV = { viewport: { width: 1280, height: 720 }, locale: 'zh-CN' };
const WAIT = { timeout: 120_000 };
const ROSTER = '编号,姓名,支部,身份,类别,流动,口令\n0021,王德明,青石桥村第一支部,书记,正式,否,2468\n0033,赵新,青石桥村第一支部,党员,正式,流出,1357\n';

let evening; let office; let clerk; let record;

before(async () => {
  evening = await Evening.at({ name: 'photos-test', numbers: { check_every_s: 3600, min_seconds: 1 }, roster: ROSTER });
  office = await Office.open();
  await office.serve();
  await office.enrol(evening.station);
  clerk = await evening.open(DESK);
  await office.signIn(clerk);
});

after(async () => {
  await evening?.end();
  office?.end();
});

// A room with people, as a canvas paints it: fine grain, so that it is as large as a photo.
function painted(page, [width, height]) {
  return page.evaluate(([w, h]) => new Promise((resolve) => {
    const canvas = document.createElement('canvas');
    canvas.width = w; canvas.height = h;
    const pen = canvas.getContext('2d');
    const light = pen.createLinearGradient(0, 0, w, h);
    light.addColorStop(0, '#d8c7a0'); light.addColorStop(1, '#5a4030');
    pen.fillStyle = light; pen.fillRect(0, 0, w, h);
    pen.fillStyle = '#eef3f7'; pen.fillRect(w * 0.3, h * 0.1, w * 0.4, h * 0.25);
    for (let n = 0; n < 40; n += 1) {
      pen.fillStyle = `hsl(${n * 37 % 360} 30% ${30 + n % 5 * 8}%)`;
      pen.beginPath(); pen.arc(w * (0.06 + (n % 10) * 0.098), h * (0.55 + Math.floor(n / 10) * 0.12), w * 0.03, 0, 7); pen.fill();
    }
    for (let n = 0; n < 20000; n += 1) { pen.fillStyle = `rgba(0,0,0,${(n % 7) / 60})`; pen.fillRect((n * 7919) % w, (n * 104729) % h, 2, 2); }
    canvas.toBlob((blob) => { const reader = new FileReader(); reader.onload = () => resolve(reader.result.split(',')[1]); reader.readAsDataURL(blob); }, 'image/jpeg', 0.9);
  }), [width, height]);
}

// At every width that people have, and never wider than the window.
async function looked(page, name) {
  for (const [width, height] of [[390, 844], [1366, 768], [1920, 1080]]) {
    await page.setViewportSize({ width, height });
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= window, `${name} is ${wide} px wide in a window of ${window}`);
    const cut = await page.$$eval('.photos img, .pics img', (all) => all.filter((img) => {
      const box = img.getBoundingClientRect();
      return box.width < 60 || box.left < 0 || box.right > innerWidth;
    }).length);
    assert.equal(cut, 0, `${name} at ${width}: every photo can be seen`);
    await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
}

test('an evening is shown, and four photos are taken of it', { timeout: 300_000 }, async () => {
  const { desk, station } = evening;
  const tv = await evening.open(TV);
  evening.tv = tv;
  await evening.letIn(tv, '会议室电视');
  await station.item('长征的几个数字');
  await tv.click('.tile');
  await tv.waitForSelector('#code', WAIT);
  await evening.comes('0021', '2468');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('#film', WAIT);
  await tv.waitForFunction(() => document.getElementById('film').currentTime > 3, null, WAIT);
  await desk.goto(`${station.url}/desk/live`);
  record = await desk.getAttribute('input[name=id]', 'value');
  await desk.goto(`${station.url}/desk/books/${record}`);
  const shapes = [[1600, 1200], [1200, 1600], [2400, 1080], [900, 900]];
  for (const [n, shape] of shapes.entries()) {
    const buffer = Buffer.from(await painted(desk, shape), 'base64');
    await desk.setInputFiles('#photo', { name: `IMG_${n}.jpg`, mimeType: 'image/jpeg', buffer });
    await desk.click('#photo-form button');
    await desk.waitForFunction((many) => document.querySelectorAll('.photos img').length === many, n + 1, WAIT);
  }
  await looked(desk, 'photos-desk');
});

test('the clerk sees them beside the leaves of the evening, and which of them is missing', { timeout: 300_000 }, async () => {
  await office.command(['pull']);
  await clerk.goto(`${office.url}/stations`);
  const station = await clerk.getAttribute('a[href^="/station?of="]', 'href');
  const leaves = `${office.url}${station.replace('/station', '/leaves')}&from=0`;
  await clerk.goto(leaves);
  assert.equal(await clerk.$$eval('.pics figure', (all) => all.length), 4);
  assert.equal(await clerk.$$eval('.pics img', (all) => all.length), 0, 'nobody fetched them yet');
  await looked(clerk, 'photos-away');
  await office.command(['photos']);
  await clerk.goto(leaves);
  await clerk.waitForFunction(() => [...document.querySelectorAll('.pics img')].filter((img) => img.complete && img.naturalWidth > 0).length === 4, null, WAIT);
  await looked(clerk, 'photos-district');
  // One is lost at the office: the others stay, and the page says which is to be fetched again.
  const blobs = join(office.data, 'blobs');
  const one = readdirSync(blobs, { recursive: true }).map(String).find((name) => /[0-9a-f]{64}$/.test(name));
  rmSync(join(blobs, one));
  await clerk.goto(leaves);
  assert.match(await clerk.textContent('.pics'), /照片还没有取来/);
  assert.equal(await clerk.$$eval('.pics img', (all) => all.length), 3);
  await looked(clerk, 'photos-one-away');
});

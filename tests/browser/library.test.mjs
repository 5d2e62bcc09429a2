// The operator's evening with films: an old film is converted while somebody looks on, a phone uploads what it recorded
// through a Wi-Fi that breaks off, a stick brings something new. Real Chromium, real ffmpeg, a real file system on a loop
// device where the test may mount one.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync, rmSync, existsSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takesOffice } from './evenings.mjs';
import { Station, browser, DESK, PHONE } from './station.mjs';

const shots = new URL('./shots/', import.meta.url).pathname;
let station; let chrome; let desk; let home;

function ffmpeg(...args) { execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]); }

async function items() { return (await (await desk.request.get(`${station.url}/api/items`)).json()).items; }

// Looks at the page again and again, as a person would, until it shows this.
async function until(page, address, text) {
  for (let looks = 0; looks < 60; looks += 1) {
    await page.goto(`${station.url}${address}`);
    try {
      await page.waitForSelector(`text=${text}`, { timeout: 2000 });
      return;
    } catch { /* not yet */ }
  }
  throw new Error(`${text} never came: ${await page.innerText('main')}`);
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  home = mkdtempSync(join(tmpdir(), 'yuanjiao-films-'));
  station = await Station.start(`[station]\nname = "青石桥村远程教育站点"\nplace = "澄源县 松林镇"\n[media]\nsettle_ms = 300\nsticks = ["${home}"]\n`);
  chrome = await browser();
  desk = await chrome.newContext(DESK);
  const page = await desk.newPage();
  await takesOffice(page, station);
  await page.close();
});

after(async () => {
  await chrome?.close();
  await station?.end();
  try { execFileSync('umount', [join(home, 'KINGSTON')], { stdio: 'ignore' }); } catch { /* nothing was mounted */ }
  rmSync(home, { recursive: true, force: true });
});

test('an old film is converted, plays in the browser, and the original stays', async () => {
  const film = join(station.folder, 'media', '农技', '老片子.wmv');
  mkdirSync(join(station.folder, 'media', '农技'), { recursive: true });
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240:d=8', '-f', 'lavfi', '-i', 'sine=d=8', '-c:v', 'wmv2', '-c:a', 'wmav2', join(home, 'old.wmv'));
  const original = readFileSync(join(home, 'old.wmv'));
  writeFileSync(film, original);
  const page = await desk.newPage();
  await until(page, '/desk/library', '到处能放（已转换）');
  await page.screenshot({ path: join(shots, 'desk-library.png'), fullPage: true });
  const { id } = (await items()).find((item) => item.title === '老片子');
  const played = await page.evaluate(async (address) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = address;
    await video.play();
    await new Promise((resolve) => { video.ontimeupdate = () => { if (video.currentTime > 1) { resolve(); } }; });
    return [Math.round(video.duration), video.videoWidth];
  }, `/media/${id}`);
  assert.deepEqual(played, [8, 320]);
  assert.ok(readFileSync(film).equals(original));
  await page.close();
});

test('what the operator writes about a film is shown to members', async () => {
  const page = await desk.newPage();
  await page.goto(`${station.url}/desk/library`);
  await page.click('text=老片子');
  await page.fill('#title', '水稻工厂化育秧');
  await page.fill('#speaker', '李建国');
  await page.check('[name=local]');
  await page.click('text=保存');
  await page.waitForSelector('text=存好了');
  await page.screenshot({ path: join(shots, 'desk-item.png'), fullPage: true });
  const phone = await (await chrome.newContext(PHONE)).newPage();
  await phone.goto(`${station.url}/?q=sdgchyy`);
  await phone.click('text=水稻工厂化育秧');
  await phone.waitForSelector('text=主讲：李建国');
  await phone.waitForSelector('text=本土电教片');
  await phone.screenshot({ path: join(shots, 'phone-described.png'), fullPage: true });
  await phone.close();
  await page.close();
});

test('an upload goes on after the Wi-Fi broke off, and another is cancelled without a trace', async () => {
  const film = join(home, '村里拍的春耕.mp4');
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240:d=5', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', film);
  const filler = Buffer.alloc(30_000_000, 7);
  filler.writeUInt32BE(filler.length, 0);
  filler.write('free', 4);
  appendFileSync(film, filler);
  const context = await chrome.newContext({ ...PHONE, storageState: await desk.storageState() });
  const page = await context.newPage();
  await page.goto(`${station.url}/desk/add`);
  // The second piece never arrives: the connection breaks in the middle.
  let pieces = 0;
  await page.route('**/desk/uploads/*', (route) => {
    pieces += route.request().method() === 'PUT' ? 1 : 0;
    return pieces === 2 ? (pieces += 1, route.abort('connectionreset')) : route.continue();
  });
  await page.setInputFiles('#files', film);
  await page.click('#send');
  await page.waitForSelector('#sending .ok', { timeout: 60000 });
  assert.ok(pieces > 4, `the broken piece was sent again: ${pieces}`);
  await page.screenshot({ path: join(shots, 'phone-upload.png'), fullPage: true });
  const landed = join(station.folder, 'media', '本土电教片', '村里拍的春耕.mp4');
  assert.ok(readFileSync(landed).equals(readFileSync(film)));
  await until(page, '/desk/library', '村里拍的春耕');
  await page.goto(`${station.url}/desk/add`);

  await page.unroute('**/desk/uploads/*');
  await page.route('**/desk/uploads/*', async (route) => {
    if (route.request().method() === 'PUT') { await new Promise((go) => { page.once('close', go); setTimeout(go, 30000).unref(); }); }
    return route.continue();
  });
  await page.setInputFiles('#files', { name: '不要了.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(20_000_000, 1) });
  await page.click('#send');
  await page.click('#sending li:last-child button');
  await page.waitForSelector('text=已取消');
  await until(page, '/desk/add', '从 U 盘拷入');
  assert.equal(await page.locator('text=不要了').count(), 0);
  await context.close();
});

test('a stranger cannot upload', async () => {
  const stranger = await chrome.newContext(PHONE);
  const begun = await stranger.request.post(`${station.url}/desk/uploads`, { headers: { Accept: 'application/json' }, data: { name: 'a.mp4', size: 5, modified: 1, class: '' } });
  assert.equal(begun.status(), 401);
  const forged = await desk.request.post(`${station.url}/desk/uploads`, { headers: { Accept: 'application/json' }, data: { name: 'a.mp4', size: 5, modified: 1, class: '' } });
  assert.equal(forged.status(), 403, 'the operator without the token of his page');
  await stranger.close();
});

test('a stick is looked through and what is new is copied', async (t) => {
  const mount = join(home, 'KINGSTON');
  mkdirSync(mount);
  try {
    const image = join(home, 'stick.img');
    execFileSync('truncate', ['-s', '40M', image]);
    execFileSync('mkfs.ext4', ['-q', image]);
    execFileSync('mount', ['-o', 'loop', image, mount]);
  } catch (error) {
    t.skip(`no file system can be mounted here: ${error.message}`);
    return;
  }
  mkdirSync(join(mount, '农技'));
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240:d=6', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', join(mount, '农技', '果树修剪.mp4'));
  const half = readFileSync(join(mount, '农技', '果树修剪.mp4'));
  writeFileSync(join(mount, '半截.mp4'), half.subarray(0, half.length >> 1));
  const page = await desk.newPage();
  await page.goto(`${station.url}/desk/add`);
  await page.click('text=看看 KINGSTON');
  await page.waitForSelector('text=上有 1 个站点没有的');
  await page.waitForSelector('text=后半截不在');
  await page.screenshot({ path: join(shots, 'desk-stick.png'), fullPage: true });
  await page.click('text=把勾选的拷进来');
  await page.waitForSelector('text=拷好了，核对无误');
  assert.ok(existsSync(join(station.folder, 'media', '农技', '果树修剪.mp4')));
  await until(page, '/desk/library', '果树修剪');
  await page.close();
});

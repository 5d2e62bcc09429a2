// What the player reports against what really played, in a real Chromium: plain play, seek, double speed, a page in the
// background, a phone without Wi-Fi, a tab that dies. The browser's own account of what it played (`played`) is the measure;
// the station's credit may fall short of it by one beat, and exceed it by nothing.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Station, browser, PHONE } from './station.mjs';
import { Tabs } from './tabs.mjs';

const BEAT = 2;                  // seconds
const ROUNDING = 0.6;            // between two looks at a playing film
const WAIT = { timeout: 90_000 };
const shots = new URL('./shots/', import.meta.url).pathname;
let station; let chrome; let path; let long; let large;

const MEMBERS = ['0101', '0102', '0103', '0104', '0105', '0106', '0107', '0108', '0109'];

function makeFilm(file, seconds, rate) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=s=320x180:r=15:d=${seconds}${rate ? ',noise=alls=60:allf=t' : ''}`,
    '-f', 'lavfi', '-i', `sine=d=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', ...(rate ? ['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate] : []),
    '-g', '30', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k', '-shortest', '-movflags', '+faststart', file]);
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  let policy = readFileSync(new URL('../../config/policy.toml', import.meta.url), 'utf8');
  policy = policy.replace(/presence_answer_s = \d+/, 'presence_answer_s = 30').replace(/name = "[^"]*"/, 'name = "player-test"');
  path = join(tmpdir(), `policy-player-${process.pid}.toml`);
  writeFileSync(path, policy);
  station = await Station.start(`[viewing]\nbeat_every_s = ${BEAT}\ncommit_within_ms = 200\n[media]\nsettle_ms = 300\nprepare = "off"\n[policy]\nfile = "${path}"\n`);
  makeFilm(join(station.folder, 'media', '一段长片.mp4'), 150);
  makeFilm(join(station.folder, 'media', '一部大片.mp4'), 120, '4M');
  const roster = join(station.folder, 'roster.csv');
  writeFileSync(roster, `member_no,name,branch,pin\n${MEMBERS.map((number) => `${number},党员${number},第一支部,2468`).join('\n')}\n`);
  await station.command('member', 'import', roster);
  long = (await station.item('一段长片')).id;
  large = (await station.item('一部大片')).id;
  chrome = await browser();
});

after(async () => {
  await chrome?.close();
  await station?.end();
  rmSync(path, { force: true });
});

async function phone(number) {
  const context = await chrome.newContext(PHONE);
  const answer = await context.request.post(`${station.url}/api/login`, { data: { member: number, pin: '2468' } });
  assert.equal(answer.status(), 204);
  return context;
}

async function open(context, item = long) {
  const page = await context.newPage();
  await page.goto(`${station.url}/items/${item}`);
  await page.waitForFunction(() => document.getElementById('film').readyState >= 1, null, WAIT);
  await page.evaluate(() => { document.getElementById('film').muted = true; });
  return page;
}

// Plays until the browser has played so many seconds of media in all.
async function playTo(page, seconds) {
  await page.waitForFunction((wanted) => {
    const ranges = document.getElementById('film').played;
    let sum = 0;
    for (let i = 0; i < ranges.length; i += 1) { sum += ranges.end(i) - ranges.start(i); }
    return sum >= wanted;
  }, seconds, WAIT);
}

async function played(page) {
  return page.evaluate(() => {
    const ranges = document.getElementById('film').played;
    const all = [];
    for (let i = 0; i < ranges.length; i += 1) { all.push([ranges.start(i), ranges.end(i)]); }
    return all;
  });
}
const sum = (pieces) => pieces.reduce((all, [from, to]) => all + to - from, 0);

// Confirms what is pending and returns what the station credits then, in seconds.
async function credit(context, page, item = long) {
  await page.waitForSelector('#confirm:not(.hidden)', WAIT);
  await page.click('#confirm');
  await page.waitForFunction(() => document.getElementById('pending').textContent === '0:00', null, WAIT);
  return credited(context, item);
}
async function credited(context, item = long) {
  const me = await (await context.request.get(`${station.url}/api/me`)).json();
  const found = me.items.find((one) => one.item === item);
  return found ? found.credited_ms / 1000 : 0;
}

function agrees(given, really, lost = 0) {
  assert.ok(given <= really + 0.05, `credited ${given} s, played ${really} s`);
  assert.ok(given >= really - ROUNDING - lost, `credited ${given} s, played ${really} s`);
}

async function pause(page) {
  await page.evaluate(() => document.getElementById('film').pause());
  await page.waitForFunction(() => document.getElementById('film').paused, null, WAIT);
  return played(page);
}

test('plain play', { timeout: 180_000 }, async () => {
  const context = await phone('0101');
  const page = await open(context);
  await page.click('#toggle');
  await playTo(page, 9);
  const really = sum(await pause(page));
  agrees(await credit(context, page), really);
  await context.close();
});

test('a seek leaves out what lies between', { timeout: 180_000 }, async () => {
  const context = await phone('0102');
  const page = await open(context);
  await page.click('#toggle');
  await playTo(page, 4);
  await page.evaluate(() => { document.getElementById('film').currentTime = 100; });
  await playTo(page, 9);
  const pieces = await pause(page);
  assert.ok(pieces.length >= 2 && pieces[pieces.length - 1][0] >= 99, JSON.stringify(pieces));
  agrees(await credit(context, page), sum(pieces), ROUNDING);
  await context.close();
});

test('at double speed the time that passed is credited, not the film', { timeout: 180_000 }, async () => {
  const context = await phone('0103');
  const page = await open(context);
  await page.evaluate(() => {
    const film = document.getElementById('film');
    film.playbackRate = 2;
    film.addEventListener('playing', () => { window.began = window.began || performance.now(); });
  });
  const pressed = Date.now();
  await page.click('#toggle');
  await playTo(page, 24);
  const really = sum(await pause(page));
  const passed = (Date.now() - pressed) / 1000;
  const given = await credit(context, page);
  assert.ok(given <= passed + 0.1, `credited ${given} s in ${passed} s`);
  assert.ok(given < really * 0.75 && given > really * 0.4, `credited ${given} s, the film went ${really} s`);
  await context.close();
});

test('a tab in the background is credited while its film goes on, and nothing for being frozen', { timeout: 240_000 }, async () => {
  const tabs = Tabs.start();
  try {
    const tab = await tabs.open(`${station.url}/`);
    await tab.until(`location.origin === "${station.url}" && document.readyState === "complete"`);
    const login = JSON.stringify({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ member: '0104', pin: '2468' }) });
    assert.equal(await tab.run(`fetch('/api/login', ${login}).then((answer) => answer.status)`), 204);
    await tab.run(`location.href = '/items/${long}'`);
    await tab.until('document.getElementById("film") && document.getElementById("film").readyState >= 1');
    await tab.run(`window.film = document.getElementById('film'); window.hidden = []; document.addEventListener('visibilitychange', () => hidden.push(document.hidden));
      window.sum = () => { let all = 0; for (let i = 0; i < film.played.length; i += 1) { all += film.played.end(i) - film.played.start(i); } return all; };
      document.getElementById('toggle').click();`);
    await tab.until('sum() > 4');
    const other = await tabs.open('about:blank');
    await tab.until('document.hidden');
    const then = await tab.run('sum()');
    await tab.until(`sum() > ${then} + 6`);
    // The browser stops the page altogether, as a phone does after a while; its film stops with it.
    await tab.ask('Page.setWebLifecycleState', { state: 'frozen' });
    await new Promise((later) => { setTimeout(later, 8_000); });
    await tab.ask('Page.setWebLifecycleState', { state: 'active' });
    await tab.front();
    await tab.until('!document.hidden');
    await tab.run('if (film.paused) { film.play(); } 1');
    const thawed = await tab.run('sum()');
    await tab.until(`sum() > ${thawed} + 3`);
    await tab.run('film.pause(); 1');
    await tab.until('film.paused');
    const really = await tab.run('sum()');
    await tab.until('!document.getElementById("confirm").classList.contains("hidden")');
    await tab.run('document.getElementById("confirm").click(); 1');
    await tab.until('document.getElementById("pending").textContent === "0:00"');
    const me = JSON.parse(await tab.run("fetch('/api/me').then((answer) => answer.text())"));
    agrees(me.items.find((one) => one.item === long).credited_ms / 1000, really, BEAT);
    assert.ok((await tab.run('hidden')).includes(true));
    await other.ask('Page.close');
  } finally {
    await tabs.end();
  }
});

test('without Wi-Fi beats wait and are delivered later, none is lost', { timeout: 240_000 }, async () => {
  const context = await phone('0105');
  const page = await open(context);
  await page.click('#toggle');
  await playTo(page, 4);
  await context.setOffline(true);
  await playTo(page, 14);
  await page.waitForSelector('#banner:not(.hidden)', WAIT);
  await page.screenshot({ path: join(shots, 'player-offline.png') });
  await context.setOffline(false);
  await page.waitForSelector('#banner.hidden', { ...WAIT, state: 'attached' });
  const really = sum(await pause(page));
  agrees(await credit(context, page), really);
  await context.close();
});

test('a page that is left without Wi-Fi keeps its beats, and the next page delivers them', { timeout: 240_000 }, async () => {
  const context = await phone('0106');
  const page = await open(context);
  await page.click('#toggle');
  await playTo(page, 4);
  await context.setOffline(true);
  await playTo(page, 12);
  const really = sum(await pause(page));
  await page.goto('about:blank');
  await context.setOffline(false);
  await page.goto(`${station.url}/me`);
  await page.waitForSelector('text=待确认的', WAIT);
  const again = await open(context);
  agrees(await credit(context, again), really);
  const kept = await again.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('yuanjiao.beats.')).length);
  assert.equal(kept, 0, 'nothing waits any more');
  await context.close();
});

test('a tab that dies loses one beat at most, and the film goes on where it was', { timeout: 240_000 }, async () => {
  const context = await phone('0107');
  const page = await open(context);
  await page.click('#toggle');
  await playTo(page, 9);
  const really = sum(await played(page));
  const hands = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash', WAIT);
  hands.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
  const again = await open(context);
  await again.click('#toggle');
  await again.waitForFunction(() => document.getElementById('film').currentTime > 5, null, WAIT);
  await again.evaluate(() => document.getElementById('film').pause());
  const since = sum(await played(again));
  const given = await credit(context, again);
  assert.ok(given <= really + since + BEAT, `credited ${given} s`);
  assert.ok(given >= really - BEAT - 1.5, `credited ${given} s, the dead tab had played ${really} s`);
  await context.close();
});

test('a film that broke off in the middle goes on by itself, in the same session', { timeout: 240_000 }, async () => {
  const context = await phone('0108');
  const page = await open(context, large);
  await page.click('#toggle');
  await playTo(page, 3);
  await context.setOffline(true);
  await page.evaluate(() => { document.getElementById('film').currentTime = 100; });
  await page.waitForFunction(() => document.getElementById('film').error !== null || document.getElementById('film').readyState < 3, null, WAIT);
  await context.setOffline(false);
  await page.waitForFunction(() => { const film = document.getElementById('film'); return film.error === null && !film.paused && film.currentTime > 103; }, null, WAIT);
  await page.evaluate(() => document.getElementById('film').pause());
  assert.ok(await credit(context, page, large) >= 4);
  await context.close();
});

test('who does not answer is told so in words, here and under "my hours"', { timeout: 240_000 }, async () => {
  const context = await phone('0109');
  const page = await open(context);
  // The question is put at the end of a film.
  await page.evaluate(() => { document.getElementById('film').currentTime = 138; });
  await page.click('#toggle');
  await page.waitForSelector('#veil:not(.hidden)', WAIT);
  await page.click('#chime');
  assert.match(await page.textContent('#chime'), /关/);
  await page.screenshot({ path: join(shots, 'player-question.png') });
  // Nobody taps for longer than the question stays; then the film is played again.
  await page.waitForSelector('#veil.hidden', { ...WAIT, state: 'attached' });
  await page.evaluate(() => { const film = document.getElementById('film'); film.currentTime = 0; film.play(); });
  await page.waitForSelector('text=没有点“我在学习”', WAIT);
  await page.screenshot({ path: join(shots, 'player-unattended.png'), fullPage: true });
  await page.goto(`${station.url}/me`);
  await page.waitForSelector('#lost >> text=没有点“我在学习”', WAIT);
  await page.screenshot({ path: join(shots, 'me-lost.png'), fullPage: true });
  const desk = await context.newPage();
  await desk.setViewportSize({ width: 1366, height: 900 });
  await desk.goto(`${station.url}/me`);
  await desk.screenshot({ path: join(shots, 'me-lost-wide.png'), fullPage: true });
  assert.equal(await credited(context), 0);
  await context.close();
});

// A phone's browser jumps to the last fifth of a long film and goes on from there, without fetching what lies between.
// (That it goes on after the station was killed and started again is in evening.test.mjs.)

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Station, browser, PHONE } from './station.mjs';

let station; let chrome;

// Two minutes of noise at 4 Mbit/s: far more than a browser buffers ahead.
function makeLongFilm(path) {
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=s=480x270:r=25:d=120,noise=alls=40:allf=t',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '4M', '-g', '50', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', path]);
}

before(async () => {
  station = await Station.start('');
  makeLongFilm(join(station.folder, 'media', '长片.mp4'));
  chrome = await browser();
});

after(async () => {
  await chrome?.close();
  await station?.end();
});

test('a seek to 80 % plays on from there', { timeout: 120_000 }, async () => {
  const page = await (await chrome.newContext(PHONE)).newPage();
  const { id } = await station.item('长片');
  // A file too long for one buffer is asked for with ranges; each answer must be the part that was asked for.
  const parts = [];
  page.on('response', (response) => {
    if (!response.url().includes('/media/') || response.status() !== 206) { return; }
    const [, from, last, whole] = response.headers()['content-range'].match(/^bytes (\d+)-(\d+)\/(\d+)$/).map(Number);
    parts.push({ from, last, whole });
  });
  await page.goto(`${station.url}/items/${id}`);
  await page.waitForFunction(() => document.getElementById('film').readyState >= 1);
  const to = await page.evaluate(async () => {
    const film = document.getElementById('film');
    film.muted = true;
    film.currentTime = film.duration * 0.8;
    await film.play();
    return film.duration * 0.8;
  });
  await page.waitForFunction((from) => document.getElementById('film').currentTime > from + 1, to, { timeout: 60_000 });
  assert.equal(await page.evaluate(() => document.getElementById('film').error), null);
  assert.ok(parts.some(({ from, whole }) => from > whole * 0.7), `the jump is a range: ${JSON.stringify(parts)}`);
});

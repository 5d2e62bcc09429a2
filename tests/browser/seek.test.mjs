// A phone's browser jumps to the last fifth of a film and goes on from there. (That it goes on after the station was
// killed and started again is in evening.test.mjs.)

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Station, browser, PHONE } from './station.mjs';

let station; let chrome;

before(async () => {
  station = await Station.start('');
  chrome = await browser();
});

after(async () => {
  await chrome?.close();
  await station?.end();
});

test('a seek to 80 % plays on from there', { timeout: 120_000 }, async () => {
  const page = await (await chrome.newContext(PHONE)).newPage();
  await page.goto(`${station.url}/`);
  await page.waitForFunction(async () => (await (await fetch('/api/items')).json()).items.length > 0);
  const id = await page.evaluate(async () => (await (await fetch('/api/items')).json()).items.find((item) => item.kind === 'film').id);
  await page.goto(`${station.url}/items/${id}`);
  // A file too long for one buffer is asked for with ranges; each answer must be the part that was asked for.
  const parts = [];
  page.on('response', (response) => {
    if (response.url().includes('/media/') && response.status() === 206) { parts.push(response.headers()['content-range']); }
  });
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
  for (const part of parts) { assert.match(part, /^bytes \d+-\d+\/\d+$/); }
});

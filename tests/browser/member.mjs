// A member on a phone of his own, as far as a test needs him: signed in, and credited some seconds of a film.

import assert from 'node:assert/strict';
import { PHONE } from './station.mjs';

const json = (answer) => answer.json();

export async function signsIn(chrome, station, member = '0021', pin = '2468') {
  const phone = await chrome.newContext(PHONE);
  assert.equal((await phone.request.post(`${station.url}/api/login`, { data: { member, pin } })).status(), 204);
  return phone;
}

// Milliseconds that the member has in this year.
export async function credited(phone, station) {
  const { items } = await phone.request.get(`${station.url}/api/me`).then(json);
  return items.reduce((all, item) => all + item.credited_ms, 0);
}

// Some seconds of a film, and a word that he is there; what is credited then.
export async function watches(phone, station) {
  const item = await station.item('长征的几个数字');
  const opened = await phone.request.post(`${station.url}/api/sessions`, { data: { item: item.id } }).then(json);
  await phone.request.get(`${station.url}${opened.media}`);
  for (let n = 1; ; n += 1) {
    await phone.request.post(`${station.url}/api/sessions/${opened.session}/beats`, { data: { n, segments: [[0, 2500]], state: 'paused' } });
    const told = await phone.request.post(`${station.url}/api/sessions/${opened.session}/proof`, { data: {} }).then(json);
    if (told.credited_ms >= 2000) { return told.credited_ms; }
  }
}

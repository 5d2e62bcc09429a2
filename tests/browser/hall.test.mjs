// A hall of sixty: everybody scans the code at the same moment and types number and PIN. Nobody is told to try again, the
// television counts sixty, and the desk, the record and the ledger know the same sixty. Sixty phones are sixty jars of
// cookies here; one browser is the television.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { firstSteps } from './evenings.mjs';
import { Station, browser, steer, DESK } from './station.mjs';

const MEMBERS = 60;
const number = (n) => String(1000 + n);
const pin = (n) => String(3000 + n * 7);
const lines = Array.from({ length: MEMBERS }, (_, n) => `${number(n)},党员${n},第${n % 3 + 1}支部,党员,正式,否,${pin(n)}`);
const ROSTER = `member_no,name,branch,role,status,migrant,pin\n${lines.join('\n')}\n`;

let station; let chrome; let desk; let tv;

before(async () => {
  station = await Station.start('[station]\nname = "青石桥村远程教育站点"\n');
  chrome = await browser();
  desk = await (await chrome.newContext(DESK)).newPage();
  desk.setDefaultTimeout(120_000);
  await firstSteps(desk, station, ROSTER);
  tv = await (await chrome.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'zh-CN' })).newPage();
  tv.setDefaultTimeout(60_000);
  await tv.goto(`${station.url}/tv`);
  const shown = (await tv.textContent('.code')).trim();
  await desk.goto(`${station.url}/desk/live`);
  await desk.fill('#code', shown);
  await desk.click('button[value="let_in"]');
  await tv.waitForSelector('.tile');
});

after(async () => {
  await chrome?.close();
  await station?.end();
});

// A phone: keeps its cookies, follows where it is sent.
class Phone {
  constructor() { this.jar = new Map(); }

  async ask(path, form) {
    const headers = { cookie: [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '), origin: station.url };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(station.url + path, { method: form ? 'POST' : 'GET', headers, body, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=');
      this.jar.set(name, value);
    }
    if (answer.status === 303) { return this.ask(answer.headers.get('location')); }
    return { status: answer.status, text: await answer.text() };
  }
}

async function comes(n, code) {
  const phone = new Phone();
  const page = await phone.ask(`/checkin/${code}`);
  const csrf = page.text.match(/name="csrf" value="([0-9a-f]+)"/)[1];
  return phone.ask('/checkin', { csrf, member: number(n), pin: pin(n), code });
}

test('sixty members check in at the same moment without an error', { timeout: 600_000 }, async () => {
  await steer(tv, '.tile');
  await tv.keyboard.press('Enter');
  await tv.waitForSelector('.lobby-q img');
  const code = (await tv.textContent('#code')).replace(/\s/g, '');
  const began = Date.now();
  const answers = await Promise.all(Array.from({ length: MEMBERS }, (_, n) => comes(n, code)));
  const seconds = (Date.now() - began) / 1000;
  console.log(`# sixty members checked in within ${seconds.toFixed(1)} s`);
  const failed = answers.filter(({ status, text }) => status !== 200 || !text.includes('签到成功'));
  assert.deepEqual(failed.map(({ status, text }) => `${status} ${text.slice(0, 300)}`), []);
  const places = answers.map(({ text }) => Number(text.match(/第 (\d+) 位/)[1])).sort((a, b) => a - b);
  assert.deepEqual(places, Array.from({ length: MEMBERS }, (_, n) => n + 1), 'each is told another place');
  await tv.waitForFunction((all) => document.getElementById('present').textContent === String(all), MEMBERS);
  await tv.waitForSelector('#names >> text=还有 37 人');
  await desk.goto(`${station.url}/desk/live`);
  await desk.waitForSelector('text=在场 60 人');
  await desk.waitForSelector('text=还没有到 0 人');
});

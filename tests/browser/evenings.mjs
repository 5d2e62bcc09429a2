// How each evening begins: a policy with short times, a station with a roster, the operator at his desk, a television
// that was let in, and phones that check in with the code that it shows.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Station, browser, PHONE, DESK } from './station.mjs';

export const shots = new URL('./shots/', import.meta.url).pathname;

// The built-in policy with other numbers: `{ check_every_s: 20 }`. It is named after the test.
function policyWith(name, numbers) {
  let text = readFileSync(new URL('../../config/policy.toml', import.meta.url), 'utf8');
  const put = (find, line) => {
    assert.match(text, find, `the policy has no line for ${line}`);
    text = text.replace(find, line);
  };
  put(/name = "[^"]*"/, `name = "${name}"`);
  for (const [key, value] of Object.entries(numbers)) { put(new RegExp(`${key} = \\d+`), `${key} = ${value}`); }
  const path = join(tmpdir(), `policy-${name}-${process.pid}.toml`);
  writeFileSync(path, text);
  return path;
}

// The operator sets his passphrase with the one-time code.
export async function takesOffice(desk, station) {
  await desk.goto(`${station.url}/desk`);
  await desk.fill('#c', station.code);
  await desk.fill('#p', '青石桥站点管理口令');
  await desk.fill('#r', '青石桥站点管理口令');
  await desk.click('button.btn-1');
  await desk.waitForURL('**/desk');
}

// And imports the roster.
export async function firstSteps(desk, station, roster) {
  await takesOffice(desk, station);
  await desk.goto(`${station.url}/desk/import`);
  await desk.setInputFiles('#x', { name: 'roster.csv', mimeType: 'text/csv', buffer: Buffer.from(roster) });
  await desk.click('form[enctype] button');
  await desk.click('form[action="/desk/import/apply"] button');
  await desk.waitForSelector('text=导入好了');
}

// What a television shows in letters under 28 px, or outside the screen.
function illegible(page) {
  return page.evaluate(() => {
    const faults = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!node.textContent.trim() || box.width < 1 || box.height < 1) { continue; }
      const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
      const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
      if (size < 28 || !inside) { faults.push(`${node.textContent.trim()} ${size} px ${Math.round(box.right)} ${Math.round(box.bottom)}`); }
    }
    return faults;
  });
}

export class Evening {
  // A station with this roster, and the operator signed in on his desk.
  static async at({ name, numbers, roster, commitMs = 200 }) {
    mkdirSync(shots, { recursive: true });
    const evening = new Evening();
    evening.policy = policyWith(name, numbers);
    const station = `[station]\nname = "青石桥村远程教育站点"\nplace = "澄源县 松林镇"\n`;
    const viewing = `[viewing]\nbeat_every_s = 5\ncommit_within_ms = ${commitMs}\n`;
    evening.station = await Station.start(`${station}${viewing}[policy]\nfile = "${evening.policy}"\n`);
    evening.chrome = await browser();
    evening.desk = await evening.open(DESK);
    await firstSteps(evening.desk, evening.station, roster);
    return evening;
  }

  async open(options = PHONE) {
    const page = await (await this.chrome.newContext(options)).newPage();
    page.setDefaultTimeout(60_000);
    return page;
  }

  // Lets in the television that this page is, by the digits that it shows.
  async letIn(page, name) {
    const { desk, station } = this;
    await page.goto(`${station.url}/tv`);
    const shown = (await page.textContent('.code')).trim();
    await desk.goto(`${station.url}/desk/live`);
    await desk.fill('#code', shown);
    await desk.fill('#name', name);
    await desk.click('button[value="let_in"]');
    await page.waitForSelector('.tile');
  }

  // The code that a television shows just now: the large one, if it is there.
  async code(tv = this.tv) {
    return (await tv.evaluate(() => {
      const large = document.getElementById('code-l');
      const small = document.getElementById('code');
      return (large && large.offsetParent ? large : small || large).textContent;
    })).trim();
  }

  // A phone types the code of the television; `fields` are those of a member who is not signed in yet.
  async checkIn(phone, fields = {}, tv = this.tv) {
    await phone.goto(`${this.station.url}/checkin`);
    for (const [id, value] of Object.entries(fields)) { await phone.fill(id, value); }
    await phone.fill('#c', await this.code(tv));
    await phone.click('form[action="/checkin"] button');
  }

  // A member with a phone of his own, and his PIN.
  async comes(member, pin, tv = this.tv) {
    const phone = await this.open(PHONE);
    await this.checkIn(phone, { '#m': member, '#p': pin }, tv);
    return phone;
  }

  // A television is read from four metres away, and nobody can scroll it.
  async shot(page, name, fullPage = false) {
    if (name.startsWith('tv-')) { assert.deepEqual(await illegible(page), [], name); }
    return page.screenshot({ path: join(shots, `${name}.png`), fullPage });
  }

  async end() {
    await this.chrome?.close();
    await this.station?.end();
    rmSync(this.policy, { force: true });
  }
}

// A real station in a folder of its own, and a real Chromium, for tests that do what people do.

import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
const program = process.env.YUANJIAO || new URL('../../target/debug/yuanjiao', import.meta.url).pathname;

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Station {
  // `furnish(folder)` is called before the program runs for the first time.
  static async start(config = '', furnish = () => {}) {
    const station = new Station();
    station.folder = mkdtempSync(join(tmpdir(), 'yuanjiao-'));
    furnish(station.folder);
    station.port = await freePort();
    station.url = `http://127.0.0.1:${station.port}`;
    writeFileSync(join(station.folder, 'station.toml'), config);
    await station.on();
    return station;
  }

  args(...more) {
    const f = this.folder;
    return [...more, '--config', join(f, 'station.toml'), '--data', join(f, 'data'), '--media', join(f, 'media')];
  }

  // Starts the program and waits until it says that it is open.
  on() {
    this.process = spawn(program, this.args('--listen', `127.0.0.1:${this.port}`), { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    return new Promise((resolve, reject) => {
      this.process.once('exit', (code) => reject(new Error(`the station ended with ${code}: ${said}`)));
      this.process.stdout.on('data', (chunk) => {
        said += chunk;
        const code = said.match(/验证码：([\d-]+)/);
        if (code) { this.code = code[1]; }
        if (said.includes('课件文件夹')) { resolve(this); }
      });
    });
  }

  // Pulls the plug: nothing is flushed, nobody says goodbye.
  kill() {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) { resolve(); return; }
      this.process.removeAllListeners('exit');
      this.process.once('exit', resolve);
      this.process.kill('SIGKILL');
    });
  }

  // A command beside the station.
  async command(...words) {
    const { stdout } = await run(program, this.args(...words));
    return stdout;
  }

  // A command of the district, whose books lie beside.
  async district(...words) {
    const { stdout } = await run(program, ['district', ...words, '--data', join(this.folder, 'district')]);
    return stdout;
  }

  // An item, as soon as the station lists it.
  async item(title) {
    for (;;) {
      const { items } = await (await fetch(`${this.url}/api/items`)).json();
      const found = items.find((item) => item.title === title);
      if (found) { return found; }
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  }

  async end() {
    await this.kill();
    if (existsSync(this.folder)) { rmSync(this.folder, { recursive: true, force: true }); }
  }
}

// Presses arrow keys until the control that `selector` names has the focus, as somebody with a remote control does who
// looks where the yellow ring is.
export async function steer(page, selector) {
  for (let n = 0; n < 40; n += 1) {
    const key = await page.evaluate((wanted) => {
      const there = document.querySelector(wanted);
      const here = document.activeElement;
      if (here === there) { return ''; }
      if (!here || here === document.body) { return 'ArrowDown'; }
      const [a, b] = [here.getBoundingClientRect(), there.getBoundingClientRect()];
      const [dx, dy] = [b.left + b.width / 2 - a.left - a.width / 2, b.top + b.height / 2 - a.top - a.height / 2];
      const rows = Math.abs(dy) > Math.min(a.height, b.height) / 2;
      if (rows) { return dy > 0 ? 'ArrowDown' : 'ArrowUp'; }
      return dx > 0 ? 'ArrowRight' : 'ArrowLeft';
    }, selector);
    if (!key) { return; }
    await page.keyboard.press(key);
  }
  throw new Error(`the arrow keys do not lead to ${selector}`);
}

export function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  });
}

export const PHONE = { viewport: { width: 390, height: 844 }, locale: 'zh-CN', deviceScaleFactor: 2 };
export const DESK = { viewport: { width: 1366, height: 900 }, locale: 'zh-CN' };

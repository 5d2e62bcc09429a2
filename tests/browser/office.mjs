// The district's office: its books in a folder of their own, its pages, and a clerk who may sign.

import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './station.mjs';

const program = process.env.YUANJIAO || new URL('../../target/debug/yuanjiao', import.meta.url).pathname;
export const CLERK = '主任';
export const PASSPHRASE = '一二三四五六七八';

export class Office {
  // With the clerk's account; `settings` gives the text of its configuration for the folder where it lies.
  static async open(settings = () => '') {
    const office = new Office();
    office.folder = mkdtempSync(join(tmpdir(), 'yuanjiao-office-'));
    office.data = join(office.folder, 'data');
    office.words = ['--config', join(office.folder, 'district.toml'), '--data', office.data];
    writeFileSync(office.words[1], settings(office.folder));
    await office.command(['account', CLERK, '--role', 'sign'], PASSPHRASE);
    return office;
  }

  // Runs `yuanjiao district …` on the office's books, with something to read.
  command(words, input = '') {
    return new Promise((resolve, reject) => {
      const child = execFile(program, ['district', ...words, ...this.words], (error, out) => (error ? reject(error) : resolve(out)));
      child.stdin.end(input);
    });
  }

  // Pins a station by the code that its operator reads out.
  async enrol(station) {
    return this.command(['enrol', station.url, '--code', (await station.command('enrol-code')).trim()]);
  }

  // Opens the pages.
  async serve() {
    const address = `127.0.0.1:${await freePort()}`;
    this.url = `http://${address}`;
    this.child = spawn(program, ['district', 'serve', '--listen', address, ...this.words], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      this.child.once('exit', (code) => reject(new Error(`the district ended with ${code}`)));
      this.child.stdout.on('data', (chunk) => { if (String(chunk).includes('台账存在')) { resolve(); } });
    });
  }

  async signIn(page, account = CLERK) {
    await page.goto(`${this.url}/signin`);
    await page.fill('#a', account);
    await page.fill('#p', PASSPHRASE);
    await Promise.all([page.waitForNavigation(), page.click('button.btn-1')]);
  }

  end() {
    this.child?.removeAllListeners('exit');
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

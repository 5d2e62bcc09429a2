// A Chromium whose tabs really go into the background: the driver of the other tests keeps every page in the foreground.
// Spoken to over a pipe, in the browser's own protocol.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Tabs {
  static start() {
    const tabs = new Tabs();
    tabs.home = mkdtempSync(join(tmpdir(), 'yuanjiao-chrome-'));
    tabs.process = spawn(process.env.CHROMIUM || '/usr/bin/chromium',
      ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe', `--user-data-dir=${tabs.home}`,
        '--autoplay-policy=no-user-gesture-required', '--mute-audio', 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    tabs.asked = 0;
    tabs.waiting = new Map();
    let heard = '';
    tabs.process.stdio[4].on('data', (chunk) => {
      heard += chunk;
      for (let end = heard.indexOf('\0'); end >= 0; end = heard.indexOf('\0')) {
        const said = JSON.parse(heard.slice(0, end));
        heard = heard.slice(end + 1);
        tabs.waiting.get(said.id)?.(said.result);
        tabs.waiting.delete(said.id);
      }
    });
    return tabs;
  }

  ask(method, params = {}, sessionId = undefined) {
    this.asked += 1;
    return new Promise((resolve) => {
      this.waiting.set(this.asked, resolve);
      this.process.stdio[3].write(`${JSON.stringify({ id: this.asked, method, params, sessionId })}\0`);
    });
  }

  // A new tab, which comes to the front; all others are hidden.
  async open(url) {
    const { targetId } = await this.ask('Target.createTarget', { url });
    const { sessionId } = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    const tab = {
      front: () => this.ask('Target.activateTarget', { targetId }),
      ask: (method, params) => this.ask(method, params, sessionId),
      run: async (code) => (await this.ask('Runtime.evaluate', { expression: code, awaitPromise: true, returnByValue: true }, sessionId)).result.value,
    };
    // Looks again and again until it holds.
    tab.until = async (code) => {
      for (let looks = 0; looks < 900; looks += 1) {
        if (await tab.run(code)) { return; }
        await new Promise((later) => { setTimeout(later, 100); });
      }
      throw new Error(`never: ${code}`);
    };
    return tab;
  }

  async end() {
    const ended = new Promise((resolve) => { this.process.once('exit', resolve); });
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20 });
  }
}

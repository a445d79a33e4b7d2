import type { Ticks } from './clock.ts';
import type { Account } from './events-logon.ts';
import type { Host } from './host.ts';
import type { Session } from './rdp.ts';
import { disconnect, endSession, reconnect, startSession } from './rdp.ts';

/** Things that happen to a host, run in the order of time whatever order they are planned in, with the sessions that are open at that time. */
export class Agenda {
  readonly host: Host;
  readonly #items: { time: Ticks; order: number; run: (time: Ticks) => void }[] = [];
  readonly #sessions = new Map<string, Session>();

  constructor(host: Host) {
    this.host = host;
  }

  /** Plans something for a time. */
  plan(time: Ticks, run: (time: Ticks) => void): void {
    this.#items.push({ time, order: this.#items.length, run });
  }

  /** Runs everything planned, earliest first; things may plan more while running. What falls into a downtime does not happen. */
  run(): void {
    for (;;) {
      let first = -1;
      this.#items.forEach((item, index) => {
        const best = this.#items[first];
        if (!best || item.time < best.time || (item.time === best.time && item.order < best.order)) first = index;
      });
      if (first < 0) return;
      const [item] = this.#items.splice(first, 1);
      if (!this.host.isDown(item!.time)) item!.run(item!.time);
    }
  }

  /** Plans that an account's session starts; nothing happens when one is open. */
  login(time: Ticks, account: Account, start: (time: Ticks) => Session): void {
    this.plan(time, (now) => {
      if (!this.#sessions.has(account.name)) this.#sessions.set(account.name, start(now));
    });
  }

  /** Plans that an account logs off; nothing happens when a stop has ended the session before. */
  logoff(time: Ticks, account: Account): void {
    this.plan(time, (now) => {
      const open = this.#sessions.get(account.name);
      if (open) endSession(this.host, now, open);
      this.#sessions.delete(account.name);
    });
  }

  /** Plans a pause: the client disconnects and comes back to the same session. */
  pause(from: Ticks, to: Ticks, account: Account): void {
    this.plan(from, (now) => {
      const open = this.#sessions.get(account.name);
      if (!open) return;
      disconnect(this.host, now, open);
      this.plan(to, (back) => {
        if (this.#sessions.get(account.name) === open) this.#sessions.set(account.name, reconnect(this.host, back, open));
      });
    });
  }

  /** Returns the open sessions and forgets them: a stop ends them all. */
  takeSessions(): readonly Session[] {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    return open;
  }

  /** Plans that the users of ended sessions log on again, some minutes after a boot. */
  comeBack(after: Ticks, ended: readonly Session[]): void {
    for (const { account, ip } of ended) {
      const time = this.host.after(after, this.host.random.between(150, 700));
      this.login(time, account, (now) => startSession(this.host, now, account, ip));
    }
  }
}

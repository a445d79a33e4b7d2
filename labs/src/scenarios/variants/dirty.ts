import { boot, stopDirty } from '../boot-and-stop.ts';
import { SERVER_2016 } from '../builds.ts';
import type { EventShape } from '../event.ts';
import { fields, str } from '../event.ts';
import type { ScenarioFile } from '../host.ts';
import { quietDays, server } from './server.ts';

/** A bug check with a dump: 41 with its code in decimal, volmgr 162, WER 1001 with code and parameters. */
export function bugCheck(): readonly ScenarioFile[] {
  const on = server({ seed: 209 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 10:41:18.2270031'), (now) => {
    agenda.takeSessions();
    const facts = {
      code: 0xd1,
      parameters: [0x28n, 0x2n, 0x0n, 0xfffff80662a41be4n],
      reportId: '030321-9437-01',
      dump: 162,
    } as const;
    boot(host, host.after(now, 96), stopDirty(host, now, { bugCheck: facts }));
  });
  agenda.run();
  return host.files();
}

/** A bug check whose dump failed: 41 has the code, volmgr 161 says why there is no 1001. Server 2016 shapes. */
export function bugCheckDumpFailed(): readonly ScenarioFile[] {
  const on = server({ build: SERVER_2016, seed: 161 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-02 15:09:33.0093415'), (now) => {
    agenda.takeSessions();
    const facts = { code: 0x7a, parameters: [0x20n, 0xffffffffc000009dn, 0xffffb98d4be3c7f8n, 0n], reportId: '', dump: 161 } as const;
    boot(host, host.after(now, 131), stopDirty(host, now, { bugCheck: facts }));
  });
  agenda.run();
  return host.files();
}

/** Mains lost: nothing before, 41 with code 0 and no button, 6008. */
export function powerLoss(): readonly ScenarioFile[] {
  const on = server({ build: SERVER_2016, seed: 41 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 05:33:50.6619207'), (now) => {
    agenda.takeSessions();
    boot(host, host.after(now, 1975), stopDirty(host, now));
  });
  agenda.run();
  return host.files();
}

/** Somebody holds the power button: 41 with code 0 and the time of the button. */
export function powerButtonHeld(): readonly ScenarioFile[] {
  const on = server({ seed: 4 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 12:15:29.4410035'), (now) => {
    agenda.takeSessions();
    boot(host, host.after(now, 74), stopDirty(host, now, { powerButton: now }));
  });
  agenda.run();
  return host.files();
}

/** Storage stops answering, services time out, then nothing is written for forty minutes until somebody resets the machine. */
export function hang(): readonly ScenarioFile[] {
  const on = server({ seed: 129 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 09:58:02.1183774'), (now) => {
    agenda.takeSessions();
    for (let i = 0; i < 4; i++) host.emit(host.after(now, i * 33), storageReset());
    for (const service of ['Winmgmt', 'LanmanServer', 'TermService'] as const) {
      host.emit(host.after(now, 120 + service.length * 2), serviceTimeout(service));
    }
    boot(host, host.after(now, 3110), stopDirty(host, host.after(now, 600)));
  });
  agenda.run();
  return host.files();
}

/** storahci 129: a reset was sent to the device. */
function storageReset(): EventShape {
  return {
    channel: 'System',
    system: { provider: 'storahci', eventId: 129, qualifiers: 0x8004, level: 3, task: 0, keywords: 0x80000000000000n },
    data: { kind: 'classic', strings: ['\\Device\\RaidPort0'], binary: new Uint8Array(56) },
    shape: 'classic',
  };
}

/** Service Control Manager 7011: a service did not answer in time. */
function serviceTimeout(service: string): EventShape {
  return {
    channel: 'System',
    system: {
      provider: 'Service Control Manager',
      providerGuid: '{555908d1-a6d7-4695-8e1e-26931d2012f4}',
      eventSourceName: 'Service Control Manager',
      eventId: 7011,
      qualifiers: 0xc000,
      version: 0,
      level: 2,
      task: 0,
      opcode: 0,
      keywords: 0x8080000000000000n,
      processId: 560,
      threadId: 748,
    },
    data: fields(['param1', str('30000')], ['param2', str(service)]),
  };
}

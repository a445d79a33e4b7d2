/**
 * Shows the connection doctor on five hosts that do not exist: starts each as a double on loopback and runs the command on it. Needs no root and
 * changes nothing. `--lang ja|en`, else the language of the environment.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CONNECTION_ROWS,
  type ConnectionRow,
  evidenceFiles,
  HEALTHY_WORLDS,
  ROW_PASSWORD,
  type RowText,
  type RowWorld,
  type RunningWorld,
  startWorld,
} from '@winmedic/labs/connection-rows';
import { chooseLanguage } from '../apps/cli/src/context.ts';
import { runProgram } from '../apps/cli/src/program.ts';

/** One host of the demonstration. */
interface Scene {
  readonly title: RowText;
  readonly world: RowWorld;
  /** Arguments of `winmedic connect`. */
  readonly args: (world: RunningWorld) => readonly string[];
  /** Give the Security log with the failure that the attempt is about to leave. */
  readonly failure?: { readonly user: string; readonly domain: string; readonly status: number };
}

const lang = chooseLanguage(process.argv.slice(2), process.env);

function row(id: string): ConnectionRow {
  const found = CONNECTION_ROWS.find((each) => each.id === id);
  if (found === undefined) throw new RangeError(`no row ${id}`);
  return found;
}

const url = ({ place }: RunningWorld): string => `${place.transport}://${place.address}:${place.port}`;

const scenes: readonly Scene[] = [
  {
    title: { en: 'A healthy host, nothing weakened on it', ja: '正常なホスト (設定は既定のまま)' },
    world: HEALTHY_WORLDS[1]?.world() ?? {},
    args: (world) => [url(world), '-u', '.\\local'],
  },
  {
    title: row('uac-filter').how,
    world: row('uac-filter').world?.() ?? {},
    args: (world) => [url(world), '-u', '.\\operator'],
  },
  {
    title: row('form-other-domain').how,
    world: row('form-other-domain').world?.() ?? {},
    args: (world) => [url(world), '-u', 'OLDCORP\\alice'],
  },
  {
    title: row('inspection').how,
    world: row('inspection').world?.() ?? {},
    args: (world) => [url(world), '-u', 'CORP\\alice', '--insecure'],
    failure: { user: 'alice', domain: 'CORP', status: 0xc000_035b },
  },
  {
    title: row('rdp-logon-screen').how,
    world: row('rdp-logon-screen').world?.() ?? {},
    args: ({ place }) => [`${place.address}:${place.rdpPort}`, '--via', 'rdp'],
  },
];

/** Shows one host. @returns the exit code of the command. */
async function show(scene: Scene, number: number): Promise<number> {
  const world = await startWorld(scene.world);
  const folder = mkdtempSync(join(tmpdir(), 'winmedic-demo-'));
  try {
    const args = ['connect', ...scene.args(world)];
    const { failure } = scene;
    if (failure !== undefined) {
      const logons = [{ id: 4625, scheme: 'NTLM', ...failure }] as const;
      for (const { name, bytes } of evidenceFiles({ securityLog: true }, logons, Date.now())) writeFileSync(join(folder, name), bytes);
      args.push('--evidence', folder);
    }
    const shown = args.map((arg) => (/[\\ ]/.test(arg) ? `'${arg}'` : arg)).join(' ');
    process.stdout.write(`\n━━ ${number}/${scenes.length} ${scene.title[lang]}\n$ winmedic ${shown}\n\n`);
    // The command removes the password from the environment when it has read it.
    process.env['WINMEDIC_PASSWORD'] = ROW_PASSWORD;
    return await runProgram([...args, '--lang', lang]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await world.close();
  }
}

// The Kerberos realm of this machine has nothing to do with the doubles.
process.env['KRB5_CONFIG'] = join(tmpdir(), 'winmedic-demo-without-krb5.conf');
for (const [i, scene] of scenes.entries()) {
  const code = await show(scene, i + 1);
  // 0 and 1 are verdicts; anything else means that the demonstration itself failed.
  if (code > 1) {
    process.exitCode = code;
    break;
  }
}

/**
 * Shows the repair of a disk on one that is made for it: looks at it, shows every block a repair would change, repairs, verifies, undoes, and compares.
 * Needs no root and no tools, and leaves nothing behind. `--lang ja|en`, else the language of the environment. `--keep FILE` only writes the disk to a new
 * file, to try the commands on.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseLanguage } from '../apps/cli/src/context.ts';
import { runProgram } from '../apps/cli/src/program.ts';
import { demoDisk } from './demo-disk-image.ts';

const NAME = 'server.img';

const SCENES = [
  {
    title: { en: 'Which Windows is it, and what stands against a repair?', ja: 'どの Windows か、修復を妨げるものはあるか' },
    args: ['inspect', NAME],
  },
  {
    title: { en: 'What does the evidence on the disk speak for?', ja: 'ディスク上の証拠から適した修復を提案' },
    args: ['repair', NAME, '--auto'],
  },
  {
    title: { en: 'Every block that would change; nothing is written', ja: '変更されるすべてのブロック (書き込みなし)' },
    args: ['repair', NAME, '--for', 'crowdstrike-291', '--dry-run'],
  },
  {
    title: { en: 'The repair, with an undo journal', ja: '修復 (取り消し用ジャーナルつき)' },
    args: ['repair', NAME, '--for', 'crowdstrike-291', '--yes'],
  },
  { title: { en: 'File systems and hives are checked', ja: 'ファイル システムとハイブの検査' }, args: ['verify', NAME] },
  { title: { en: 'Undone, bit for bit', ja: 'ビット単位の取り消し' }, args: ['undo', NAME, '--yes'] },
] as const;

const lang = chooseLanguage(process.argv.slice(2), process.env);
const hash = (): string => createHash('sha256').update(readFileSync(NAME)).digest('hex');

const { keep } = parseArgs({ options: { keep: { type: 'string' }, lang: { type: 'string' } } }).values;
if (keep !== undefined) {
  writeFileSync(keep, demoDisk().bytes, { flag: 'wx' });
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), 'winmedic-demo-'));
const home = process.cwd();
process.chdir(folder);
try {
  writeFileSync(NAME, demoDisk().bytes);
  const before = hash();
  for (const [i, { title, args }] of SCENES.entries()) {
    process.stdout.write(`\n━━ ${i + 1}/${SCENES.length} ${title[lang]}\n$ winmedic disk ${args.join(' ')}\n\n`);
    const code = await runProgram(['disk', ...args, '--lang', lang, '--quiet']);
    if (code !== 0) throw new Error(`winmedic disk ${args.join(' ')}: exit code ${code}`);
  }
  const after = hash();
  if (after !== before) throw new Error(`the disk is not as it was: ${before}, now ${after}`);
  process.stdout.write(
    `\nSHA-256 ${before}\n${lang === 'ja' ? '取り消し後のディスクは修復前と同一です。' : 'After undo the disk is what it was before.'}\n`,
  );
} finally {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
}

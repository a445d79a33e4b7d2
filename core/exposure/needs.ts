import type { Localized, SettingDefinition, SettingPlace } from '@winmedic/knowledge/model';
import type { UncheckedPlace } from '../model/audit.ts';
import type { InputProblem } from '../model/observation.ts';
import { addressKey, hiveRootOf, keyPart, schemeOf } from './address.ts';
import { baseName, folderOf } from './folders.ts';
import type { Unit } from './unit.ts';

const say = (en: string, ja: string): Localized => ({ en, ja });

/** Where Windows keeps the file of a hive. @source Microsoft Learn, "Registry Hives" (table of supporting files); BCD: "BCD system store settings" */
const HIVES: ReadonlyMap<string, Localized> = new Map([
  ...['SYSTEM', 'SOFTWARE', 'SECURITY', 'SAM'].map((name): [string, Localized] => [
    `HKLM\\${name}`,
    say(`the ${name} hive (Windows\\System32\\config\\${name})`, `${name} ハイブ (Windows\\System32\\config\\${name})`),
  ]),
  ['BCD', say('the boot store (file BCD of the system partition)', 'ブート構成データ (システム パーティションの BCD ファイル)')],
]);

/** Command whose output shows addresses of a scheme; `http` has several. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['winrm', 'winrm get winrm/config'],
  ['right', 'secedit /export /cfg FILE'],
  ['account', 'secedit /export /cfg FILE'],
  ['audit', 'auditpol /get /category:* /r'],
  ['os', 'systeminfo'],
  ['host', 'systeminfo'],
  ['whoami', 'whoami /all'],
  ['gpo', 'gpresult /x FILE'],
]);

/** Language-neutral word for what is missing: the hive, or the scheme. */
export function needWord(place: SettingPlace): string {
  return hiveRootOf(place.address) ?? schemeOf(place.address);
}

/**
 * Why a place was not looked at, and what would be needed.
 * @param units the sources that show the present state of the host.
 */
export function uncheckedPlace(
  setting: SettingDefinition,
  place: SettingPlace,
  units: readonly Unit[],
  problems: DamagedInputs,
): UncheckedPlace {
  const root = hiveRootOf(place.address);
  if (root === undefined) {
    const scheme = schemeOf(place.address);
    const reason = units.some((u) => u.schemes.has(scheme)) ? 'not-covered' : 'no-source';
    return { place, reason, need: commandNeed(setting, place) };
  }
  const hive = HIVES.get(root) ?? say(`the hive with ${root}`, `${root} を含むハイブ`);
  const given = units.filter((u) => u.isHive && u.roots.has(root));
  if (given.length === 0) {
    const broken = problems.brokenHive(root, units);
    return { place, reason: broken ? 'damaged' : 'hive-missing', need: broken ? undamaged(hive) : hive };
  }
  if (given.every((u) => !u.whole && problems.isDamaged(u.path))) return { place, reason: 'damaged', need: undamaged(hive) };
  const key = keyPart(place.address).slice(4);
  return { place, reason: 'not-covered', need: say(`the output of reg query "${key}"`, `reg query "${key}" の出力`) };
}

function undamaged(hive: Localized): Localized {
  return say(`an undamaged copy of ${hive.en}`, `破損のない ${hive.ja}`);
}

function commandNeed(setting: SettingDefinition, place: SettingPlace): Localized {
  const key = addressKey(place.address);
  const scheme = schemeOf(key);
  const command =
    scheme === 'winrm' && key.startsWith('winrm:config/listener')
      ? 'winrm enumerate winrm/config/listener'
      : scheme === 'service'
        ? serviceCommand(place)
        : (COMMANDS.get(scheme) ?? (setting.command?.includes('\n') === false ? setting.command : undefined));
  return command === undefined ? asPhrase(setting.obtain) : say(`the output of ${command}`, `${command} の出力`);
}

/** A sentence as part of a list. */
function asPhrase({ en, ja }: Localized): Localized {
  return say(en.replace(/\.$/, ''), ja.replace(/。$/, ''));
}

/** The state of all services is one listing, their configuration one command each. */
function serviceCommand(place: SettingPlace): string {
  const [path = '', name = ''] = place.address.split('!', 2);
  return name.toLowerCase() === 'state' ? 'sc query state= all' : `sc qc ${path.slice(path.indexOf(':') + 1)}`;
}

/** Inputs of which parts could not be read. */
export class DamagedInputs {
  readonly #paths = new Set<string>();
  readonly #hives: { readonly folder: string; readonly name: string }[] = [];

  constructor(problems: readonly InputProblem[]) {
    for (const { path, severity, code } of problems) {
      if (severity === 'note') continue;
      this.#paths.add(path);
      if (code.startsWith('HIVE_') || code.startsWith('EVIDENCE_')) {
        this.#hives.push({ folder: folderOf(path), name: baseName(path).toUpperCase() });
      }
    }
  }

  isDamaged(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Was a file named like this hive given beside these sources, of which nothing could be read? Its content cannot tell any more. */
  brokenHive(root: string, units: readonly Unit[]): boolean {
    const name = root.slice(root.lastIndexOf('\\') + 1);
    return this.#hives.some((hive) => hive.name === name && units.some((u) => folderOf(u.path) === hive.folder));
  }
}

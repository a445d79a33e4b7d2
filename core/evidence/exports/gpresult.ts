import { findTime } from '../../explain/times.ts';
import type { InstantNs } from '../../model/observation.ts';
import { accountAddress, auditWord } from './accounts.ts';
import { addValue, registryKey } from './registry.ts';
import type { Sink } from './sink.ts';
import type { LineFinder } from './xml-section.ts';
import { part, partsOf, type XmlPart } from './xml-tree.ts';

/** Passes on what `gpresult /x` says of the computer: policies applied, and the settings whose stored form it gives. What it says of the user is not read. */
export function addGpresult(root: XmlPart, sink: Sink, find: LineFinder): void {
  sink.section('gpresult');
  const computer = part(root, 'ComputerResults');
  if (computer === undefined) {
    sink.problem('EXPORT_PART_UNKNOWN', 'note', find.of(root.start), 'ComputerResults');
    return;
  }
  // With its zone the time is one; a report without zone leaves it open.
  const read = findTime(part(root, 'ReadTime')?.text ?? '', 0);
  const until = read?.zone === 'stated' ? read.time : undefined;
  if (until !== undefined) sink.madeAt(until);
  const host = /^(?:[^\\]{1,255}\\)?([^\\$]{1,255})\$?$/.exec(part(computer, 'Name')?.text ?? '')?.[1];
  if (host !== undefined) sink.named(host);
  const outer = sink.host;
  sink.host ??= host;
  const report = new Report(sink, find, until);
  report.policies(computer);
  for (const data of partsOf(computer, 'ExtensionData')) {
    for (const extension of partsOf(data, 'Extension')) for (const setting of extension.parts) report.setting(setting);
  }
  report.finish();
  sink.host = outer;
}

class Report {
  readonly #sink: Sink;
  readonly #find: LineFinder;
  readonly #until: InstantNs | undefined;
  #namedOnly = 0;
  #namedLine = 0;

  constructor(sink: Sink, find: LineFinder, until: InstantNs | undefined) {
    this.#sink = sink;
    this.#find = find;
    this.#until = until;
  }

  policies(computer: XmlPart): void {
    const line = this.#find.of(computer.start);
    const is = (parent: XmlPart, name: string, value: string): boolean => part(parent, name)?.text.toLowerCase() === value;
    for (const policy of partsOf(computer, 'GPO')) {
      const orders = partsOf(policy, 'Link').map((link) => part(link, 'AppliedOrder')?.text);
      const linked = orders.every((order) => order === undefined) || orders.some((order) => Number(order) > 0);
      const applied = is(policy, 'Enabled', 'true') && is(policy, 'IsValid', 'true') && is(policy, 'FilterAllowed', 'true');
      const name = part(policy, 'Name')?.text ?? '';
      if (name === '' || !linked || !applied || !is(policy, 'AccessDenied', 'false')) continue;
      const id = part(part(policy, 'Path'), 'Identifier')?.text ?? '';
      const line = this.#find.of(policy.start);
      this.#sink.state(`gpo:applied!${name}`, id, { line, ...(this.#until !== undefined && { until: this.#until }) });
    }
    this.#sink.extent('gpo:applied', 'values', line, this.#until === undefined ? {} : { until: this.#until });
  }

  /** One setting of any extension; only the policy that won counts. */
  setting(node: XmlPart): void {
    const precedence = part(node, 'Precedence')?.text;
    if (precedence !== undefined && precedence !== '1') return;
    if (node.name === 'Account') this.#account(part(node, 'Name')?.text, node);
    else if (node.name === 'SecurityOptions') this.#securityOption(node);
    else if (node.name === 'UserRightsAssignment') this.#right(node);
    else if (node.name === 'RegistrySetting') this.#registry(node);
    else if (node.name === 'AuditSetting') this.#audit(node);
    else if (node.name === 'Policy') {
      this.#namedOnly++;
      this.#namedLine ||= this.#find.of(node.start);
    }
  }

  finish(): void {
    // Administrative templates are shown by their title in the language of the system, without the registry value behind it.
    if (this.#namedOnly > 0) this.#sink.problem('EXPORT_POLICY_NAMES', 'note', this.#namedLine, String(this.#namedOnly));
  }

  #account(name: string | undefined, node: XmlPart): void {
    const address = accountAddress(name ?? '');
    const value = scalarOf(node);
    if (address !== undefined && value !== undefined) this.#state(address, value, node);
  }

  #securityOption(node: XmlPart): void {
    const path = part(node, 'KeyName')?.text;
    if (path === undefined) {
      this.#account(part(node, 'SystemAccessPolicyName')?.text, node);
      return;
    }
    const cut = path.lastIndexOf('\\');
    const key = registryKey(path.slice(0, Math.max(cut, 0)));
    const number = part(node, 'SettingNumber')?.text;
    const list = part(node, 'SettingStrings');
    const text = part(node, 'SettingString')?.text;
    const line = this.#find.of(node.start);
    const name = path.slice(cut + 1);
    if (key === undefined) this.#unknown(node);
    else if (number !== undefined && /^\d{1,10}$/.test(number)) this.#value(key, { name, type: 'REG_DWORD', value: number, line });
    else if (list !== undefined) this.#value(key, { name, type: 'REG_MULTI_SZ', value: list.parts.map((p) => p.text), line });
    else if (text !== undefined) this.#value(key, { name, type: 'REG_SZ', value: text, line });
    else this.#unknown(node);
  }

  #right(node: XmlPart): void {
    const name = part(node, 'Name')?.text ?? '';
    if (!/^Se[A-Za-z]{1,60}$/.test(name)) return;
    const members = partsOf(node, 'Member').map((member) => part(member, 'SID')?.text || part(member, 'Name')?.text || '');
    this.#state(
      `right:${name}`,
      members.filter((member) => member !== ''),
      node,
    );
  }

  #registry(node: XmlPart): void {
    const key = registryKey(`HKLM\\${part(node, 'KeyPath')?.text ?? ''}`);
    const value = part(node, 'Value');
    // Without a value only the key is set.
    if (key === undefined || value === undefined) return;
    const name = part(value, 'Name')?.text ?? '';
    const line = this.#find.of(node.start);
    const number = part(value, 'Number')?.text;
    const text = part(value, 'String')?.text;
    if (number !== undefined && /^\d{1,20}$/.test(number)) this.#value(key, { name, type: 'REG_DWORD', value: number, line });
    else if (text !== undefined) this.#value(key, { name, type: 'REG_SZ', value: text, line });
    else this.#unknown(node);
  }

  #audit(node: XmlPart): void {
    const id = part(node, 'SubcategoryGuid')?.text.toLowerCase() ?? '';
    const word = auditWord(part(node, 'SettingValue')?.text ?? '');
    if (/^\{[0-9a-f-]{36}\}$/.test(id) && word !== undefined) this.#state(`audit:${id}`, word, node);
  }

  #value(key: string, value: Parameters<typeof addValue>[2]): void {
    addValue(this.#sink, key, value, true, this.#until);
  }

  #state(address: string, value: string | readonly string[], node: XmlPart): void {
    const until = this.#until === undefined ? {} : { until: this.#until };
    this.#sink.state(address, value, { line: this.#find.of(node.start), byPolicy: true, ...until });
  }

  #unknown(node: XmlPart): void {
    this.#sink.problem('EXPORT_PART_UNKNOWN', 'partial', this.#find.of(node.start), node.name);
  }
}

function scalarOf(node: XmlPart): string | undefined {
  const flag = part(node, 'SettingBoolean')?.text.toLowerCase();
  if (flag === 'true' || flag === 'false') return flag === 'true' ? '1' : '0';
  return part(node, 'SettingNumber')?.text ?? part(node, 'SettingString')?.text;
}

import type { Sink } from './sink.ts';

/** A part of the WinRM configuration, from text or XML. */
export interface WinrmNode {
  readonly name: string;
  /** Absent: a part with children. */
  readonly value?: string;
  /** `GPO`, or `Compatibility` for a listener that comes with EnableCompatibility…Listener. */
  readonly source: string | undefined;
  readonly line: number;
  readonly children: readonly WinrmNode[];
  /** Its end was seen: nothing of it is missing. */
  readonly closed: boolean;
}

/** Parts below `config` whose values are read, by the name they begin with. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ['config', 'config'],
  ['service', 'config/service'],
  ['client', 'config/client'],
  ['winrs', 'config/winrs'],
]);

/** Passes the part of a configuration on that `winrm get` shows. */
export function addWinrm(root: WinrmNode, sink: Sink): void {
  const path = rootPath(root, sink);
  if (path === undefined) {
    sink.problem('EXPORT_PART_UNKNOWN', 'partial', root.line);
    return;
  }
  sink.section('winrm-config');
  addPart(root, path, sink, false);
  const whole = root.closed;
  if (!whole) {
    sink.problem('EXPORT_CUT', 'partial', root.line);
    return;
  }
  // The listeners are no part of the configuration that is shown: only what lies below each part is whole.
  if (path === 'config') {
    sink.extent('winrm:config', 'values', root.line);
    for (const child of root.children) {
      const below = PARTS.get(child.name.toLowerCase());
      if (child.value === undefined && below !== undefined) sink.extent(`winrm:${below}`, 'tree', child.line);
    }
  } else sink.extent(`winrm:${path}`, 'tree', root.line);
}

/** `Auth` and `DefaultPorts` exist in service and client: the command says which, or a value that only one of them has. */
function rootPath(root: WinrmNode, sink: Sink): string | undefined {
  const name = root.name.toLowerCase();
  const known = PARTS.get(name);
  if (known !== undefined) return known;
  if (name !== 'auth' && name !== 'defaultports') return undefined;
  const asked = sink.command?.args
    .map((word) => /^winrm\/(config\/(?:service|client))\//i.exec(word)?.[1])
    .find((path) => path !== undefined);
  if (asked !== undefined) return `${asked.toLowerCase()}/${name}`;
  const has = (value: string): boolean => root.children.some((child) => child.name.toLowerCase() === value);
  if (name === 'auth' && has('cbthardeninglevel')) return 'config/service/auth';
  return name === 'auth' && has('digest') ? 'config/client/auth' : undefined;
}

function addPart(node: WinrmNode, path: string, sink: Sink, byPolicy: boolean): void {
  for (const child of node.children) {
    const policy = byPolicy || child.source === 'GPO';
    if (child.value === undefined) {
      if (path.split('/').length < MAX_DEPTH) addPart(child, `${path}/${child.name.toLowerCase()}`, sink, policy);
    } else sink.state(`winrm:${path}!${child.name}`, settingText(child.value), { line: child.line, byPolicy: policy });
  }
}

/** config/service/auth is the deepest part Windows has. */
const MAX_DEPTH = 5;

function settingText(text: string): string {
  return /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text;
}

/** Passes listeners on. `complete`: these are all there are. */
export function addListeners(listeners: readonly WinrmNode[], sink: Sink, line: number, complete: 'yes' | 'if-alone' | 'no'): void {
  sink.section('winrm-listener');
  for (const listener of listeners) {
    const get = (name: string): string | undefined => listener.children.find((child) => child.name.toLowerCase() === name)?.value;
    const [address, transport] = [get('address'), get('transport')?.toUpperCase()];
    if (!listener.closed || address === undefined || transport === undefined) {
      sink.problem('EXPORT_CUT', 'partial', listener.line);
      continue;
    }
    // A compatibility listener has address and transport of another one; with its origin both have a place.
    const origin = listener.source !== undefined && listener.source !== 'GPO' ? `+${listener.source}` : '';
    const path = `winrm:config/listener/${address}+${transport}${origin}`;
    const byName = new Map<string, WinrmNode[]>();
    for (const child of listener.children) byName.set(child.name, [...(byName.get(child.name) ?? []), child]);
    for (const [name, nodes] of byName) {
      const first = nodes[0] as WinrmNode;
      const byPolicy = listener.source === 'GPO' || first.source === 'GPO';
      sink.state(`${path}!${name}`, name.toLowerCase() === 'listeningon' ? addressesOf(nodes) : settingText(first.value ?? ''), {
        line: first.line,
        byPolicy,
      });
    }
  }
  if (complete === 'no' || listeners.some(({ closed }) => !closed)) return;
  if (complete === 'yes') sink.extent('winrm:config/listener', 'tree', line);
  else sink.extentIfAlone('winrm:config/listener', 'tree', line);
}

/** `null` is how winrm writes that it listens on no address. */
function addressesOf(nodes: readonly WinrmNode[]): string[] {
  return nodes
    .flatMap(({ value = '' }) => value.split(','))
    .map((address) => address.trim())
    .filter((address) => address !== '' && address.toLowerCase() !== 'null');
}

/** Did the command ask for all listeners? */
export function asksForListeners(sink: Sink): boolean {
  const { command } = sink;
  return (
    command?.name === 'winrm' &&
    /^e(?:num(?:erate)?)?$/i.test(command.args[0] ?? '') &&
    command.args.some((word) => /^winrm\/config\/listener$/i.test(word))
  );
}

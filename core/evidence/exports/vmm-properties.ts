import { type Lines, UNREADABLE_LINE } from './lines.ts';
import { looksSecret, withoutSecret, withoutUserInfo } from './secret.ts';
import type { Sink } from './sink.ts';

/** `vmm_url=http\://host/wsman` in the notation of Java properties. */
const PROPERTY = /^\s*(vmm_[A-Za-z0-9_.]{1,80})\s*[=:]\s*(.*)$/;
const ANY_PROPERTY = /^\s*[A-Za-z][\w.-]{0,120}\s*[=:]/;
/** Most properties of one file; a file per VM manager has about 20. */
const MAX_PROPERTIES = 10_000;

/** Do settings of the VM Manager tool begin here? */
export function isVmmProperties(lines: Lines): boolean {
  return PROPERTY.test(lines.trimmed() ?? '');
}

/** Reads the settings; of passwords only that they are set. The port that an address means without saying so is added as `vmm_url_port`. */
export function readVmmProperties(lines: Lines, sink: Sink): void {
  sink.section('vmm-properties');
  let count = 0;
  for (let text = lines.trimmed(); text !== undefined; text = lines.trimmed()) {
    const line = lines.number;
    const m = PROPERTY.exec(text);
    if (m === null && text !== '' && !/^\s*[#!]/.test(text) && (!ANY_PROPERTY.test(text) || text === UNREADABLE_LINE)) break;
    lines.next();
    if (m === null || ++count > MAX_PROPERTIES) continue;
    const name = m[1] as string;
    // A value that goes on in the next line is none of these; half of it would be wrong.
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test((m[2] as string).slice(-64))) {
      sink.problem('EXPORT_LINE_UNKNOWN', 'partial', line);
      continue;
    }
    const value = unescaped(m[2] as string);
    if (looksSecret(name)) sink.state(`vmm:config!${name}`, withoutSecret(value), { line });
    else {
      sink.state(`vmm:config!${name}`, withoutUserInfo(value), { line });
      const port = name === 'vmm_url' ? portOf(value) : undefined;
      if (port !== undefined) sink.state('vmm:config!vmm_url_port', port, { line });
    }
  }
}

/** @source java.util.Properties.load (escapes) */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, code: string | undefined, char: string) =>
    code === undefined ? char : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Port an address leads to; `undefined` without a scheme, as the tool then makes up the rest itself. @source RFC 9110 4.2 (80 and 443) */
export function portOf(url: string): string | undefined {
  const m = /^(https?):\/\/(?:[^/?#@]{0,500}@)?(?:\[[0-9a-f:.%]{2,60}\]|[^/?#:@\s]{1,255})(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(url.trim());
  if (m === null) return undefined;
  return m[2] ?? ((m[1] as string).toLowerCase() === 'https' ? '443' : '80');
}

import { auditHosts } from '@winmedic/core/exposure';
import { loadKnowledge } from '@winmedic/knowledge';
import { readText } from '../../core/evidence/read-text.ts';
import { decodeText } from '../../core/evidence/recognise.ts';
import { wantedState } from '../../core/evidence/wanted-state.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import { TEXTS } from './text-seeds.ts';

const names = Object.keys(TEXTS);
const ODD = [
  '\0',
  '\ufeff',
  '\u202e',
  '¥',
  '　',
  '"',
  '=',
  ':',
  '\t',
  '\\',
  '[',
  ']',
  '<',
  '>',
  '&#0;',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '__proto__',
  '0x',
  '９',
];

/** Exported text of every kind, in three encodings, through the readers of exports, events and facts and through the audit. */
export function textKind(): Kind {
  const knowledge = loadKnowledge();
  const wanted = wantedState(knowledge.settings.flatMap(({ places }) => places.map(({ address }) => address)));
  const settings = { settings: knowledge.settings, findings: knowledge.findings };
  let audits = 0;
  return {
    name: 'text',
    seeds: names,
    mutate: (seed, random) => {
      let text = TEXTS[names[seed]!]!;
      const done: string[] = [];
      for (let n = 1 + random.below(5); n > 0; n--) {
        const [name, changed] = change(text, random);
        text = changed;
        done.push(name);
      }
      return { bytes: encode(text, random), names: done };
    },
    read: (bytes) => {
      const text = decodeText(bytes);
      const counts = { state: 0, events: 0, facts: 0, problems: 0, audited: 0 };
      const read = readText(text, {
        path: 'input',
        sourceId: 'S1',
        zone: 'Asia/Tokyo',
        isFacts: false,
        factDefinitions: knowledge.facts,
        templates: knowledge.messages,
        wanted,
      });
      if (read === undefined) return counts;
      counts.state += read.state.length;
      counts.events += read.events.length;
      counts.facts += read.facts.length;
      counts.problems += read.problems.length;
      for (const { address, value } of read.state)
        if (/pass/i.test(address) && JSON.stringify(value)?.includes('secret')) throw new Error('a password was kept');
      if (read.state.length > 0 && audits++ % 8 === 0) {
        const evidence = { state: read.state, extents: read.extents, events: read.events, sources: [], problems: [], dumps: [] };
        counts.audited += auditHosts(evidence, settings, { madeAt: 0n }).hosts.length;
      }
      return counts;
    },
    maxMs: 5000,
    extension: 'txt',
  };
}

/** One change of a text, with its name. */
function change(text: string, random: Random): [string, string] {
  const lines = text.split('\n');
  const at = random.below(text.length + 1);
  const line = random.below(lines.length);
  switch (random.below(9)) {
    case 0:
      return ['odd character', text.slice(0, at) + random.pick(ODD) + text.slice(at)];
    case 1:
      return ['delete a part', text.slice(0, at) + text.slice(at + 1 + random.below(40))];
    case 2:
      return ['delete a line', lines.toSpliced(line, 1).join('\n')];
    case 3:
      return ['swap lines', lines.toSpliced(line, 1).toSpliced(random.below(lines.length), 0, lines[line]!).join('\n')];
    case 4:
      return [
        'repeat a part',
        text.slice(0, at) + text.slice(Math.max(0, at - random.below(60)), at).repeat(1 + random.below(200)) + text.slice(at),
      ];
    case 5:
      return ['other text', text + TEXTS[random.pick(names)]!];
    case 6:
      return ['digits', text.replace(/\d+/, String(random.pick([0, -1, 2 ** 31, 2 ** 53, 4294967296, 1e21])))];
    case 7:
      return ['cut', text.slice(0, at)];
    default:
      return ['other line ends', random.below(2) ? text.replaceAll('\n', '\r\n') : text.replaceAll('\n', '\r')];
  }
}

function encode(text: string, random: Random): Uint8Array {
  const how = random.below(4);
  if (how > 1) return new TextEncoder().encode(text);
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, how === 0);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + i * 2, text.charCodeAt(i), how === 0);
  return bytes;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memorySource } from '@winmedic/bytes';
import { analyseCapture, type Conversation, openCapture } from '@winmedic/capture';
import { loadKnowledge } from '@winmedic/knowledge';
import {
  CONNECTION_PROPERTIES,
  type ConnectionPropertyName,
  type EvidenceKind,
  kindsThatShow,
  sightOf,
  VIEWS,
  type View,
} from '@winmedic/knowledge/model';
import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import { writePcapng } from '@winmedic/labs/capture-writer';
import { TRACE_ROWS, type TraceRow } from '@winmedic/labs/trace-rows';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnoseConnection } from '../../diagnosis/index.ts';
import { collectEvidence } from '../../evidence/index.ts';
import { TestFolder } from '../../evidence/test-inputs.ts';
import type { ConnectionAttempt } from '../../model/connection.ts';
import { recordedAttempts } from './index.ts';

const folder = new TestFolder();
afterAll(() => folder.dispose());
const knowledge = loadKnowledge();
const causes = knowledge.causes.filter(({ scope }) => scope === 'connection');
const KIND_OF_SIDE: Readonly<Record<TraceRow['side'], EvidenceKind>> = {
  server: 'server-trace',
  wmi: 'server-trace',
  client: 'client-trace',
};

interface Read {
  readonly from: string;
  readonly kind: EvidenceKind;
  readonly attempt: ConnectionAttempt;
}
const read: Read[] = [];

beforeAll(async () => {
  for (const row of TRACE_ROWS) {
    const evidence = await collectEvidence([folder.file(`${row.id}.etl`, row.trace())]);
    for (const attempt of recordedAttempts(evidence).attempts) read.push({ from: row.id, kind: KIND_OF_SIDE[row.side], attempt });
  }
  for (const { id, making, hosts } of CAPTURE_ROWS) {
    if (making.by !== 'frames') continue;
    const conversations: Conversation[] = [];
    const bytes = writePcapng([{ packets: await making.frames() }]);
    const { capture, tcpStreams, udpStreams, unreachable } = analyseCapture(openCapture(memorySource(bytes)), {
      onConversation: (one) => conversations.push(one),
    });
    const evidence = {
      conversations: conversations.map((conversation) => ({ sourceId: 'S1', path: id, conversation })),
      captures: [
        {
          sourceId: 'S1',
          path: id,
          capture,
          tcpStreams,
          udpStreams,
          conversations: conversations.length,
          kept: conversations.length,
          limits: new Map(),
          unreachable,
        },
      ],
    };
    for (const attempt of recordedAttempts(evidence, hosts === undefined ? {} : { hosts }).attempts)
      read.push({ from: id, kind: 'capture', attempt });
  }
}, 60_000);

/** What of an attempt a view does not have. */
function beyond({ properties }: ConnectionAttempt, view: View): string[] {
  return [...properties].flatMap(([name, { value }]) => {
    const shown = view.properties[name as ConnectionPropertyName];
    return shown === true || shown?.includes(value) ? [] : [`${name}=${value}`];
  });
}

/** Code that reads a kind of evidence. */
function sourceOf(kind: EvidenceKind): string {
  const texts = (path: string, files?: readonly string[]) =>
    (files ?? readdirSync(path).filter((name) => /^(?!.*test).*\.ts$/.test(name))).map((name) => readFileSync(join(path, name), 'utf8'));
  const here = import.meta.dirname;
  return (kind === 'capture' ? texts(here) : [...texts(join(here, 'trace')), ...texts(here, ['operation-ends.ts'])]).join('\n');
}

describe('what evidence can show', () => {
  it('covers every attempt that is read: one view has all it shows together', () => {
    for (const { from, kind, attempt } of read) {
      const lacking = VIEWS.filter((view) => view.kind === kind)
        .map((view) => beyond(attempt, view))
        .sort((a, b) => a.length - b.length);
      expect(lacking[0], `${from}, ${kind}`).toEqual([]);
    }
  });

  it.each(['server-trace', 'client-trace', 'capture'] as const)('claims of %s nothing that no reader sets', (kind) => {
    const set = new Set(read.filter((each) => each.kind === kind).flatMap(({ attempt }) => [...attempt.properties.keys()]));
    const claimed = new Set(VIEWS.filter((view) => view.kind === kind).flatMap((view) => Object.keys(view.properties)));
    const source = sourceOf(kind);
    // What needs a relay or a domain controller is in no row here: then a line of the reader has to set it.
    expect(
      [...claimed].filter((name) => !set.has(name) && !source.includes(`set('${name}'`) && !source.includes(`set(\n      '${name}'`)),
    ).toEqual([]);
  });

  it('agrees with the verdicts of the trace rows', () => {
    for (const { id, row, side, expected } of TRACE_ROWS) {
      const kind = KIND_OF_SIDE[side];
      if (typeof expected === 'object') {
        const cause = causes.find((each) => each.id === expected.cause);
        const sight = cause && sightOf(cause, kind);
        expect(sight, id).toBeDefined();
        if (expected.grade === 'confirmed') expect(sight?.grade, id).toBe('confirmed');
      } else if (!TRACE_ROWS.some((each) => each.row === row && KIND_OF_SIDE[each.side] === kind && typeof each.expected === 'object')) {
        const attempt = read.find(({ from }) => from === id)?.attempt;
        const open =
          attempt === undefined ? [] : diagnoseConnection(attempt, knowledge).considered.filter(({ grade }) => grade !== 'ruled_out');
        const seen = open
          .map(({ cause }) => cause)
          .filter((cause) => row > 0 && cause.rows?.includes(row) && sightOf(cause, kind) !== undefined);
        // With other evidence beside it may be: that is no sight of the trace alone.
        expect(
          seen.filter((cause) => sightOf(cause, kind)?.only === undefined).map((cause) => cause.id),
          id,
        ).toEqual([]);
      }
    }
  });

  it('names for every property who shows it', () => {
    const nobody = (Object.keys(CONNECTION_PROPERTIES) as ConnectionPropertyName[]).filter((name) => kindsThatShow(name).length === 0);
    expect(nobody).toEqual(['secondHop.result']);
  });
});

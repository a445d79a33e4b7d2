import { type PlainObject, roomyMaker } from './plain-object.ts';

// Every event has the same outer objects. Their members are stored by name and into objects of one kind for all templates, which the
// engine does several times faster than storing under a key it only learns when it runs.

const EVENT = ['System', 'EventData', 'UserData'];
const SYSTEM = [
  'Provider',
  'EventID',
  'Qualifiers',
  'Version',
  'Level',
  'Task',
  'Opcode',
  'Keywords',
  'TimeCreated',
  'EventRecordID',
  'Correlation',
  'Execution',
  'Channel',
  'Computer',
  'Security',
];
const PARTS: readonly (readonly [element: string, keys: readonly string[]])[] = [
  ['Provider', ['Name', 'Guid']],
  ['TimeCreated', ['SystemTime']],
  ['Correlation', ['ActivityID', 'RelatedActivityID']],
  ['Execution', ['ProcessID', 'ThreadID']],
  ['Security', ['UserID']],
];

const keys: readonly string[] = ['', ...EVENT, ...SYSTEM, ...PARTS.flatMap(([, names]) => names)];
const numbers: ReadonlyMap<string, number> = new Map(keys.map((key, number) => [key, number]));

/** Number of a key for {@link putKnown}; 0 for any other. */
export function knownKey(key: string): number {
  return numbers.get(key) ?? 0;
}

const eventMaker = roomyMaker(EVENT.slice(0, 2));
const systemMaker = roomyMaker(SYSTEM);
const partMakers = new Map(PARTS.map(([element, names]) => [element, roomyMaker(names)]));

/** Maker of empty objects for an element that every event has; undefined for any other. @param inSystem the element is a child of System. */
export function knownMaker(element: string, inSystem: boolean): (() => PlainObject) | undefined {
  if (inSystem) return partMakers.get(element);
  return element === 'Event' ? eventMaker : element === 'System' ? systemMaker : undefined;
}

/** Sets the member with a number of {@link knownKey}. */
export function putKnown(out: PlainObject, key: number, value: unknown): void {
  switch (key) {
    case 1:
      out.System = value;
      break;
    case 2:
      out.EventData = value;
      break;
    case 3:
      out.UserData = value;
      break;
    case 4:
      out.Provider = value;
      break;
    case 5:
      out.EventID = value;
      break;
    case 6:
      out.Qualifiers = value;
      break;
    case 7:
      out.Version = value;
      break;
    case 8:
      out.Level = value;
      break;
    case 9:
      out.Task = value;
      break;
    case 10:
      out.Opcode = value;
      break;
    case 11:
      out.Keywords = value;
      break;
    case 12:
      out.TimeCreated = value;
      break;
    case 13:
      out.EventRecordID = value;
      break;
    case 14:
      out.Correlation = value;
      break;
    case 15:
      out.Execution = value;
      break;
    case 16:
      out.Channel = value;
      break;
    case 17:
      out.Computer = value;
      break;
    case 18:
      out.Security = value;
      break;
    case 19:
      out.Name = value;
      break;
    case 20:
      out.Guid = value;
      break;
    case 21:
      out.SystemTime = value;
      break;
    case 22:
      out.ActivityID = value;
      break;
    case 23:
      out.RelatedActivityID = value;
      break;
    case 24:
      out.ProcessID = value;
      break;
    case 25:
      out.ThreadID = value;
      break;
    case 26:
      out.UserID = value;
      break;
    default:
      throw new RangeError(`no known key ${key}`);
  }
}

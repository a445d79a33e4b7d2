import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { undoFixups } from './fixups.ts';
import { CLEAN_DISMOUNT, CLIENT, NO_CLIENT, RECORD, RESTART_AREA, RESTART_PAGE, STRIDE } from './layout.ts';
import { MAX_CLIENTS, MAX_LOG_BYTES, MAX_LOG_PAGE_BYTES, MAX_SYSTEM_PAGE_BYTES } from './limits.ts';

/** One whole restart page. */
export interface RestartPage {
  /** False when it begins with `CHKD`: chkdsk changed the volume after it was written. */
  readonly byLfs: boolean;
  readonly major: number;
  readonly minor: number;
  readonly systemPageBytes: number;
  readonly logPageBytes: number;
  readonly currentLsn: bigint;
  readonly clean: boolean;
  /** No client has a restart area any more: a graceful shutdown. */
  readonly noClient: boolean;
  readonly sequenceBits: number;
  /** Bytes of the log, whole pages. */
  readonly fileBytes: number;
  /** Where records begin in a page. */
  readonly dataOffset: number;
  /** Place of NTFS among the clients and its checkpoint; undefined when it is not among them. */
  readonly client?: { readonly index: number; readonly oldestLsn: bigint; readonly restartLsn: bigint };
}

/**
 * Reads the restart page at `offset`.
 * @param window first bytes of the log. @returns the page, or a word for what is wrong with it.
 */
export function readRestartPage(window: Uint8Array, offset: number): RestartPage | string {
  const head = window.subarray(offset, offset + STRIDE);
  if (head.length < STRIDE) return 'end of file';
  const signature = String.fromCharCode(...head.subarray(0, 4));
  if (signature !== 'RSTR' && signature !== 'CHKD') return 'signature';
  const first = viewOf(head);
  const systemPageBytes = first.getUint32(RESTART_PAGE.systemPageBytes, true);
  const logPageBytes = first.getUint32(RESTART_PAGE.logPageBytes, true);
  if (!isPageSize(systemPageBytes, MAX_SYSTEM_PAGE_BYTES)) return 'system page size';
  if (!isPageSize(logPageBytes, MAX_LOG_PAGE_BYTES)) return 'log page size';
  // The second copy lies one system page behind the first: a size that says otherwise is wrong.
  if (offset !== 0 && offset !== systemPageBytes) return 'system page size';
  const page = window.slice(offset, offset + systemPageBytes);
  if (page.length < systemPageBytes) return 'end of file';
  const area = first.getUint16(RESTART_PAGE.areaOffset, true);
  if (area % 8 !== 0 || area < RESTART_PAGE.end || area + RESTART_AREA.end > systemPageBytes) return 'restart area offset';
  if (!undoFixups(page, RESTART_PAGE.end, area)) return 'update sequence';
  return readArea(page, area, { byLfs: signature === 'RSTR', systemPageBytes, logPageBytes });
}

function readArea(
  page: Uint8Array,
  area: number,
  head: Pick<RestartPage, 'byLfs' | 'systemPageBytes' | 'logPageBytes'>,
): RestartPage | string {
  const view = viewOf(page);
  const u16 = (at: number) => view.getUint16(area + at, true);
  const clients = u16(RESTART_AREA.clients);
  const clientsAt = area + u16(RESTART_AREA.clientOffset);
  const length = u16(RESTART_AREA.length);
  if (area + length > page.length || length < RESTART_AREA.end) return 'restart area length';
  if (clients > MAX_CLIENTS || clientsAt % 8 !== 0 || clientsAt < area + RESTART_AREA.end) return 'clients';
  if (clientsAt + clients * CLIENT.end > area + length) return 'clients';
  const inUse = u16(RESTART_AREA.inUse);
  if (inUse !== NO_CLIENT && inUse >= clients) return 'client in use';
  const sequenceBits = view.getUint32(area + RESTART_AREA.sequenceBits, true);
  const size = view.getBigUint64(area + RESTART_AREA.fileBytes, true);
  if (size > BigInt(MAX_LOG_BYTES)) return 'log size';
  const fileBytes = Number(size) - (Number(size) % head.logPageBytes);
  // Offsets in units of 8 bytes take the bits that the sequence number leaves over; they must reach the end of the log.
  if (sequenceBits < 8 || sequenceBits > 63 || 2 ** (67 - sequenceBits) < fileBytes) return 'sequence number bits';
  const dataOffset = u16(RESTART_AREA.dataOffset);
  if (dataOffset % 8 !== 0 || dataOffset < RECORD.header || dataOffset + RECORD.header > head.logPageBytes) return 'log page data offset';
  if (u16(RESTART_AREA.recordHeader) !== RECORD.header) return 'record header length';
  const client = findClient(page, clientsAt, clients, inUse);
  return {
    ...head,
    major: view.getUint16(RESTART_PAGE.major, true),
    minor: view.getInt16(RESTART_PAGE.minor, true),
    currentLsn: view.getBigUint64(area + RESTART_AREA.currentLsn, true),
    clean: (u16(RESTART_AREA.flags) & CLEAN_DISMOUNT) !== 0,
    noClient: inUse === NO_CLIENT,
    sequenceBits,
    fileBytes,
    dataOffset,
    ...(client === undefined ? {} : { client }),
  };
}

function findClient(page: Uint8Array, clientsAt: number, clients: number, inUse: number): RestartPage['client'] {
  const view = viewOf(page);
  // As many steps as there are clients: a list that loops ends.
  for (let index = inUse, steps = 0; index !== NO_CLIENT && index < clients && steps < clients; steps++) {
    const at = clientsAt + index * CLIENT.end;
    const nameBytes = view.getUint32(at + CLIENT.nameBytes, true);
    if (nameBytes === 8 && decodeUtf16(page, at + CLIENT.name, 4) === 'NTFS') {
      return {
        index,
        oldestLsn: view.getBigUint64(at + CLIENT.oldestLsn, true),
        restartLsn: view.getBigUint64(at + CLIENT.restartLsn, true),
      };
    }
    index = view.getUint16(at + CLIENT.next, true);
  }
  return undefined;
}

function isPageSize(bytes: number, most: number): boolean {
  return bytes >= STRIDE && bytes <= most && (bytes & (bytes - 1)) === 0;
}

/**
 * Writer of valid EVTX files and of chosen damage, for tests, benches and the bundled example.
 * It shares no code with the reader in `formats/evtx`, so that a fault in one does not hide a fault in the other.
 */
export type { BinXmlElement, BinXmlNode } from './binxml.ts';
export * from './damage.ts';
export type { RecordPlace } from './layout.ts';
export { chunkOffset, recordPlaces, reseal } from './layout.ts';
export type {
  ArrayItemType,
  WriteData,
  WriteDataItem,
  WriteOptions,
  WriteRecord,
  WriteRenderingInfo,
  WriteSystem,
  WriteValue,
  XmlElement,
} from './types.ts';
export { plainText, ticksToIso } from './value-text.ts';
export { guidBytes, sidBytes, VALUE_TYPE } from './values.ts';
export { writeEvtx } from './write-evtx.ts';

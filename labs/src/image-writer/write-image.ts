import type { ImagePlaces, WriteImage, WriteVersion } from './types.ts';
import { versionBytes } from './version.ts';

const PE_HEADER = 0x80;
const FILE_ALIGNMENT = 0x200;
const SECTION_ALIGNMENT = 0x1000;
const MACHINES = { x86: 0x14c, x64: 0x8664, arm64: 0xaa64 } as const;
/** Address in memory of the resources: behind a page of headers and one of code. */
const RESOURCE_ADDRESS = 2 * SECTION_ALIGNMENT;

/**
 * Writes a PE image with a section of code and one of resources: nothing that runs, all that identifies it. Shares no code with
 * `formats/pe`. @source learn.microsoft.com, windows/win32/debug/pe-format.
 */
export function writeImage(image: WriteImage = {}): Uint8Array {
  return layOut(image).bytes;
}

/** Where {@link writeImage} puts the parts of the same image. */
export function imagePlaces(image: WriteImage = {}): ImagePlaces {
  return layOut(image).places;
}

function layOut(image: WriteImage): { readonly bytes: Uint8Array; readonly places: ImagePlaces } {
  const wide = image.machine !== 'x86';
  const optionalBytes = (wide ? 112 : 96) + 16 * 8;
  const optional = PE_HEADER + 24;
  const sectionTable = optional + optionalBytes;
  const { versions = [], certificateBytes = 0 } = image;
  const tree = versions.length === 0 ? { bytes: new Uint8Array(0), starts: [] } : resourceTree(versions);
  const codeAt = roundUp(sectionTable + 2 * 40, FILE_ALIGNMENT);
  const resourcesAt = codeAt + FILE_ALIGNMENT;
  const rawBytes = roundUp(tree.bytes.length, FILE_ALIGNMENT);
  const certificatesAt = resourcesAt + rawBytes;
  const bytes = new Uint8Array(certificatesAt + certificateBytes);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => {
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
  };
  text(0, 'MZ');
  view.setUint32(0x3c, PE_HEADER, true);
  text(PE_HEADER, 'PE\0\0');
  view.setUint16(PE_HEADER + 4, MACHINES[image.machine ?? 'x64'], true);
  view.setUint16(PE_HEADER + 6, versions.length > 0 ? 2 : 1, true);
  view.setUint32(PE_HEADER + 8, image.timeDateStamp ?? 0x5e2a_1b3c, true);
  view.setUint16(PE_HEADER + 20, optionalBytes, true);
  view.setUint16(PE_HEADER + 22, 0x22, true);
  view.setUint16(optional, wide ? 0x20b : 0x10b, true);
  view.setUint32(optional + 32, SECTION_ALIGNMENT, true);
  view.setUint32(optional + 36, FILE_ALIGNMENT, true);
  view.setUint32(optional + 56, image.sizeOfImage ?? RESOURCE_ADDRESS + roundUp(rawBytes, SECTION_ALIGNMENT), true);
  view.setUint32(optional + 60, codeAt, true);
  view.setUint32(optional + 64, image.checkSum ?? 0x1_2345, true);
  const directories = optional + (wide ? 108 : 92);
  view.setUint32(directories, 16, true);
  const directory = (index: number, at: number, size: number): void => {
    view.setUint32(directories + 4 + index * 8, at, true);
    view.setUint32(directories + 8 + index * 8, size, true);
  };
  if (versions.length > 0) directory(2, RESOURCE_ADDRESS, tree.bytes.length);
  if (certificateBytes > 0) directory(4, certificatesAt, certificateBytes);
  const section = (index: number, name: string, address: number, size: number, raw: number, at: number): void => {
    const row = sectionTable + index * 40;
    text(row, name);
    view.setUint32(row + 8, size, true);
    view.setUint32(row + 12, address, true);
    view.setUint32(row + 16, raw, true);
    view.setUint32(row + 20, at, true);
  };
  section(0, '.text', SECTION_ALIGNMENT, FILE_ALIGNMENT, FILE_ALIGNMENT, codeAt);
  if (versions.length > 0) section(1, '.rsrc', RESOURCE_ADDRESS, tree.bytes.length, rawBytes, resourcesAt);
  bytes.set(tree.bytes, resourcesAt);
  return {
    bytes,
    places: {
      peHeader: PE_HEADER,
      optionalHeader: optional,
      sectionTable,
      resources: resourcesAt,
      versions: tree.starts.map((start) => resourcesAt + start),
      resourceShift: RESOURCE_ADDRESS - resourcesAt,
    },
  };
}

/** The tree: types (an icon besides the version), one name, a language for each version; then data entries and data. */
function resourceTree(versions: readonly WriteVersion[]): { readonly bytes: Uint8Array; readonly starts: readonly number[] } {
  const typesBytes = 16 + 2 * 8;
  const names = typesBytes;
  const languages = names + 16 + 8;
  const entries = languages + 16 + versions.length * 8;
  const data = versions.map(versionBytes);
  const starts: number[] = [];
  let end = entries + versions.length * 16;
  for (const one of data) {
    starts.push(end);
    end = roundUp(end + one.length, 4);
  }
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  const directory = (at: number, rows: readonly (readonly [number, number])[]): void => {
    view.setUint16(at + 14, rows.length, true);
    rows.forEach(([id, to], i) => {
      view.setUint32(at + 16 + i * 8, id, true);
      view.setUint32(at + 20 + i * 8, to, true);
    });
  };
  const below = (at: number): number => (0x8000_0000 + at) >>> 0;
  directory(0, [
    [3, below(names)],
    [16, below(names)],
  ]);
  directory(names, [[1, below(languages)]]);
  directory(
    languages,
    versions.map(({ language = 0x409 }, i) => [language, entries + i * 16] as const),
  );
  data.forEach((one, i) => {
    view.setUint32(entries + i * 16, RESOURCE_ADDRESS + starts[i]!, true);
    view.setUint32(entries + i * 16 + 4, one.length, true);
    bytes.set(one, starts[i]!);
  });
  return { bytes, starts };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

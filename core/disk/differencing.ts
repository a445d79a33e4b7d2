import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FormatError } from '@winmedic/bytes';
import { openContainer, recogniseContainer } from '@winmedic/disk';
import { type FileDevice, openFileDevice } from './file-device.ts';

/** Files beside an image that are looked at: a folder of a virtual machine has as many as it has disks and checkpoints. */
const MAX_LOOKED_AT = 256;

/**
 * Names of differencing disks beside a VHD or VHDX whose parent it is, by the identity they name: checkpoints of a virtual machine. What is written to the
 * parent does not reach that machine, and its disks no longer fit together. Only the folder of the image is searched, and files that cannot be read are passed
 * over: none is no proof.
 * @throws errors of the file system for the image and its folder.
 */
export function childrenOf(path: string): string[] {
  const real = realpathSync(path);
  const { id } = linkage(openFileDevice(real));
  if (id === undefined) return [];
  return readdirSync(dirname(real), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.a?vhdx?$/i.test(entry.name) && entry.name !== basename(real))
    .map(({ name }) => name)
    .slice(0, MAX_LOOKED_AT)
    .filter((name) => {
      try {
        return linkage(openFileDevice(join(dirname(real), name))).parents.includes(id);
      } catch {
        return false;
      }
    });
}

/** Identity of a container and those its parent may have; closes the file. */
function linkage(file: FileDevice): { readonly id?: string; readonly parents: readonly string[] } {
  let parents: readonly string[] = [];
  try {
    const kind = file.isDevice ? 'raw' : recogniseContainer(file);
    if (kind !== 'vhd' && kind !== 'vhdx') return { parents };
    const { info } = openContainer(file, {
      // Stands for the parent, which need not be there to learn what it is called.
      openParent: ({ ids }) => {
        parents = ids.map((one) => one.toLowerCase());
        return { id: ids[0] ?? '', sizeBytes: Number.MAX_SAFE_INTEGER, readAt: () => 0 };
      },
    });
    return { id: info.id.toLowerCase(), parents };
  } catch (error) {
    if (error instanceof FormatError) return { parents };
    throw error;
  } finally {
    file.close();
  }
}

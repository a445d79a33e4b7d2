export { type FatFile, type FatImage, type FatImageOptions, writeFat } from './write-fat.ts';

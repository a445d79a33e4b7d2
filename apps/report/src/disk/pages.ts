import type { DiskReport, HiveKeyReport, ProposedRecipe, RepairReport, UndoReport, VerifyReport } from '@winmedic/core/model';
import type { Recipe } from '@winmedic/knowledge/model';
import { hiveKeyDocument } from './hive-key-view.ts';
import { inspectDocument } from './inspect-view.ts';
import type { DiskPageOptions, DiskTextOptions } from './options.ts';
import { proposalsDocument, recipesDocument } from './recipe-view.ts';
import { type RepairViewOptions, repairDocument } from './repair-view.ts';
import { documentToHtml } from './to-html.ts';
import { documentToMarkdown } from './to-markdown.ts';
import { documentToText } from './to-terminal.ts';
import { undoDocument } from './undo-view.ts';
import { verifyDocument } from './verify-view.ts';

/** Pages tell everything. */
function onPage({ lang, zone, tool }: DiskPageOptions): RepairViewOptions {
  return { lang, zone, verbose: true, command: tool.command };
}

function inTerminal({ lang, zone, tool, verbose = false }: DiskTextOptions): RepairViewOptions {
  return { lang, zone, verbose, command: tool.command };
}

/** `disk inspect` for a terminal: first which Windows it is and whether it can be repaired now, then the disk from the outside in. @throws RangeError for an unknown zone. */
export function inspectToText(report: DiskReport, options: DiskTextOptions): string {
  return documentToText(inspectDocument(report, inTerminal(options)), options);
}

/** `disk inspect` as Markdown. @throws RangeError for an unknown zone. */
export function inspectToMarkdown(report: DiskReport, options: DiskPageOptions): string {
  return documentToMarkdown(inspectDocument(report, onPage(options)), options);
}

/** `disk inspect` as one self-contained page. @throws RangeError for an unknown zone. */
export function inspectToHtml(report: DiskReport, options: DiskPageOptions): string {
  return documentToHtml(inspectDocument(report, onPage(options)), options);
}

/** A repair for a terminal: planned, refused or done. Every block is listed when the command asks for a dry run, or verbosely. @throws RangeError for an unknown zone. */
export function repairToText(report: RepairReport, options: DiskTextOptions): string {
  return documentToText(repairDocument(report, inTerminal(options)), options);
}

/** A repair as Markdown. @throws RangeError for an unknown zone. */
export function repairToMarkdown(report: RepairReport, options: DiskPageOptions): string {
  return documentToMarkdown(repairDocument(report, onPage(options)), options);
}

/** A repair as one self-contained page. @throws RangeError for an unknown zone. */
export function repairToHtml(report: RepairReport, options: DiskPageOptions): string {
  return documentToHtml(repairDocument(report, onPage(options)), options);
}

/** `disk undo` for a terminal. @throws RangeError for an unknown zone. */
export function undoToText(report: UndoReport, options: DiskTextOptions): string {
  return documentToText(undoDocument(report, inTerminal(options)), options);
}

/** `disk verify` for a terminal. @throws RangeError for an unknown zone. */
export function verifyToText(report: VerifyReport, options: DiskTextOptions): string {
  return documentToText(verifyDocument(report, inTerminal(options)), options);
}

/** A key of a hive for a terminal. @throws RangeError for an unknown zone. */
export function hiveKeyToText(report: HiveKeyReport, options: DiskTextOptions): string {
  return documentToText(hiveKeyDocument(report, inTerminal(options)), options);
}

/** Recipes that evidence speaks for, for a terminal. @throws RangeError for an unknown zone. */
export function proposalsToText(proposals: readonly ProposedRecipe[], options: DiskTextOptions): string {
  return documentToText(proposalsDocument(proposals, inTerminal(options)), options);
}

/** All recipes for a terminal. @throws RangeError for an unknown zone. */
export function recipesToText(recipes: readonly Recipe[], options: DiskTextOptions): string {
  return documentToText(recipesDocument(recipes, inTerminal(options)), options);
}

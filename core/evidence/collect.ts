import { renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { ScanSummary } from '@winmedic/evtx';
import { loadKnowledge } from '@winmedic/knowledge';
import type { StateAddress } from '@winmedic/knowledge/model';
import { type OpenedDisk, openDisk } from '../disk/index.ts';
import type { EventObservation, Evidence, FactObservation, Source, SourceKind } from '../model/observation.ts';
import type { DumpObservation, ImageObservation, StateExtent, StateObservation } from '../model/state.ts';
import { type ChannelFile, channelFileFacts, isChannelFile } from './channel-file.ts';
import type { CollectOptions } from './collect-options.ts';
import { Collector, DEFAULT_KEEP_LIMITS } from './collector.ts';
import { affordable, bootStoresOf, type DiskWindows, dumpsOf, hivesOf, imagesNamed, logsOf, windowsOn } from './disk-evidence.ts';
import { factsOfDisks, hostOfDiskDump } from './disk-facts.ts';
import { type FileSource, fileSource } from './file-source.ts';
import { expandGzip } from './gzip.ts';
import { sha256Of } from './hash.ts';
import { parseRegistryAddress } from './hive-address.ts';
import { folderOf, HiveShelf } from './hive-shelf.ts';
import { type Input, inputOf } from './input.ts';
import { interestQueries } from './interest.ts';
import { diskDamage, emptyFile, Problems, unreadable } from './problems.ts';
import { blameTables, readDump } from './read-dump.ts';
import { readEvtx } from './read-evtx.ts';
import { type HivesContext, readHives } from './read-hives.ts';
import { observeImage, withImage } from './read-image.ts';
import { MAX_TEXT_BYTES, readText } from './read-text.ts';
import { type ContentKind, decodeText, recognise } from './recognise.ts';
import { TempDir } from './temp-dir.ts';
import { Traffic } from './traffic.ts';
import { type FoundFile, findFiles } from './walk.ts';
import { wantedState } from './wanted-state.ts';
import { DEFAULT_ZIP_LIMITS, membersOf, newBudget, type ZipLimits } from './zip.ts';

/** Kinds of sources that say something about a host. */
const IS_EVIDENCE: ReadonlySet<SourceKind> = new Set(['evtx', 'event-text', 'hive', 'dump', 'state-text', 'tool-log', 'capture', 'trace']);

/** Kinds of sources that show the state of a host without naming it. */
const OF_A_HOST: ReadonlySet<SourceKind> = new Set(['state-text', 'hive', 'hive-log']);

/**
 * Gathers evidence from files, folders, zip archives and disks: recognises each by content, hashes it, reads logs, hives, dumps, pasted or exported text
 * and facts files. A disk (device, raw image, virtual disk, volume) is read in place: the files of each Windows on it are inputs of their own, and nothing is
 * copied out or written. What cannot be read is a problem with a stable code, and the rest is still read.
 * @throws the reason of `signal` when aborted; nothing else for bad input.
 */
export async function collectEvidence(paths: readonly string[], options: CollectOptions = {}): Promise<Evidence> {
  const run = new Collection(options);
  try {
    return await run.gather(paths);
  } finally {
    run.dispose();
  }
}

class Collection {
  readonly #options: CollectOptions;
  readonly #zone: string;
  readonly #problems = new Problems();
  readonly #collector: Collector;
  readonly #queries: ReturnType<typeof interestQueries>;
  readonly #sources: Source[] = [];
  readonly #facts: FactObservation[] = [];
  readonly #hashes = new Map<string, string>();
  readonly #shelf = new HiveShelf();
  readonly #channelFiles: ChannelFile[] = [];
  readonly #state: StateObservation[] = [];
  readonly #extents: StateExtent[] = [];
  readonly #dumps: DumpObservation[] = [];
  readonly #images: ImageObservation[] = [];
  readonly #zipLimits: ZipLimits;
  readonly #traffic: Traffic;
  readonly #disks: OpenedDisk[] = [];
  readonly #windows: DiskWindows[] = [];
  /** Times a byte of an input is read: for its hash, and for what it says. */
  readonly #passes: number;
  #temp: TempDir | undefined;
  #total = 0;
  #done = 0;
  #reported = 0;
  readonly #totals = { bytes: 0, recordsRead: 0, recovered: 0, damagedRecords: 0 };

  constructor(options: CollectOptions) {
    this.#options = options;
    this.#zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#collector = new Collector(options.keepLimits ?? DEFAULT_KEEP_LIMITS);
    this.#queries = interestQueries(options.patterns);
    this.#zipLimits = options.zipLimits ?? DEFAULT_ZIP_LIMITS;
    this.#traffic = new Traffic({
      collector: this.#collector,
      problems: this.#problems,
      runSync: options.runSync ?? ((work) => work()),
      ...(options.patterns && { patterns: options.patterns }),
      ...(options.signal && { signal: options.signal }),
    });
    this.#passes = options.hash === false ? 1 : 2;
    this.#facts.push(...(options.facts ?? []));
  }

  async gather(paths: readonly string[]): Promise<Evidence> {
    const files = findFiles(paths, this.#problems);
    const factsFiles = findFiles(this.#options.factsFiles ?? [], this.#problems);
    this.#total = this.#passes * [...files, ...factsFiles].reduce((n, f) => n + f.sizeBytes, 0);
    const useful = new Set<string>();
    const drivers = new Set<string>();
    const named: Source[] = [];
    for (const f of factsFiles) await this.#read({ ...inputOf(f), isFacts: true });
    for (const f of files) {
      const before = this.#sources.length;
      await this.#read(inputOf(f));
      const added = this.#sources.slice(before);
      if (f.below === undefined) named.push(...added.filter(({ kind, path }) => kind === 'image' && path === f.path));
      else if (added.some(({ kind }) => IS_EVIDENCE.has(kind))) useful.add(f.below);
      else if (added.some(({ kind }) => kind === 'image')) drivers.add(f.below);
    }
    // Drivers only say something about a dump.
    if (this.#dumps.length > 0) for (const folder of drivers) useful.add(folder);
    else {
      const severity = this.#sources.some(({ kind }) => IS_EVIDENCE.has(kind)) ? 'note' : 'unusable';
      for (const { path } of named) this.#problems.add({ code: 'EVIDENCE_IMAGE_WITHOUT_DUMP', path, severity });
    }
    this.#readHives();
    this.#reportFolders(paths, files, useful);
    const { events, coverage } = this.#collector.finish(this.#problems);
    this.#facts.push(...channelFileFacts(this.#channelFiles, events, this.#dumps, this.#extents));
    const shown = { sources: this.#sources, events, coverage, dumps: this.#dumps, state: this.#state, extents: this.#extents };
    this.#facts.push(...factsOfDisks(this.#windows, shown, this.#problems));
    const dumps = this.#dumps.map((dump) => withImage(hostOfDiskDump(dump, this.#windows, shown), this.#images));
    this.#progress(this.#total - this.#done, paths.at(-1) ?? '', true);
    return {
      sources: this.#sources,
      events,
      facts: this.#facts.map((f, i) => ({ ...f, id: `F${i + 1}` })),
      coverage,
      problems: this.#problems.list(),
      state: this.#state,
      extents: this.#extents,
      dumps,
      images: this.#images,
      captures: this.#traffic.captures,
      conversations: this.#traffic.conversations(),
      traces: this.#traffic.traces,
      totals: { ...this.#totals, kept: events.length },
    };
  }

  dispose(): void {
    for (const disk of this.#disks) disk.close();
    this.#temp?.dispose();
  }

  /** A folder the user named that held no log at all. */
  #reportFolders(paths: readonly string[], files: readonly FoundFile[], useful: ReadonlySet<string>): void {
    for (const path of paths) {
      if (files.some((f) => f.path === path) || useful.has(path)) continue;
      if (this.#problems.list().some((p) => p.path === path)) continue;
      this.#problems.add({ code: 'EVIDENCE_NO_LOGS', path, severity: 'unusable' });
    }
  }

  /** Reads one input. Errors of the file system and of readers become problems. */
  async #read(input: Input): Promise<void> {
    this.#options.signal?.throwIfAborted();
    let source: FileSource | undefined;
    try {
      // A device tells no size and may be no file at all: it is a disk because the user named it.
      if (input.isDevice === true) return await this.#readDisk(input);
      source = input.open();
      const kind = input.isFacts === true ? 'text' : recognise(source);
      await this.#readKind(kind, input, source);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      this.#problems.add(unreadable(error, input.label));
    } finally {
      source?.close();
    }
    // Give timers and signal handlers their turn between two inputs.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async #readKind(kind: ContentKind, input: Input, source: FileSource): Promise<void> {
    const { label } = input;
    switch (kind) {
      case 'empty':
        this.#problems.add(emptyFile(label));
        return;
      case 'old-evt':
        this.#problems.add({ code: 'EVIDENCE_OLD_EVT_FORMAT', path: label, severity: 'unusable' });
        return;
      case 'evtx':
        return this.#readLog(input, source);
      case 'text':
        return this.#readText(input, source);
      case 'zip':
        return this.#readZip(input, source);
      case 'gzip':
        return this.#readGzip(input, source);
      case 'capture':
      case 'trace':
        return this.#readTraffic(kind, input, source);
      case 'hive':
      case 'hive-log':
        return this.#shelve(kind, input, source);
      case 'dump':
        return this.#readDump(input, source);
      case 'image':
        return this.#readImage(input, source);
      case 'disk':
        if (input.depth === 0) return this.#readDisk(input);
        break;
      default:
        if (this.#isChannelFile(input)) return;
        // A dump that was compressed, encrypted or never written: its reader says which.
        if (/\.dmp$/i.test(label)) return this.#readDump(input, source);
    }
    this.#problems.add({ code: 'EVIDENCE_UNRECOGNISED', path: label, severity: input.named === true ? 'unusable' : 'note' });
  }

  async #readLog(input: Input, source: FileSource): Promise<void> {
    const added = await this.#addSource(input, 'evtx', source);
    if (added === undefined) return;
    const start = this.#done;
    const scan = (): ScanSummary =>
      readEvtx(
        {
          source,
          path: input.label,
          sourceId: added.id,
          recover: this.#options.recover === true,
          queries: this.#queries,
          onProgress: (bytes) => this.#progress(start + Math.min(bytes, input.sizeBytes) - this.#done, input.label),
          ...(this.#options.signal && { signal: this.#options.signal }),
        },
        this.#collector,
        this.#problems,
      );
    const summary = this.#options.runSync ? this.#options.runSync(scan) : scan();
    this.#progress(start + input.sizeBytes - this.#done, input.label);
    this.#totals.bytes += input.sizeBytes;
    this.#totals.recordsRead += summary.records;
    this.#totals.recovered += summary.recovered;
    this.#totals.damagedRecords += summary.damagedRecords;
  }

  async #readTraffic(kind: 'capture' | 'trace', input: Input, source: FileSource): Promise<void> {
    const added = await this.#addSource(input, kind, source);
    if (added === undefined) return;
    const start = this.#done;
    const one = {
      source,
      path: input.label,
      sourceId: added.id,
      onProgress: (bytes: number) => this.#progress(start + Math.min(bytes, input.sizeBytes) - this.#done, input.label),
    };
    const records = kind === 'capture' ? this.#traffic.readCapture(one) : this.#traffic.readTrace(one);
    this.#progress(start + input.sizeBytes - this.#done, input.label);
    this.#totals.bytes += input.sizeBytes;
    this.#totals.recordsRead += records;
  }

  /** What is compressed on its own (`dump.pcapng.gz`) is read like a member of an archive. */
  async #readGzip(input: Input, source: FileSource): Promise<void> {
    if (input.depth >= this.#zipLimits.depth) {
      this.#problems.add({ code: 'EVIDENCE_ZIP_DEPTH', path: input.label, severity: 'unusable', have: this.#zipLimits.depth });
      return;
    }
    this.#temp ??= new TempDir();
    const budget = input.budget ?? newBudget(this.#zipLimits);
    const file = await expandGzip(source, input.label, this.#temp, budget, this.#zipLimits, this.#problems, this.#options.signal);
    if (file === undefined) return;
    try {
      const { sizeBytes } = file;
      this.#total += sizeBytes * this.#passes;
      const label = `${input.label}!/${basename(input.label).replace(/\.t?gz$/i, '')}`;
      await this.#read({
        label,
        open: () => fileSource(file.path),
        file: file.path,
        sizeBytes,
        depth: input.depth + 1,
        budget,
        named: input.named === true,
      });
    } finally {
      rmSync(file.path, { force: true });
    }
  }

  async #readText(input: Input, source: FileSource): Promise<void> {
    const { label } = input;
    if (source.sizeBytes > MAX_TEXT_BYTES) {
      this.#problems.add({
        code: 'EVIDENCE_TEXT_TOO_LONG',
        path: label,
        severity: 'unusable',
        need: source.sizeBytes,
        have: MAX_TEXT_BYTES,
      });
      return;
    }
    const bytes = new Uint8Array(source.sizeBytes);
    const text = decodeText(bytes.subarray(0, source.readAt(0, bytes)));
    const knowledge = loadKnowledge();
    const read = readText(text, {
      path: label,
      sourceId: this.#nextId(),
      zone: this.#zone,
      isFacts: input.isFacts === true,
      factDefinitions: this.#options.factDefinitions ?? knowledge.facts,
      templates: this.#options.templates ?? knowledge.messages,
      wanted: this.#wantedState(),
    });
    if (read === undefined) {
      this.#problems.add({ code: 'EVIDENCE_UNRECOGNISED', path: label, severity: input.named === true ? 'unusable' : 'note' });
      return;
    }
    if ((await this.#addSource(input, read.kind, source)) === undefined) return;
    // One by one: so many arguments at once would not fit on the stack.
    for (const p of read.problems) this.#problems.add(p);
    for (const one of read.facts) this.#facts.push(one);
    for (const one of read.state) this.#state.push(one);
    for (const one of read.extents) this.#extents.push(one);
    this.#keepText(read.events, input);
  }

  /** Keeps events read from the text that became the newest source. */
  #keepText(events: readonly EventObservation[], input: Input): void {
    const kept = events.filter((e) => this.#collector.admit(e.host, e.channel, e.provider, e.eventId, e.time, input.label));
    for (const e of kept) this.#collector.keep(e);
    if (events.length > 0) this.#collector.addText((this.#sources.at(-1) as Source).id, events);
    this.#totals.bytes += input.sizeBytes;
    this.#totals.recordsRead += events.length;
  }

  #wantedState(): readonly StateAddress[] {
    return wantedState(
      this.#options.stateAddresses ?? loadKnowledge().settings.flatMap(({ places }) => places.map(({ address }) => address)),
    );
  }

  /** Puts a hive or a log aside until all inputs were seen; a member of an archive is kept from removal until then. */
  async #shelve(kind: 'hive' | 'hive-log', input: Input, source: FileSource): Promise<void> {
    const added = await this.#addSource(input, kind, source);
    if (added === undefined) return;
    let { open } = input;
    if (input.depth > 0 && input.file !== undefined) {
      const file = (this.#temp as TempDir).newPath();
      renameSync(input.file, file);
      open = () => fileSource(file);
    }
    const shelved = { label: input.label, open, sizeBytes: input.sizeBytes, sourceId: added.id };
    if (kind === 'hive') this.#shelf.addHive(shelved);
    else this.#shelf.addLog(shelved);
    this.#totals.bytes += input.sizeBytes;
  }

  #readHives(): void {
    const { signal, runSync } = this.#options;
    const context = {
      wanted: this.#wantedState(),
      problems: this.#problems,
      runSync: runSync ?? ((work) => work()),
      ...(signal && { signal }),
    } satisfies HivesContext;
    for (const { state, extents } of readHives(this.#shelf, context)) {
      for (const one of state) this.#state.push(one);
      for (const one of extents) this.#extents.push(one);
    }
  }

  async #readDump(input: Input, source: FileSource): Promise<void> {
    const tables = blameTables(this.#options.blame ?? loadKnowledge().blame);
    const id = `D${this.#dumps.length + 1}`;
    // Read first: a file that is no dump after all may be as large as memory, and is not worth hashing.
    const dump = readDump({ source, path: input.label, sourceId: this.#nextId(), id }, tables, this.#problems);
    if ((await this.#addSource(input, 'dump', source)) === undefined) return;
    this.#dumps.push(dump);
    this.#totals.bytes += input.sizeBytes;
  }

  async #readImage(input: Input, source: FileSource): Promise<void> {
    const added = await this.#addSource(input, 'image', source);
    if (added === undefined) return;
    this.#images.push(observeImage({ source, path: input.label, sourceId: added.id }, this.#problems));
    this.#totals.bytes += input.sizeBytes;
  }

  /** Remembers a CrowdStrike channel file: its name and its time are what matters. */
  #isChannelFile({ label, modifiedMs }: Pick<Input, 'label' | 'modifiedMs'>): boolean {
    if (modifiedMs === undefined || !isChannelFile(label)) return false;
    this.#channelFiles.push({ path: label, modifiedMs });
    return true;
  }

  /** Reads what lies on a disk: the logs, hives, boot store and crash dumps of each Windows, and the drivers its dumps point at. */
  async #readDisk(input: Input): Promise<void> {
    const { label } = input;
    const { signal, disk: options = {} } = this.#options;
    const runSync = this.#options.runSync ?? ((work) => work());
    // Only what is read of it counts.
    this.#total -= this.#passes * input.sizeBytes;
    const disk = openDisk(label, {
      ...(options.keys && { keys: options.keys }),
      ...(signal && { signal }),
      onDamage: (damage) => diskDamage(this.#problems, label, damage),
    });
    this.#disks.push(disk);
    this.#sources.push({ id: this.#nextId(), path: label, sizeBytes: disk.bottom.sizeBytes, sha256: '', kind: 'disk' });
    // Deriving the key of a BitLocker volume takes a second in which nothing else happens.
    for (const windows of runSync(() => windowsOn(disk, label, this.#problems, { ...options, named: input.named === true }))) {
      this.#windows.push(windows);
      const dumpsBefore = this.#dumps.length;
      const found = (list: () => Input[]): Input[] =>
        affordable(
          windows,
          runSync(() => this.#listed(windows.label, list)),
          this.#problems,
        );
      await this.#readAll([
        ...found(() => logsOf(windows, this.#problems)),
        ...found(() => hivesOf(windows, this.#hiveNames())),
        ...(this.#wantsRoot('BCD') ? found(() => bootStoresOf(windows, label)) : []),
        ...found(() => dumpsOf(windows, this.#problems)),
      ]);
      const modules = new Set(this.#dumps.slice(dumpsBefore).flatMap(({ blame }) => blame?.module.toLowerCase() ?? []));
      await this.#readAll([...modules].flatMap((module) => found(() => imagesNamed(windows, module))));
    }
  }

  /** A list of files on a disk; a place that cannot be read is a problem, and the others are still read. */
  #listed(label: string, list: () => Input[]): Input[] {
    try {
      return list();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      this.#problems.add(unreadable(error, label));
      return [];
    }
  }

  async #readAll(inputs: readonly Input[]): Promise<void> {
    this.#total += this.#passes * inputs.reduce((n, { sizeBytes }) => n + sizeBytes, 0);
    for (const one of inputs) await this.#read(one);
  }

  /** SYSTEM and SOFTWARE, which tell the host, and the other hives that are asked for. */
  #hiveNames(): string[] {
    return ['SYSTEM', 'SOFTWARE', ...['SECURITY', 'SAM'].filter((name) => this.#wantsRoot(`HKLM\\${name}`))];
  }

  #wantsRoot(root: string): boolean {
    return this.#wantedState().some((address) => parseRegistryAddress(address)?.root === root);
  }

  async #readZip(input: Input, source: FileSource): Promise<void> {
    if (input.file === undefined) {
      this.#problems.add({ code: 'EVIDENCE_UNRECOGNISED', path: input.label, severity: 'unusable' });
      return;
    }
    if (input.depth >= this.#zipLimits.depth) {
      this.#problems.add({ code: 'EVIDENCE_ZIP_DEPTH', path: input.label, severity: 'unusable', have: this.#zipLimits.depth });
      return;
    }
    if ((await this.#addSource(input, 'zip', source)) === undefined) return;
    this.#temp ??= new TempDir();
    const budget = input.budget ?? newBudget(this.#zipLimits);
    for await (const member of membersOf(
      input.file,
      input.label,
      this.#temp,
      this.#problems,
      budget,
      this.#zipLimits,
      this.#options.signal,
    )) {
      this.#total += member.sizeBytes * this.#passes;
      if (member.kind === 'other') this.#isChannelFile(member);
      else await this.#read({ ...member, open: () => fileSource(member.file), depth: input.depth + 1, budget });
    }
  }

  /** Registers a source. `undefined` when the same bytes were read before: a copy adds nothing and would count twice. */
  async #addSource(input: Input, kind: SourceKind, source: FileSource): Promise<Source | undefined> {
    const start = this.#done;
    const { signal } = this.#options;
    const sha256 = this.#options.hash === false ? '' : await sha256Of(source, (n) => this.#progress(n, input.label), signal);
    if (sha256 !== '') this.#progress(start + input.sizeBytes - this.#done, input.label);
    // Two hosts may have the very same settings: their files are copies of one another only within a folder.
    const identity = OF_A_HOST.has(kind) ? `${sha256} ${folderOf(input.label)}` : sha256;
    const twin = this.#hashes.get(identity);
    if (twin !== undefined) {
      this.#problems.add({ code: 'EVIDENCE_DUPLICATE', path: input.label, severity: 'note', what: twin });
      return undefined;
    }
    if (sha256 !== '') this.#hashes.set(identity, input.label);
    const added: Source = { id: this.#nextId(), path: input.label, sizeBytes: input.sizeBytes, sha256, kind };
    this.#sources.push(added);
    return added;
  }

  #nextId(): string {
    return `S${this.#sources.length + 1}`;
  }

  /** Reports progress at most every 4 MiB, and at the end. */
  #progress(bytes: number, path: string, last = false): void {
    this.#done = Math.min(this.#done + bytes, this.#total);
    if (!last && this.#done - this.#reported < 1 << 22) return;
    this.#reported = this.#done;
    this.#options.onProgress?.({ done: this.#done, total: this.#total, path });
  }
}

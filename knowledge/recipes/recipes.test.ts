import { describe, expect, it } from 'vitest';
import { buildKnowledge } from '../build.ts';
import { checkRecipes } from '../src/check-recipes.ts';
import type { Cause, FactDefinition, Recipe } from '../src/model.ts';

const { knowledge, issues } = buildKnowledge();
const recipes = knowledge['recipes'] as readonly Recipe[];
const causes = knowledge['causes'] as readonly Cause[];
const facts = knowledge['facts'] as readonly FactDefinition[];

function recipe(id: string): Recipe {
  const found = recipes.find((one) => one.id === id);
  if (!found) throw new Error(`no recipe ${id}`);
  return found;
}

describe('the bundled recipes', () => {
  it('are valid and refer only to what exists', () => {
    expect(issues).toEqual([]);
    expect(recipes.map(({ id }) => id)).toEqual([
      'crowdstrike-291',
      'hives-replay',
      'txr-aside',
      'safeboot-clear',
      'safeboot-minimal',
      'storage-drivers',
    ]);
  });

  it('are all that remedies of causes name, and each cause a recipe treats names it', () => {
    const named = causes.flatMap(({ id, remedies }) =>
      remedies.flatMap(({ command }) =>
        [...(command ?? '').matchAll(/--for ([a-z0-9-]+)/g)].map(([, name]) => ({ id, name: String(name) })),
      ),
    );
    expect(named.filter(({ name }) => !recipes.some(({ id }) => id === name))).toEqual([]);
    const unnamed = recipes.flatMap(({ id, causes: treated }) =>
      treated.filter((cause) => !named.some((one) => one.id === cause && one.name === id)).map((cause) => `${cause}: ${id}`),
    );
    expect(unnamed).toEqual([]);
  });

  it('show the plan before they write wherever a remedy names them, and say how to take it back', () => {
    for (const { id, remedies } of causes)
      for (const { command, undo } of remedies) {
        if (!command?.includes('winmedic disk repair')) continue;
        expect(command, id).toMatch(/--dry-run|--auto/);
        expect(undo.en, id).toContain('winmedic disk undo');
      }
  });

  it('never select files of the channel file 291 that are good', () => {
    const selections = recipes.flatMap(({ steps }) => steps.flatMap((step) => ('quarantine' in step ? [step.quarantine] : [])));
    expect(selections.map(({ glob, modifiedFrom, modifiedBefore }) => [glob, modifiedFrom, modifiedBefore])).toEqual([
      ['C-00000291*.sys', '2024-07-19T04:09:00Z', '2024-07-19T05:27:00Z'],
    ]);
  });

  it('put logs of the transactional registry aside from build 14393 on only', () => {
    const builds = recipes.flatMap(({ steps }) => steps.flatMap((step) => ('txr' in step ? [step.minBuild] : [])));
    expect(builds).toEqual([14393, 14393]);
  });

  it('disable a driver or set safe mode only when asked for', () => {
    const asked = recipes.flatMap(({ id, propose, steps }) =>
      steps.flatMap((step) =>
        ('services' in step && step.start > 0) || ('safeboot' in step && step.safeboot !== 'clear')
          ? [`${id}/${step.id}: ${step.when === 'asked' || propose.length === 0}`]
          : [],
      ),
    );
    expect(asked).toEqual(['crowdstrike-291/disable-sensor: true', 'safeboot-minimal/safeboot: true']);
  });

  it('have a step of storage drivers for every fact about them, with the services that the fact names', () => {
    const steps = new Map(
      recipe('storage-drivers').steps.map((step) => [step.id, 'services' in step && step.when !== 'asked' ? step.services : []]),
    );
    const about = facts.filter(({ id }) => id.startsWith('boot.storage-'));
    expect(about.length).toBeGreaterThan(8);
    for (const { id, title } of about) {
      const named = /\(([^()]*)\)$/.exec(title.en)?.[1]?.split(', ') ?? [];
      const services = steps.get(id.slice('boot.storage-'.length)) ?? [];
      expect(
        named.filter((name) => !services.includes(name)),
        id,
      ).toEqual([]);
      expect(title.ja, id).toContain(named.join('、'));
    }
  });
});

describe('a recipe is refused', () => {
  const good = recipe('crowdstrike-291');
  const codesOf = (changed: Partial<Recipe>): string[] =>
    checkRecipes([{ ...good, ...changed }], new Set(['crowdstrike-291'])).map(({ code, at }) => `${code} ${at}`);

  it('with references that lead nowhere, ids given twice, or impossible times', () => {
    const [evidence] = good.propose;
    const [files] = good.steps;
    if (evidence === undefined || files === undefined || !('quarantine' in files)) throw new Error('another recipe is needed');
    expect(codesOf({})).toEqual([]);
    expect(codesOf({ causes: ['none'] })).toEqual(['PACK_REFERENCE recipes/crowdstrike-291']);
    expect(codesOf({ propose: [{ ...evidence, filesOf: 'hives' }] })).toEqual(['PACK_REFERENCE recipes/crowdstrike-291']);
    expect(codesOf({ propose: [{ text: evidence.text, servicesOf: 'channel-file' }] })).toEqual(['PACK_REFERENCE recipes/crowdstrike-291']);
    expect(codesOf({ propose: [{ text: evidence.text, cause: 'none' }] })).toEqual(['PACK_REFERENCE recipes/crowdstrike-291']);
    expect(codesOf({ steps: [...good.steps, files] })).toEqual(['PACK_DUPLICATE recipes/crowdstrike-291']);
    const backwards = { ...files, quarantine: { ...files.quarantine, modifiedBefore: '2024-07-19T04:09:00Z' } };
    expect(codesOf({ steps: [backwards, ...good.steps.slice(1)] })).toEqual(['PACK_REFERENCE recipes/crowdstrike-291/channel-file']);
  });
});

import test from 'ava';
import fc from 'fast-check';
import type { Layer } from '../../../src/builder/image/contents.ts';
import { makeManifest } from '../../../src/builder/manifest/manifest.ts';
import {
  coveredFiles,
  formatSbom,
  makeSbom,
  purlOf,
  type Component,
  type Sbom,
} from '../../../src/builder/manifest/sbom.ts';
import { compareWithGolden } from '../../golden.ts';
import { layersOf, plainManifestInput } from './fixture.ts';

const facts = makeManifest(plainManifestInput());

test('an SBOM reads as committed', async (t) => {
  await compareWithGolden(t, import.meta.url, 'sbom.json', formatSbom(makeSbom(facts, layersOf())));
});

test('an SBOM keeps the rules of the CycloneDX 1.6 schema', (t) => {
  const sbom = JSON.parse(formatSbom(makeSbom(facts, layersOf()))) as Sbom;
  t.deepEqual(breaches(sbom), []);
});

test('the same input in another order gives the same SBOM', (t) => {
  const layers = layersOf()
    .toReversed()
    .map((layer) => ({ ...layer, entries: layer.entries.toReversed() }));
  t.is(formatSbom(makeSbom(facts, layers)), formatSbom(makeSbom(facts, layersOf())));
});

test('names and versions are escaped as package URLs want it', (t) => {
  t.is(
    purlOf({ name: 'libstdc++6', version: '2:1.0+b1~deb13', architecture: 'amd64' }, 'trixie'),
    'pkg:deb/debian/libstdc%2B%2B6@2%3A1.0%2Bb1~deb13?arch=amd64&distro=trixie',
  );
});

test('whoever owns it and wherever it is, every path that is no directory is in the SBOM once', (t) => {
  const owner = fc.constantFrom(
    'package:editor',
    'package:gone',
    'recipe:base',
    'generated:dpkg',
    undefined,
  );
  const type = fc.constantFrom('file', 'symlink', 'directory', 'fifo');
  const entries = fc.uniqueArray(fc.tuple(fc.string(), owner, type), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 4 }), (all) => {
      const layers = all.map((list, order): Layer => ({
        name: ['packages', 'host', 'live-packages', 'live'][order] ?? '',
        order,
        live: order > 1,
        entries: list.map(([name, by, kind]) => ({
          ...{ path: `/${name}`, type: kind, mode: 0o644, uid: 0, gid: 0 },
          ...(by === undefined ? {} : { owner: by }),
        })),
      }));
      const expected = layers.flatMap(({ name, entries: list }) =>
        list.filter((entry) => entry.type !== 'directory').map(({ path }) => `${name}:${path}`),
      );
      const sbom = makeSbom(facts, layers);
      const covered = coveredFiles(sbom.components).map(({ layer, path }) => `${layer}:${path}`);
      t.deepEqual(covered.sort(), expected.sort());
      t.deepEqual(breaches(sbom), []);
    }),
    { numRuns: 50 },
  );
});

type ReadSbom = Omit<Sbom, 'bomFormat' | 'specVersion' | 'version'> & {
  bomFormat: string;
  specVersion: string;
  version: number;
};

const TYPES = new Set<string>(['operating-system', 'application', 'library', 'data', 'file']);
const KEYS = new Set([
  'type',
  'bom-ref',
  'name',
  'version',
  'description',
  'hashes',
  'purl',
  'properties',
  'components',
]);

/** The rules of bom-1.6.schema.json that an SBOM of ours can break. */
function breaches(made: Sbom): string[] {
  // Read back as anybody would, without what the types promise.
  const sbom = JSON.parse(JSON.stringify(made)) as ReadSbom;
  const found: string[] = [];
  const expect = (holds: boolean, rule: string): void => {
    if (!holds) found.push(rule);
  };
  expect(sbom.bomFormat === 'CycloneDX' && sbom.specVersion === '1.6', 'format and version');
  expect(sbom.version >= 1, 'version of the document');
  expect(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
      sbom.serialNumber,
    ),
    'serial number',
  );
  expect(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(sbom.metadata.timestamp), 'timestamp');
  const refs: string[] = [];
  const visit = (component: Component): void => {
    const name = JSON.stringify(component.name);
    for (const key of Object.keys(component))
      expect(KEYS.has(key), `unknown key ${key} of ${name}`);
    expect(TYPES.has(component.type), `type of ${name}`);
    expect(typeof component.name === 'string', `name of ${name}`);
    for (const { alg, content } of component.hashes ?? []) {
      expect((alg as string) === 'SHA-256' && /^[a-f0-9]{64}$/.test(content), `hash of ${name}`);
    }
    for (const { name: key, value } of component.properties ?? []) {
      expect(key.startsWith('kronos:') && typeof value === 'string', `property of ${name}`);
    }
    if (component.purl !== undefined)
      expect(/^pkg:deb\/debian\/[^@]+@[^?]+\?/.test(component.purl), `purl of ${name}`);
    if (component['bom-ref'] !== undefined) refs.push(component['bom-ref']);
    component.components?.forEach(visit);
  };
  [sbom.metadata.component, ...sbom.metadata.tools.components, ...sbom.components].forEach(visit);
  const known = new Set(refs);
  expect(known.size === refs.length, 'a bom-ref is used twice');
  const graph = sbom.dependencies.map(({ ref }) => ref);
  expect(new Set(graph).size === graph.length, 'a dependency is listed twice');
  for (const { ref, dependsOn } of sbom.dependencies) {
    expect(known.has(ref), `dependency of unknown ${ref}`);
    expect(new Set(dependsOn).size === dependsOn.length, `dependency of ${ref} twice`);
    for (const target of dependsOn) expect(known.has(target), `dependency on unknown ${target}`);
  }
  return found;
}

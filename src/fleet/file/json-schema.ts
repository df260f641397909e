// JSON Schema of the fleet file, so that editors complete keys and mark mistakes while a person types.
import * as z from 'zod';
import { isMapping } from '../../host/document.ts';
import { hostFileJsonSchema } from '../../host/json-schema.ts';
import { KEYS_OF_THE_FLEET } from './hosts.ts';
import { fleetSchema, HOST_KEYS } from './schema.ts';

type Json = Record<string, unknown>;

/** Under this name parts of host files are described. */
const PART = 'hostKeys';

/** The text of docs/schema/fleet-file.schema.json. */
export function fleetFileJsonSchema(): string {
  // `input`: what a person writes, where keys with a default may be left out.
  const { $schema, ...rest } = z.toJSONSchema(fleetSchema, { io: 'input' });
  const schema = {
    ...{ $schema, title: 'Kronos fleet file' },
    ...(referToPart(rest) as Json),
    $defs: { [PART]: partOfHostFile() },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function referToPart(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(referToPart);
  if (!isMapping(schema)) return schema;
  if (schema['title'] === HOST_KEYS) {
    const { title, description } = schema;
    return { title, description, $ref: `#/$defs/${PART}` };
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, inner]) => [key, referToPart(inner)]),
  );
}

/** The schema of the host file where every key may be left out or taken away, and the fleet's own are not there. */
function partOfHostFile(): unknown {
  const { properties } = JSON.parse(hostFileJsonSchema()) as { properties: Json };
  const own = Object.entries(properties).filter(([key]) => !Object.hasOwn(KEYS_OF_THE_FLEET, key));
  return {
    ...loosen({ type: 'object', properties: Object.fromEntries(own) }),
    additionalProperties: false,
  };
}

/** Lists are replaced as a whole, so what is in them is whole. */
function loosen(schema: Json): Json {
  const { required: _required, oneOf, anyOf, properties, additionalProperties, ...rest } = schema;
  const alternatives = [oneOf, anyOf].find((one) => Array.isArray(one)) as Json[] | undefined;
  return {
    ...rest,
    ...(alternatives === undefined ? {} : { anyOf: withoutOthers(alternatives.map(loosen)) }),
    ...(isMapping(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, inner]) => [key, orNull(inner as Json)]),
          ),
        }
      : {}),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties: isMapping(additionalProperties)
            ? orNull(additionalProperties)
            : additionalProperties,
        }),
  };
}

function orNull(schema: Json): Json {
  const { description, ...rest } = loosen(schema);
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [rest, { type: 'null' }],
  };
}

/** Of alternatives each may take away the keys of the others, which a layer below may have. */
function withoutOthers(alternatives: readonly Json[]): Json[] {
  const keys = alternatives.flatMap(({ properties }) => Object.keys(properties ?? {}));
  return alternatives.map((one) => {
    if (!isMapping(one['properties'])) return one;
    const away = Object.fromEntries(keys.map((key) => [key, { type: 'null' }]));
    return { ...one, properties: { ...away, ...one['properties'] } };
  });
}
